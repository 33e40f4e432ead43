package import ClusterAPI

/// Where connections are accepted and where they go.
package struct ProxyRules: Hashable, Sendable {
    package struct Rule: Hashable, Sendable {
        package var service: NamespacedName
        package var port: String
        /// Ready back ends, sorted, at least one: where there is none nobody listens, and a connection is refused.
        package var backends: [SocketAddress]
        /// How long a client stays with its back end; nil when each connection is chosen anew.
        package var affinitySeconds: Int?

        package init(service: NamespacedName, port: String, backends: [SocketAddress], affinitySeconds: Int? = nil) {
            self.service = service
            self.port = port
            self.backends = backends
            self.affinitySeconds = affinitySeconds
        }
    }

    package var rules: [SocketAddress: Rule]

    package init(_ rules: [SocketAddress: Rule] = [:]) { self.rules = rules }

    /// The front sides in a fixed order.
    package var fronts: [SocketAddress] { rules.keys.sorted() }
}
