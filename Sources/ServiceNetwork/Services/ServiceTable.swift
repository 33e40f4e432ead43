package import ClusterAPI
package import Reconciliation

/// The services of the cluster and what stands behind them, kept as rules for the proxy and as a zone for the name server.
///
/// - Invariant: rules and zone follow from the newest Service and Endpoints objects alone.
package struct ServiceTable: Sendable {
    private var services = InformerCache<Service>()
    private var endpoints = InformerCache<Endpoints>()
    /// Fronts of each service, to take back when it changes.
    private var fronts: [NamespacedName: [SocketAddress]] = [:]
    private let nodeAddresses: [UInt32]
    package private(set) var rules = ProxyRules()
    package private(set) var zone: DNSZone

    /// - Parameter nodeAddresses: where node ports are offered.
    package init(clusterDomain: String = "cluster.local", nodeAddresses: [String] = ["127.0.0.1"]) {
        zone = DNSZone(domain: clusterDomain)
        self.nodeAddresses = nodeAddresses.compactMap(SocketAddress.address)
    }

    package static var watches: [WatchInterest] { [WatchInterest(Service.resource), WatchInterest(Endpoints.resource)] }

    /// Takes in changes of one resource; says whether anything that matters has changed.
    package mutating func apply(_ resource: Resource, _ events: [WatchEvent]) -> Bool {
        var changed: [NamespacedName] = []
        switch resource {
        case Service.resource: for change in services.apply(events) { changed.append(change.key) }
        case Endpoints.resource: for change in endpoints.apply(events) { changed.append(change.key) }
        default: return false
        }
        let before = (rules, zone)
        for key in changed { update(key) }
        return before != (rules, zone)
    }

    private mutating func update(_ key: NamespacedName) {
        for front in fronts.removeValue(forKey: key) ?? [] where rules.rules[front]?.service == key { rules.rules[front] = nil }
        guard let service = services[key] else {
            zone[key] = nil
            return
        }
        let subsets = endpoints[key]?.subsets ?? []
        zone[key] = DNSZone.Entry(service, subsets)
        var made: [SocketAddress] = []
        let affinity =
            service.spec.sessionAffinity == "ClientIP" ? service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800 : nil
        for port in service.spec.ports where (port.protocol ?? "TCP") == "TCP" {
            let backends = Self.backends(of: port, subsets, publishesNotReady: service.spec.publishNotReadyAddresses ?? false)
            if backends.isEmpty { continue }
            let rule = ProxyRules.Rule(service: key, port: port.name ?? "", backends: backends, affinitySeconds: affinity)
            var addresses: [SocketAddress] = []
            for text in [service.spec.clusterIP ?? ""] + service.spec.externalIPs {
                if let address = SocketAddress(text, port: port.port) { addresses.append(address) }
            }
            if let nodePort = port.nodePort.flatMap({ UInt16(exactly: $0) }), nodePort > 0 {
                addresses += nodeAddresses.map { SocketAddress($0, nodePort) }
            }
            for address in addresses where rules.rules[address] == nil {
                rules.rules[address] = rule
                made.append(address)
            }
        }
        if !made.isEmpty { fronts[key] = made }
    }

    private static func backends(of port: ServicePort, _ subsets: [EndpointSubset], publishesNotReady: Bool) -> [SocketAddress] {
        var backends: Set<SocketAddress> = []
        for subset in subsets {
            guard let target = subset.ports.first(where: { ($0.name ?? "") == (port.name ?? "") && ($0.protocol ?? "TCP") == "TCP" }) else { continue }
            for address in subset.addresses + (publishesNotReady ? subset.notReadyAddresses : []) {
                if let backend = SocketAddress(address.ip, port: target.port) { backends.insert(backend) }
            }
        }
        return backends.sorted()
    }
}
