package import ClusterAPI

extension Event {
    package enum Severity: String, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }

    /// An event about an object; where, when and how often is filled in by who tells it.
    package init(about object: ObjectReference, _ severity: Severity, reason: String, message: String) {
        self.init()
        involvedObject = object
        type = severity.rawValue
        self.reason = reason
        self.message = message
    }

    package init<Object: ClusterObject>(about object: Object, _ severity: Severity, reason: String, message: String) {
        self.init(about: object.reference, severity, reason: reason, message: message)
    }
}
