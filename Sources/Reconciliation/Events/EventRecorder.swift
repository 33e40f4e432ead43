package import Bytes
package import ClusterAPI

/// Turns what actors tell into requests: a new Event object the first time, a higher count on the same object after that.
///
/// - Invariant: bounded, by forgetting what was told longest ago; and a source that tells more than its share about one object is not heard
///   until its tokens are back.
/// - Source: client-go's event correlator: same message → count; more than ten similar messages in ten minutes → one combined event; 25
///   events at once and one in five minutes per source and object.
package struct EventRecorder: Sendable {
    /// What must be equal for events to be the same but for their message.
    fileprivate struct Subject: Hashable, Sendable {
        var namespace: String
        var kind: String
        var name: String
        var uid: String
        var fieldPath: String
        var reason: String
        var type: String
    }

    private struct Told: Hashable, Sendable {
        var subject: Subject
        var message: String
    }

    private struct Sent: Sendable {
        var object: NamespacedName
        var count: Int
        var first: Timestamp
        var lastUsed: UInt64
    }

    private struct Similar: Sendable {
        var messages: Set<String> = []
        var since: Timestamp
        var lastUsed: UInt64
    }

    private static let rememberedCount = 4096
    private static let similarLimit = 10
    private static let similarWindow = Duration.seconds(600)

    private let component: String
    private var sent: [Told: Sent] = [:]
    private var similar: [Subject: Similar] = [:]
    private var buckets: [Subject: TokenBucket] = [:]
    private var sequence: UInt64 = 0

    package init(component: String) { self.component = component }

    /// The request that tells an event; nil when its source has told too much about this object lately.
    package mutating func record(_ event: Event, now: Timestamp) -> APIRequest? {
        sequence += 1
        forgetOldest()
        let subject = Subject(event)
        guard takeToken(of: subject, now: now) else { return nil }
        var event = event
        let isCombined = isOneOfMany(event.message ?? "", of: subject, now: now)
        let told = Told(subject: subject, message: isCombined ? "" : event.message ?? "")
        if isCombined { event.message = "(combined from similar events): \(event.message ?? "")" }
        if var known = sent[told] {
            known.count += 1
            known.lastUsed = sequence
            sent[told] = known
            return update(known, message: event.message ?? "", now: now)
        }
        let namespace = event.involvedObject.namespace ?? "default"
        let name = "\(event.involvedObject.name ?? "").\(String(UInt64(bitPattern: now.nanoseconds) &+ sequence, radix: 16))"
        sent[told] = Sent(object: NamespacedName(namespace: namespace, name: name), count: 1, first: now, lastUsed: sequence)
        return creation(of: event, namespace: namespace, name: name, count: 1, first: now, now: now)
    }

    /// An update was refused because its Event object has expired: the next one of its kind makes a new object.
    package mutating func missing(_ name: String) {
        // At most one entry has the name, so the order of the search cannot show.
        if let told = sent.first(where: { $0.value.object.name == name })?.key { sent[told] = nil }
    }

    private func creation(
        of event: Event, namespace: String, name: String, count: Int, first: Timestamp, now: Timestamp
    ) -> APIRequest {
        var event = event
        event.metadata.namespace = namespace
        event.metadata.name = name
        event.count = count
        event.firstTimestamp = first
        event.lastTimestamp = now
        event.source = EventSource { $0.component = component }
        event.reportingComponent = component
        return .create(event)
    }

    private func update(_ known: Sent, message: String, now: Timestamp) -> APIRequest {
        let patch: JSONValue = [
            "count": .number(known.count), "lastTimestamp": .string(now.rfc3339()), "message": .string(message),
        ]
        return .patch(Event.self, known.object, .merge, patch)
    }

    private mutating func takeToken(of subject: Subject, now: Timestamp) -> Bool {
        var source = subject
        (source.reason, source.type, source.fieldPath) = ("", "", "")
        return buckets[source, default: TokenBucket(rate: 1 / 300, burst: 25)].take(now: now)
    }

    /// Whether so many different messages of one subject came lately that they are told as one.
    private mutating func isOneOfMany(_ message: String, of subject: Subject, now: Timestamp) -> Bool {
        var group = similar[subject] ?? Similar(since: now, lastUsed: sequence)
        if now - group.since > Self.similarWindow { group = Similar(since: now, lastUsed: sequence) }
        group.lastUsed = sequence
        if group.messages.count < Self.similarLimit { group.messages.insert(message) }
        similar[subject] = group
        return !group.messages.contains(message)
    }

    private mutating func forgetOldest() {
        if sent.count > Self.rememberedCount {
            let limit = sequence - UInt64(Self.rememberedCount / 2)
            sent = sent.filter { $0.value.lastUsed >= limit }
            similar = similar.filter { $0.value.lastUsed >= limit }
        }
        if buckets.count > Self.rememberedCount { buckets = [:] }
    }
}

extension EventRecorder.Subject {
    fileprivate init(_ event: Event) {
        let object = event.involvedObject
        self.init(
            namespace: object.namespace ?? "", kind: object.kind ?? "", name: object.name ?? "", uid: object.uid ?? "",
            fieldPath: object.fieldPath ?? "", reason: event.reason ?? "", type: event.type ?? "")
    }
}
