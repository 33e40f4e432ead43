package import ClusterAPI

/// What an API server is told at its start.
package struct APIServerConfiguration: Sendable {
    /// Addresses that Services get: a part of 127/8, where every address is this host.
    package var serviceAddresses = AddressRange(127, 96, 0, 0, prefixLength: 12)
    /// Ports that Services of type NodePort get.
    package var nodePorts = 30000...32767
    /// Where the API is reached inside the cluster; nil makes the service `kubernetes` without endpoints.
    package var advertised: (address: String, port: Int)?
    /// The namespaces that are there from the start and cannot be deleted.
    package var standingNamespaces = ["default", "kube-node-lease", "kube-public", "kube-system"]

    /// Random bytes that become the key of service account tokens in a store that has none yet; nil makes no key, and then there are no tokens.
    package var newTokenKey: [UInt8]?

    // MARK: Limits

    /// Bytes of a request's body. - Source: kube-apiserver's limit for resources in JSON.
    package var bodySizeLimit = 3 << 20
    /// Bytes of a stored object. - Source: etcd's default request limit.
    package var objectSizeLimit = 1_572_864
    /// Operations of a JSON patch. - Source: kube-apiserver `maxJSONPatchOperations`.
    package var patchOperationLimit = 10_000
    package var patchDepthLimit = 256
    /// How often a write is decided anew when others wrote in between; each round somebody got through.
    package var attemptLimit = 512
    /// Events that a watch may lag behind before it is cut off.
    package var watchCapacity = 8192
    /// How long Events are kept. - Source: kube-apiserver `--event-ttl`.
    package var eventLifetime: Duration = .seconds(3600)

    /// Says why a user may not do something; nil when it is allowed.
    package var authorize: @Sendable (UserIdentity, APIRequest) -> String? = { _, _ in nil }

    package init() {}
}

/// A range of IPv4 addresses in CIDR form.
package struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    let first: UInt32
    let prefixLength: Int

    package init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, prefixLength: Int) {
        precondition((1...30).contains(prefixLength), "a range has at least four addresses")
        self.prefixLength = prefixLength
        let address = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
        first = address & ~(UInt32.max >> UInt32(prefixLength))
    }

    /// Reads `127.96.0.0/12`.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let length = Int(parts[1]), (1...30).contains(length), let address = Self.address(String(parts[0])) else {
            return nil
        }
        prefixLength = length
        first = address & ~(UInt32.max >> UInt32(length))
    }

    /// How many addresses can be given out: neither the first nor the last.
    var count: Int { 1 << (32 - prefixLength) - 2 }

    /// The address at a place, counted from 0.
    func address(at place: Int) -> String {
        precondition(place >= 0 && place < count, "the place lies in the range")
        let address = first + 1 + UInt32(place)
        return "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
    }

    func contains(_ text: String) -> Bool {
        guard let address = Self.address(text) else { return false }
        return address > first && address <= first + UInt32(count)
    }

    private static func address(_ text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part), String(byte) == part else { return nil }
            address = address << 8 | UInt32(byte)
        }
        return address
    }

    package var description: String {
        "\(first >> 24).\(first >> 16 & 255).\(first >> 8 & 255).\(first & 255)/\(prefixLength)"
    }
}
