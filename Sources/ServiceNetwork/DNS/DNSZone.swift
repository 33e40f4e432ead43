package import ClusterAPI

/// The names of the cluster's services.
///
/// - Source: the Kubernetes DNS-Based Service Discovery specification, version 1.1.0.
package struct DNSZone: Hashable, Sendable {
    /// What the names of one service say.
    package struct Entry: Hashable, Sendable {
        package struct Port: Hashable, Sendable {
            package var name: String
            /// In lower case.
            package var transport: String
            package var port: UInt16
        }

        package struct Target: Hashable, Sendable {
            package var address: UInt32
            /// The endpoint's own name below its service.
            package var hostname: String
        }

        /// nil for a headless service, which answers with its targets.
        package var clusterAddress: UInt32?
        package var externalName: String?
        package var ports: [Port]
        /// Ready endpoints in the order of their addresses.
        package var targets: [Target]

        init(_ service: Service, _ subsets: [EndpointSubset]) {
            clusterAddress = service.spec.clusterIP.flatMap(SocketAddress.address)
            externalName = service.spec.type == "ExternalName" ? service.spec.externalName : nil
            ports = service.spec.ports.map {
                Port(name: ($0.name ?? "").lowercased(), transport: ($0.protocol ?? "TCP").lowercased(), port: UInt16(clamping: $0.port))
            }
            var seen: Set<UInt32> = []
            targets = []
            let publishesNotReady = service.spec.publishNotReadyAddresses ?? false
            for subset in subsets {
                for endpoint in subset.addresses + (publishesNotReady ? subset.notReadyAddresses : []) {
                    guard let address = SocketAddress.address(endpoint.ip), seen.insert(address).inserted else { continue }
                    let hostname = endpoint.hostname.flatMap { $0.isEmpty ? nil : $0.lowercased() } ?? DNSZone.dashed(address)
                    targets.append(Target(address: address, hostname: hostname))
                }
            }
            targets.sort { $0.address < $1.address }
            if clusterAddress == nil, let subset = subsets.first {
                // A headless service's ports are those of its endpoints.
                ports = subset.ports.map {
                    Port(name: ($0.name ?? "").lowercased(), transport: ($0.protocol ?? "TCP").lowercased(), port: UInt16(clamping: $0.port))
                }
            }
        }
    }

    package let domain: String
    /// The labels of the domain, in lower case.
    let domainLabels: [String]
    private var entries: [NamespacedName: Entry] = [:]
    /// Names by address.
    private var pointers: [UInt32: String] = [:]

    package init(domain: String) {
        self.domain = domain.lowercased()
        domainLabels = self.domain.split(separator: ".").map(String.init)
    }

    package subscript(key: NamespacedName) -> Entry? {
        get { entries[key] }
        set {
            if let old = entries[key] { for (address, name) in names(key, old) where pointers[address] == name { pointers[address] = nil } }
            entries[key] = newValue
            if let newValue { for (address, name) in names(key, newValue) { pointers[address] = name } }
        }
    }

    func hasNamespace(_ name: String) -> Bool { entries.keys.contains { $0.namespace == name } }

    func pointer(_ address: UInt32) -> String? { pointers[address] }

    func serviceName(_ key: NamespacedName) -> String { "\(key.name).\(key.namespace).svc.\(domain)" }

    private func names(_ key: NamespacedName, _ entry: Entry) -> [(UInt32, String)] {
        if let address = entry.clusterAddress { return [(address, serviceName(key))] }
        return entry.targets.map { ($0.address, "\($0.hostname).\(serviceName(key))") }
    }

    /// `127-16-0-9`, the name of an address where a label is needed.
    static func dashed(_ address: UInt32) -> String { String(SocketAddress.text(address).map { $0 == "." ? "-" : $0 }) }
}
