package import Bytes

/// When a group is evaluated: at whole intervals of civil time, shifted by an amount of the group's own so that not all groups come at once.
///
/// The times follow from the group's name alone, so a restart goes on in the same rhythm.
package struct RuleGroupSchedule: Hashable, Sendable {
    package let interval: Int64
    package let shift: Int64

    package init(_ definition: RuleGroupDefinition) {
        interval = max(1_000_000, definition.interval.saturatedNanoseconds)
        let hash = Hash64.hash(Array(definition.id.description.utf8))
        shift = Int64(hash % UInt64(interval))
    }

    /// The newest time of the rhythm that is not after `now`.
    package func latest(at now: Timestamp) -> Timestamp {
        let since = now.nanoseconds &- shift
        let remainder = since % interval
        return Timestamp(nanoseconds: since - (remainder < 0 ? remainder + interval : remainder) + shift)
    }

    package func next(after now: Timestamp) -> Timestamp { latest(at: now) + .nanoseconds(interval) }
}
