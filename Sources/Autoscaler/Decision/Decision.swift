package import Bytes

/// One evaluation's outcome with everything that led to it.
package struct Decision: Sendable, Equatable {
    package struct Condition: Sendable, Equatable {
        package var type: String
        package var isTrue: Bool
        package var reason: String
        package var message: String

        package init(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) {
            self.type = type
            self.isTrue = isTrue
            self.reason = reason
            self.message = message
        }
    }

    /// What one reading proposed.
    package struct Proposal: Sendable, Equatable {
        package var reading: Reading
        /// nil when the reading failed.
        package var replicas: Int?
        package var utilization: Int?
        /// Milli-units.
        package var usage: Int64?
        package var formula: String
    }

    /// A metric without a number, as its event tells it.
    package struct Failure: Sendable, Equatable {
        package var reason: String
        package var message: String
    }

    package var time: Timestamp
    package var current: Int
    package var desired: Int
    package var proposals: [Proposal] = []
    /// The metrics that gave nothing, in their order.
    package var failures: [Failure] = []
    /// What the proposals come to, before stabilization and limits; nil when nothing was calculated.
    package var recommended: Int?
    /// Each limit that moved the count, in order, as `<name>: <from> → <to>`.
    package var limits: [String] = []
    package var conditions: [Condition] = []
    /// Text of the SuccessfulRescale event; empty without a change.
    package var rescaleReason = ""

    package var changes: Bool { desired != current }

    package func condition(_ type: String) -> Condition? { conditions.last { $0.type == type } }

    mutating func set(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) {
        let condition = Condition(type, isTrue, reason, message)
        if let index = conditions.firstIndex(where: { $0.type == type }) { conditions[index] = condition } else { conditions.append(condition) }
    }

    mutating func add(_ condition: Condition) { set(condition.type, condition.isTrue, condition.reason, condition.message) }

    mutating func limit(_ name: String, from old: Int, to new: Int) {
        if old != new { limits.append("\(name): \(old) → \(new)") }
    }
}
