package import Bytes

/// Something worth telling about an object, before it is an Event.
package struct EventDraft: Hashable, Sendable {
    package enum Kind: String, Sendable { case normal = "Normal", warning = "Warning" }

    package var regarding: ObjectReference
    package var kind: Kind
    /// One word in camel case: why.
    package var reason: String
    package var message: String
    /// Who tells: "replication-controller", "default-scheduler", "kubelet".
    package var component: String
    /// The node that tells, if it is one.
    package var host: String

    package init(
        _ kind: Kind, _ reason: String, _ message: String, regarding: ObjectReference, component: String, host: String = ""
    ) {
        self.kind = kind
        self.reason = reason
        self.message = message
        self.regarding = regarding
        self.component = component
        self.host = host
    }

    /// Events that differ in nothing but time are one event with a count.
    package var seriesKey: String {
        [
            component, host, regarding.kind ?? "", regarding.namespace ?? "", regarding.name ?? "", regarding.uid ?? "", regarding.fieldPath ?? "",
            kind.rawValue, reason, message,
        ].joined(separator: "\u{1f}")
    }

    /// The object to create. Its name is the object's and the time, as client-go makes it.
    package func event(at now: Timestamp, count: Int = 1, first: Timestamp? = nil) -> Event {
        Event {
            $0.metadata.namespace = regarding.namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default"
            $0.metadata.name = "\(regarding.name ?? "").\(String(UInt64(bitPattern: now.nanoseconds), radix: 16))"
            $0.involvedObject = regarding
            $0.reason = reason
            $0.message = message
            $0.type = kind.rawValue
            $0.source = EventSource {
                $0.component = component
                $0.host = host.isEmpty ? nil : host
            }
            $0.firstTimestamp = first ?? now
            $0.lastTimestamp = now
            $0.count = count
            $0.reportingComponent = component
            $0.reportingInstance = host
        }
    }
}

extension EventDraft: CustomStringConvertible {
    package var description: String { "\(kind.rawValue) \(reason) \(regarding.kind ?? "")/\(regarding.name ?? ""): \(message)" }
}

extension ObjectReference: Hashable {
    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(namespace)
        hasher.combine(name)
        hasher.combine(uid)
    }
}

extension ClusterObject {
    /// How events and owners refer to the object.
    package var reference: ObjectReference {
        ObjectReference {
            $0.kind = Self.groupVersionKind.kind
            $0.apiVersion = Self.groupVersionKind.apiVersion
            $0.namespace = metadata.namespace
            $0.name = metadata.name
            $0.uid = metadata.uid
            $0.resourceVersion = metadata.resourceVersion.isEmpty ? nil : metadata.resourceVersion
        }
    }
}
