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
    func evictionRate(nodeCount: Int) -> Double {
        switch self {
        case .normal: 0.1
        case .partialDisruption: nodeCount > Self.largeZone ? 0.01 : 0
        case .fullDisruption: 0
        }
    }
}
