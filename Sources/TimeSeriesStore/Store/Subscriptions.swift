import Synchronization
import Telemetry

/// One freshness signal and what it listens to; the signal is held weakly, so dropping it ends the subscription.
final class Subscription: Sendable {
    let matchers: [LabelMatcher]
    weak let signal: FreshnessSignal?

    init(matchers: [LabelMatcher], signal: FreshnessSignal) {
        self.matchers = matchers
        self.signal = signal
    }

    func matches(_ labels: Labels) -> Bool { matchers.allSatisfy { $0.matches(labels) } }
}

/// The live subscriptions at one moment.
struct SubscriptionList: Sendable {
    var items: [Subscription] = []

    func matches(_ labels: Labels) -> Bool { items.contains { $0.matches(labels) } }
}

/// Who listens to which series, and who has to be told after an append.
///
/// A series is matched when it is created or when the subscription is; an append only looks at a flag of the series it touches.
final class Subscriptions: Sendable {
    private struct State {
        var list = SubscriptionList()
        /// Subscriptions of a series, by the hash of its labels.
        var known: [UInt64: [Subscription]] = [:]
    }

    private let state = Mutex(State())

    var list: SubscriptionList { state.withLock { $0.list } }

    func add(_ subscription: Subscription) {
        state.withLock { state in
            state.list.items.removeAll { $0.signal == nil }
            state.list.items.append(subscription)
            state.known = [:]
        }
    }

    func raise(_ touched: [(labels: Labels, newest: Int64)]) {
        var signals: [ObjectIdentifier: (signal: FreshnessSignal, newest: Int64)] = [:]
        state.withLock { state in
            for (labels, newest) in touched {
                var matching = state.known[labels.hash]
                if matching == nil {
                    matching = state.list.items.filter { $0.matches(labels) }
                    state.known[labels.hash] = matching
                }
                for subscription in matching! {
                    guard let signal = subscription.signal else { continue }
                    let id = ObjectIdentifier(signal)
                    signals[id] = (signal, max(newest, signals[id]?.newest ?? .min))
                }
            }
        }
        for (signal, newest) in signals.values { signal.raise(newest: newest) }
    }
}
