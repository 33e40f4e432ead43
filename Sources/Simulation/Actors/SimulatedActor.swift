import APIServer
import Bytes
import ClusterAPI
import Reconciliation

/// One actor in the world: its core, what carries its watches, and its own idea of the time.
struct SimulatedActor {
    /// One watch of the actor, followed by the same `Reflector` as in a real shell.
    struct Stream {
        var reflector: Reflector
        var cursor: WatchCursor?
        /// Distinguishes the present watch from those that were cut: what is still on its way from these does not arrive.
        var generation = 0
        /// News arrive in order, so none before this.
        var lastArrival: Timestamp
    }

    let name: String
    /// Builds the core anew; what it knew is lost.
    let make: @Sendable () -> any ActorCore
    /// Whether the actor plays a node.
    let isNode: Bool

    var core: any ActorCore
    var streams: [Stream] = []
    var wakes = WakeTimes()
    var recorder: EventRecorder
    /// Rises with each restart: messages to and from an earlier life are lost.
    var life = 0
    var isRunning = true
    /// Cut off from the API server until then.
    var partitionedUntil: Timestamp?
    /// How far its clock is from the world's.
    var clockOffset = Duration.zero

    init(name: String, isNode: Bool = false, make: @escaping @Sendable () -> any ActorCore) {
        self.name = name
        self.isNode = isNode
        self.make = make
        core = make()
        recorder = EventRecorder(component: name)
    }

    func localTime(_ now: Timestamp) -> Timestamp { now + clockOffset }

    func isPartitioned(_ now: Timestamp) -> Bool { partitionedUntil.map { now < $0 } ?? false }
}
