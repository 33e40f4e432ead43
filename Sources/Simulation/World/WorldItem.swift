import Bytes
import ClusterAPI
import Reconciliation

/// Who asked, so that the answer finds its way.
enum RequestOrigin: Sendable {
    case core(RequestID)
    /// The event recorder, which waits for nothing.
    case recorder
    /// A list of the actor's stream of this number.
    case list(stream: Int)
}

/// An actor in one of its lives; what is addressed to an earlier life is lost.
struct ActorAddress: Sendable {
    var actor: Int
    var life: Int
}

/// Something that will happen in the world.
enum WorldItem: Sendable {
    /// A request reaches the API server.
    case request(ActorAddress, RequestOrigin, APIRequest)
    case answer(ActorAddress, RequestOrigin, Result<APIResponse, StatusError>)
    /// An actor's stream does its next step.
    case follow(ActorAddress, stream: Int, generation: Int)
    /// A wish to watch reaches the API server.
    case open(ActorAddress, stream: Int, generation: Int, WatchRequest)
    case news(ActorAddress, stream: Int, generation: Int, [WatchEvent])
    /// A watch ends, with a reason or without.
    case cut(ActorAddress, stream: Int, generation: Int, StatusError?)
    case timer(ActorAddress, end: Timestamp)
    case start(actor: Int)
    case fault(Fault)
    case workload
    /// The pods' use is measured.
    case sample
    /// Samples reach the store.
    case ship([SimulatedTelemetry.Sample])
    /// Users ask for more or less of a controller.
    case load(String, milliCPU: Int64)
}

/// Faults that come by themselves.
enum Fault: Sendable {
    case actorRestart, nodeDeath, partition, clockJump, storeRestart, silence
}
