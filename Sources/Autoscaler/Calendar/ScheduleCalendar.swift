import Bytes
import ClusterAPI

/// Floors and ceilings by the calendar: which of them are in force, and what they make of minimum and maximum.
struct ScheduleCalendar: Sendable {
    /// Finds the rules of a time zone by its name; nil for a name that nobody knows.
    typealias Zones = @Sendable (String) -> TimeZoneRules?

    struct Entry: Sendable {
        var name: String
        var start: CronExpression
        var duration: Duration
        var zone: String
        var minimum: Int?
        var maximum: Int?
    }

    /// What holds at an instant.
    struct Bounds: Sendable, Equatable {
        var minimum: Int
        var maximum: Int
        /// Each schedule that changed a bound, as limits are told.
        var notes: [String] = []
        /// Schedules in force, with their ends.
        var active: [(name: String, until: Timestamp)] = []
        var nextStart: Timestamp?

        static func == (left: Bounds, right: Bounds) -> Bool {
            left.minimum == right.minimum && left.maximum == right.maximum && left.notes == right.notes
        }
    }

    private(set) var entries: [Entry] = []
    /// Why a schedule cannot be followed: then nothing may be changed, since its floor is not known.
    private(set) var problem: String?

    init(_ schedules: [ReplicaSchedule]) {
        for schedule in schedules {
            do throws(CronExpression.Malformed) {
                let zone = schedule.timeZone ?? "UTC"
                entries.append(
                    Entry(
                        name: schedule.name, start: try CronExpression(schedule.start), duration: .seconds(schedule.durationSeconds),
                        zone: zone, minimum: schedule.minReplicas, maximum: schedule.maxReplicas))
            } catch { problem = problem ?? "schedule \(schedule.name): \(error.message)" }
        }
    }

    /// - Returns: nil when a time zone is not known.
    func bounds(minimum: Int, maximum: Int, at now: Timestamp, _ zones: Zones) -> Bounds? {
        var bounds = Bounds(minimum: minimum, maximum: maximum)
        for entry in entries {
            guard let zone = zones(entry.zone) else { return nil }
            if let next = entry.start.nextStart(after: now, in: zone) { bounds.nextStart = min(bounds.nextStart ?? next, next) }
            guard let start = entry.start.lastStart(before: now, within: entry.duration, in: zone) else { continue }
            bounds.active.append((entry.name, start + entry.duration))
            if let floor = entry.minimum, floor > bounds.minimum {
                bounds.notes.append("schedule \(entry.name): minimum \(bounds.minimum) → \(floor)")
                bounds.minimum = floor
            }
            if let ceiling = entry.maximum, ceiling < bounds.maximum {
                bounds.notes.append("schedule \(entry.name): maximum \(bounds.maximum) → \(ceiling)")
                bounds.maximum = ceiling
            }
        }
        // A floor never lifts the maximum, and a ceiling stands above a floor.
        bounds.minimum = min(bounds.minimum, bounds.maximum)
        return bounds
    }

    /// The first name of a zone that is not known.
    func unknownZone(_ zones: Zones) -> String? { entries.map(\.zone).first { zones($0) == nil } }

    /// The condition that tells users which schedules hold.
    static func condition(_ bounds: Bounds) -> Decision.Condition {
        if bounds.active.isEmpty {
            let next = bounds.nextStart.map { "; the next begins at \($0.rfc3339())" } ?? ""
            return .init("SchedulesActive", false, "NoScheduleInForce", "no schedule is in force\(next)")
        }
        let names = bounds.active.map { "\($0.name) until \($0.until.rfc3339())" }.joined(separator: ", ")
        return .init("SchedulesActive", true, "ScheduleInForce", "\(names): between \(bounds.minimum) and \(bounds.maximum) replicas")
    }
}
