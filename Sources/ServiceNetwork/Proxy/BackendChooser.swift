/// Chooses a back end for each connection of one front: the one with the fewest connections, in turn among equals.
///
/// - Invariant: an open connection is counted until it is released, also when its back end has left the rule meanwhile.
package struct BackendChooser: Sendable {
    private var rule: ProxyRules.Rule
    private var open: [SocketAddress: Int] = [:]
    private var turn = 0
    private var affinities: [UInt32: (backend: SocketAddress, until: UInt64)] = [:]

    /// Clients that affinity remembers at once.
    private static let affinityLimit = 65_536

    package init(_ rule: ProxyRules.Rule) { self.rule = rule }

    /// Takes over new back ends; what is open stays open.
    package mutating func update(_ rule: ProxyRules.Rule) {
        self.rule = rule
        if rule.affinitySeconds == nil { affinities = [:] }
    }

    /// The back end for a client's connection, counted as open; nil when every one has been tried.
    ///
    /// - Parameters:
    ///   - tried: back ends that refused this very connection.
    ///   - now: a rising time in nanoseconds.
    package mutating func choose(client: UInt32, tried: [SocketAddress] = [], now: UInt64) -> SocketAddress? {
        if let seconds = rule.affinitySeconds {
            if let known = affinities[client], known.until > now, rule.backends.contains(known.backend), !tried.contains(known.backend) {
                return take(known.backend, client: client, seconds, now)
            }
            if let chosen = leastUsed(tried) { return take(chosen, client: client, seconds, now) }
            return nil
        }
        guard let chosen = leastUsed(tried) else { return nil }
        open[chosen, default: 0] += 1
        return chosen
    }

    /// A connection to the back end has ended or was refused.
    package mutating func release(_ backend: SocketAddress) {
        guard let count = open[backend] else { return }
        open[backend] = count > 1 ? count - 1 : nil
    }

    private mutating func take(_ backend: SocketAddress, client: UInt32, _ seconds: Int, _ now: UInt64) -> SocketAddress {
        if affinities.count >= Self.affinityLimit { affinities = affinities.filter { $0.value.until > now } }
        affinities[client] = (backend, now &+ UInt64(max(0, seconds)) * 1_000_000_000)
        open[backend, default: 0] += 1
        return backend
    }

    private mutating func leastUsed(_ tried: [SocketAddress]) -> SocketAddress? {
        let count = rule.backends.count
        var best: (place: Int, open: Int)?
        for step in 0..<count {
            let place = (turn + step) % count
            let backend = rule.backends[place]
            if tried.contains(backend) { continue }
            let connections = open[backend] ?? 0
            if best.map({ connections < $0.open }) ?? true { best = (place, connections) }
        }
        guard let best else { return nil }
        turn = (best.place + 1) % count
        return rule.backends[best.place]
    }
}
