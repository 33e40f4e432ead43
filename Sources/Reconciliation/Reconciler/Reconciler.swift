package import Bytes
package import ClusterAPI

/// The decision of a controller that works key by key: what to ask for so that the world comes nearer to what is wanted.
///
/// `ReconcilerCore` makes an actor of it: it queues the keys, works on several at once but never twice on one, waits for all answers of a
/// step, and retries with back-off what failed.
package protocol Reconciler: Sendable {
    associatedtype Key: Hashable & Sendable

    var watches: [WatchInterest] { get }

    /// Takes changes into the caches and names the keys to look at again.
    mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [Key]

    /// Every watched resource is listed now: names the keys to look at, if more than the changes named.
    mutating func started(now: Timestamp) -> [Key]

    /// Decides about one key, from the caches alone. Must be level-driven: the same state leads to the same step, whatever led to it.
    mutating func reconcile(_ key: Key, now: Timestamp) -> ReconcileStep

    /// Decides how to go on after all requests of a step are answered, in their order.
    mutating func proceed(_ key: Key, after answers: [RequestOutcome], now: Timestamp) -> ReconcileStep
}

extension Reconciler {
    package mutating func started(now: Timestamp) -> [Key] { [] }

    /// Ends the work on the key; tries it again when an answer says that this may help.
    package mutating func proceed(_ key: Key, after answers: [RequestOutcome], now: Timestamp) -> ReconcileStep {
        answers.contains(where: \.deservesRetry) ? .retry : .done
    }
}

/// What a decision leads to: requests to be answered before the key is looked at again, events to be told, a time to look again.
package struct ReconcileStep: Sendable {
    package var requests: [APIRequest]
    package var events: [Event]
    /// Look again after this long, even if nothing changes.
    package var again: Duration?
    /// Something failed: look again with back-off.
    package var failed: Bool

    package init(_ requests: [APIRequest] = [], events: [Event] = [], again: Duration? = nil, failed: Bool = false) {
        self.requests = requests
        self.events = events
        self.again = again
        self.failed = failed
    }

    package static var done: ReconcileStep { ReconcileStep() }
    package static var retry: ReconcileStep { ReconcileStep(failed: true) }
    package static func again(after delay: Duration) -> ReconcileStep { ReconcileStep(again: delay) }
}

/// A request of a step and how it went.
package struct RequestOutcome: Sendable {
    package var request: APIRequest
    package var result: Result<APIResponse, StatusError>

    package init(request: APIRequest, result: Result<APIResponse, StatusError>) {
        self.request = request
        self.result = result
    }

    package var error: StatusError? {
        if case .failure(let error) = result { return error }
        return nil
    }

    /// Whether looking again may help: not when what was to be changed is gone, or what was to be made is there.
    package var deservesRetry: Bool {
        guard let error else { return false }
        if request.verb == .create { return !error.isAlreadyExists }
        return !error.isNotFound
    }
}
