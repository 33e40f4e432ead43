package import Bytes
package import ClusterAPI

/// A level-driven actor as a value: what it watches, and what it does about each event.
///
/// The shell (`ActorRunner`, or a simulation) keeps an informer per interest, feeds what it learns as events and performs the effects.
/// A core must not read a clock, draw random numbers, or let the order of a hash table show: the same events give the same
/// effects in every process. It must come to the same end when it is thrown away and built anew, since that is what a restart is.
package protocol ActorCore: Sendable {
    /// What it watches, at most one interest per resource; asked once, before the first event.
    var watches: [WatchInterest] { get }

    /// Takes in one event at a time that never seems to matter twice: duplicates and spurious wake-ups are allowed.
    mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect]
}

/// What an actor learns.
package enum ActorEvent: Sendable {
    /// Changes in revision order. A deletion found by a re-list may carry no bytes; the last known state is then the receiver's own.
    case objects(Resource, [WatchEvent])
    /// The first list of a resource is complete; again after each re-list, whose missing objects came as deletions before.
    case synced(Resource)
    /// The answer to a request of this actor; exactly one comes for each, unless the actor is restarted.
    case reply(RequestID, Result<APIResponse, StatusError>)
    /// A time asked for has come.
    case wake
}

/// What an actor wants done.
package enum ActorEffect: Sendable {
    /// Sends a request, answered by `.reply`. Requests of one actor may overtake each other.
    case perform(RequestID, APIRequest)
    /// Asks for a `.wake` at or after a time. Several times may be asked for; none is forgotten.
    case wake(at: Timestamp)
    /// Tells users what happened; the shell aggregates repetitions.
    case record(Event)
}

/// Names a request among those of one actor's life.
package struct RequestID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var number: UInt64

    package init(_ number: UInt64) { self.number = number }

    package static func < (left: RequestID, right: RequestID) -> Bool { left.number < right.number }
    package var description: String { "request \(number)" }

    /// Returns this one and moves on to the next.
    package mutating func take() -> RequestID {
        defer { number += 1 }
        return self
    }
}
