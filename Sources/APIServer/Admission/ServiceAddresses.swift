import Bytes
import ClusterAPI

/// Gives Services their addresses and node ports. An address is a record of its own, made in the Service's batch and gone with it, so
/// that no two Services ever have the same.
///
/// - Source: Kubernetes `registry/core/service/storage/alloc.go`, for one address family.
struct ServiceAddresses: AdmissionPlugin {
    private static let resource = Resource(plural: "services")
    private static let addressPool = "clusterips"
    private static let portPool = "nodeports"
    /// Draws before the range is walked from its start.
    private static let drawLimit = 64

    private let range: AddressRange
    private let ports: ClosedRange<Int>

    init(configuration: APIServerConfiguration) {
        range = configuration.serviceAddresses
        ports = configuration.nodePorts
    }

    func mutate(_ attributes: inout AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {
        guard attributes.resource == Self.resource, attributes.subresource.isEmpty else { return }
        let owner = Array("\(attributes.namespace ?? "")/\(attributes.object.objectName)".utf8)
        try settleAddress(&attributes, &context, &writes, owner)
        try settlePorts(&attributes, &context, &writes, owner)
    }

    func release(_ object: JSONValue, _ resource: Resource, _ writes: inout WriteSet) {
        guard resource == Self.resource else { return }
        let address = object.text("spec", "clusterIP")
        if range.contains(address) { writes.release(StorageKey.claim(Self.addressPool, address)) }
        for port in Self.nodePorts(object) { writes.release(StorageKey.claim(Self.portPool, String(port))) }
    }

    // MARK: Addresses

    private func settleAddress(
        _ attributes: inout AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet, _ owner: [UInt8]
    ) throws(StatusError) {
        let held = attributes.old?.text("spec", "clusterIP") ?? ""
        if attributes.object.text("spec", "type") == "ExternalName" {
            if range.contains(held) { writes.release(StorageKey.claim(Self.addressPool, held)) }
            for key in ["clusterIP", "clusterIPs"] { attributes.object.set(nil, at: ["spec", key]) }
            return
        }
        var address = attributes.object.text("spec", "clusterIP")
        if address.isEmpty, let first = attributes.object["spec"]?["clusterIPs"]?[0]?.stringValue { address = first }
        // An update without an address keeps the one it has.
        if address.isEmpty { address = held }
        if address.isEmpty {
            address = try draw(&context)
            writes.create(StorageKey.claim(Self.addressPool, address), owner)
        } else if address != "None", address != held {
            guard held.isEmpty else {
                throw .invalid(
                    attributes.scope.kind.groupVersionKind, attributes.object.objectName,
                    [.invalid("spec.clusterIPs[0]", "[\"\(address)\"]", "may not change once set")])
            }
            try claim(address, attributes, context, &writes, owner)
        }
        attributes.object.set(.string(address), at: ["spec", "clusterIP"])
        attributes.object.set([.string(address)], at: ["spec", "clusterIPs"])
        if attributes.object["spec"]?["ipFamilies"] == nil { attributes.object.set(["IPv4"], at: ["spec", "ipFamilies"]) }
        if attributes.object["spec"]?["ipFamilyPolicy"] == nil { attributes.object.set("SingleStack", at: ["spec", "ipFamilyPolicy"]) }
    }

    private func claim(
        _ address: String, _ attributes: AdmissionAttributes, _ context: RequestContext, _ writes: inout WriteSet, _ owner: [UInt8]
    ) throws(StatusError) {
        let key = StorageKey.claim(Self.addressPool, address)
        let cause =
            if !range.contains(address) {
                "failed to allocate IP \(address): the provided IP (\(address)) is not in the valid range. The range of valid IPs is \(range)"
            } else if context.holds(key) {
                "failed to allocate IP \(address): provided IP is already allocated"
            } else {
                ""
            }
        guard cause.isEmpty else {
            throw .invalid(
                attributes.scope.kind.groupVersionKind, attributes.object.objectName,
                [.invalid("spec.clusterIPs", "[\"\(address)\"]", cause)])
        }
        writes.create(key, owner)
    }

    private func draw(_ context: inout RequestContext) throws(StatusError) -> String {
        for _ in 0..<Self.drawLimit {
            let address = range.address(at: context.random.next(below: range.count))
            if !context.holds(StorageKey.claim(Self.addressPool, address)) { return address }
        }
        for place in 0..<range.count {
            let address = range.address(at: place)
            if !context.holds(StorageKey.claim(Self.addressPool, address)) { return address }
        }
        throw .internalError("failed to allocate a serviceIP: range is full")
    }

    // MARK: Node ports

    private static func nodePorts(_ object: JSONValue) -> [Int] {
        guard object.text("spec", "type") == "NodePort" || object.text("spec", "type") == "LoadBalancer" else { return [] }
        return (object["spec"]?["ports"]?.arrayValue ?? []).compactMap { $0["nodePort"]?.intValue }.filter { $0 != 0 }
    }

    private func settlePorts(
        _ attributes: inout AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet, _ owner: [UInt8]
    ) throws(StatusError) {
        let held = Set(attributes.old.map(Self.nodePorts) ?? [])
        var entries = attributes.object["spec"]?["ports"]?.arrayValue ?? []
        let type = attributes.object.text("spec", "type")
        let wantsPorts =
            type == "NodePort" || type == "LoadBalancer" && attributes.object["spec"]?["allocateLoadBalancerNodePorts"]?.boolValue != false
        var taken: Set<Int> = []
        for place in entries.indices {
            guard wantsPorts else {
                if type == "ClusterIP" { entries[place]["nodePort"] = nil }
                continue
            }
            var port = entries[place]["nodePort"]?.intValue ?? 0
            if port == 0, let old = attributes.old { port = Self.standingPort(entries[place], old) }
            if port == 0 {
                port = try drawPort(&context, besides: taken)
                writes.create(StorageKey.claim(Self.portPool, String(port)), owner)
            } else if !held.contains(port), !taken.contains(port) {
                try claimPort(port, place, attributes, context, &writes, owner)
            }
            taken.insert(port)
            entries[place]["nodePort"] = .number(port)
        }
        for port in held.subtracting(taken).sorted() { writes.release(StorageKey.claim(Self.portPool, String(port))) }
        if !entries.isEmpty { attributes.object.set(.array(entries), at: ["spec", "ports"]) }
    }

    /// The node port that the same port of the Service has already.
    private static func standingPort(_ entry: JSONValue, _ old: JSONValue) -> Int {
        let same = old["spec"]?["ports"]?.arrayValue?.first { $0["port"] == entry["port"] && $0["protocol"] == entry["protocol"] }
        return same?["nodePort"]?.intValue ?? 0
    }

    private func claimPort(
        _ port: Int, _ place: Int, _ attributes: AdmissionAttributes, _ context: RequestContext, _ writes: inout WriteSet, _ owner: [UInt8]
    ) throws(StatusError) {
        let key = StorageKey.claim(Self.portPool, String(port))
        let cause =
            if !ports.contains(port) {
                "provided port is not in the valid range. The range of valid ports is \(ports.lowerBound)-\(ports.upperBound)"
            } else if context.holds(key) {
                "provided port is already allocated"
            } else {
                ""
            }
        guard cause.isEmpty else {
            throw .invalid(
                attributes.scope.kind.groupVersionKind, attributes.object.objectName,
                [.invalid("spec.ports[\(place)].nodePort", port, cause)])
        }
        writes.create(key, owner)
    }

    private func drawPort(_ context: inout RequestContext, besides taken: Set<Int>) throws(StatusError) -> Int {
        let start = context.random.next(below: ports.count)
        for step in 0..<ports.count {
            let port = ports.lowerBound + (start + step) % ports.count
            if !taken.contains(port), !context.holds(StorageKey.claim(Self.portPool, String(port))) { return port }
        }
        throw .internalError("failed to allocate a nodePort: range is full")
    }
}
