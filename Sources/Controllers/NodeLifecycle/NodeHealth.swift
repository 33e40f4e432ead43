import Bytes
import ClusterAPI

/// What is known of a node's heartbeat: the last one, and when it was seen here.
///
/// The times that nodes write are compared only with each other, never with the own clock: clocks of machines differ.
struct NodeHealth: Sendable {
    /// What the node last wrote: its lease's renewal or its condition's heartbeat.
    private var beat: Timestamp?
    /// When that was seen; silence is counted from here.
    private(set) var seen: Timestamp

    init(now: Timestamp) { seen = now }

    /// Takes in a heartbeat; another one than the last counts as life.
    mutating func observe(_ newBeat: Timestamp?, now: Timestamp) {
        guard let newBeat, newBeat != beat else { return }
        beat = newBeat
        seen = now
    }

    /// Begins to count silence anew, when the silence may have been one's own.
    mutating func restart(now: Timestamp) { seen = now }
}

/// How a zone does as a whole; evictions depend on it.
///
/// - Source: Kubernetes' node lifecycle controller: when all nodes of a zone go silent at once, it is the network or ourselves, and moving
///   their pods would make it worse.
enum ZoneState: Equatable, Sendable {
    case normal
    case partialDisruption
    case fullDisruption

    /// From this share of silent nodes on, and more than two of them, a zone is disrupted.
    private static let unhealthyShare = 0.55
    /// A disrupted zone with fewer nodes evicts nothing.
    private static let largeZone = 50

    init(ready: Int, notReady: Int) {
        if ready == 0, notReady > 0 {
            self = .fullDisruption
        } else if notReady > 2, Double(notReady) / Double(notReady + ready) >= Self.unhealthyShare {
            self = .partialDisruption
        } else {
            self = .normal
        }
    }

    /// Nodes a second whose pods may be evicted.
    ///
    /// - Parameter isClusterDisrupted: whether most nodes of all zones are silent. Else a zone that is lost as a whole, which may be one
    ///   node, is evicted like any other: its pods have somewhere to go.
    func evictionRate(nodeCount: Int, isClusterDisrupted: Bool) -> Double {
        switch self {
        case .normal: 0.1
        case .partialDisruption: nodeCount > Self.largeZone ? 0.01 : 0
        case .fullDisruption: isClusterDisrupted ? 0 : 0.1
        }
    }
}

/// How many nodes of each zone are ready, kept change by change.
struct ZoneCounts: Sendable {
    private struct Count: Sendable {
        var ready = 0
        var notReady = 0

        var state: ZoneState { ZoneState(ready: ready, notReady: notReady) }
    }

    private var zones: [String: Count] = [:]
    private var total = Count()

    mutating func replace(_ old: Node?, by new: Node?) {
        if let old { add(-1, old) }
        if let new { add(1, new) }
    }

    private mutating func add(_ difference: Int, _ node: Node) {
        let isReady = node.condition("Ready")?.status == "True"
        var count = zones[node.zone] ?? Count()
        if isReady {
            count.ready += difference
            total.ready += difference
        } else {
            count.notReady += difference
            total.notReady += difference
        }
        zones[node.zone] = count.ready + count.notReady == 0 ? nil : count
    }

    /// Nodes a second of a node's zone whose pods may be evicted.
    func evictionRate(of node: Node) -> Double {
        let count = zones[node.zone] ?? Count()
        return count.state.evictionRate(nodeCount: count.ready + count.notReady, isClusterDisrupted: total.state != .normal)
    }

    /// Whether no node anywhere is ready: then it is rather oneself that is cut off.
    var isEverythingLost: Bool { total.state == .fullDisruption }
}
