import Bytes
package import Environment
import Telemetry

/// A delivery as the request that its receiver understands.
package struct NotificationMessage: Sendable {
    private let delivery: NotificationQueue.Delivery
    private let externalURL: String

    package init(_ delivery: NotificationQueue.Delivery, externalURL: String) {
        self.delivery = delivery
        self.externalURL = externalURL
    }

    package var request: FetchRequest {
        let receiver = delivery.key.receiver
        var headers = [(name: "Content-Type", value: "application/json")]
        headers += receiver.headers.map { (name: $0.name, value: $0.text) }
        switch receiver.kind {
        case .webhook: return FetchRequest("POST", receiver.url, headers: headers, body: webhook, bodyLimit: 64 << 10)
        case .slack: return FetchRequest("POST", receiver.url, headers: headers, body: slack, bodyLimit: 64 << 10)
        case .alertmanager:
            let path = "/api/v2/alerts"
            let trimmed = receiver.url.hasSuffix("/") ? String(receiver.url.dropLast()) : receiver.url
            let url = trimmed.hasSuffix(path) ? trimmed : trimmed + path
            return FetchRequest("POST", url, headers: headers, body: alertmanager, bodyLimit: 64 << 10)
        }
    }

    private var isFiring: Bool { delivery.alerts.contains { $0.alert.state == .firing } }

    // MARK: Webhook

    /// - Source: Alertmanager `notify/webhook` (version 4) and `template.Data`.
    private var webhook: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.member("receiver", delivery.key.receiver.name)
        writer.member("status", isFiring ? "firing" : "resolved")
        writer.key("alerts")
        writer.beginArray()
        for queued in delivery.alerts {
            writer.beginObject()
            writer.member("status", queued.alert.state == .inactive ? "resolved" : "firing")
            writeParts(of: queued, into: &writer, endOfFiring: "0001-01-01T00:00:00Z")
            writer.member("fingerprint", Self.fingerprint(queued.alert.labels))
            writer.endObject()
        }
        writer.endArray()
        writer.write("groupLabels", [("alertname", delivery.key.alertName)])
        writer.write("commonLabels", Self.common(delivery.alerts.map(\.alert.labels.pairs)))
        writer.write("commonAnnotations", Self.common(delivery.alerts.map { $0.alert.annotations.map { ($0.name, $0.text) } }))
        writer.member("externalURL", externalURL)
        writer.member("version", "4")
        writer.member("groupKey", "{}/{group=\"\(delivery.key.group)\"}:{alertname=\"\(delivery.key.alertName)\"}")
        writer.member("truncatedAlerts", 0)
        writer.endObject()
        return writer.bytes
    }

    private func writeParts(of queued: QueuedAlert, into writer: inout JSONWriter, endOfFiring: String) {
        let alert = queued.alert
        writer.write("labels", alert.labels.pairs)
        writer.write("annotations", alert.annotations.map { ($0.name, $0.text) })
        writer.member("startsAt", (alert.firedAt ?? alert.activeAt).rfc3339(.shortest))
        writer.member("endsAt", alert.state == .inactive ? (alert.resolvedAt ?? queued.queuedAt).rfc3339(.shortest) : endOfFiring)
        writer.member("generatorURL", "\(externalURL)/graph?g0.expr=\(Self.queryEscaped(queued.expression))&g0.tab=1")
    }

    private static func common(_ sets: [[(name: String, value: String)]]) -> [(name: String, value: String)] {
        guard let first = sets.first else { return [] }
        return first.filter { pair in sets.allSatisfy { $0.contains { $0 == pair } } }
    }

    /// - Source: Prometheus `model.LabelSet.Fingerprint`: FNV-1a over names and values, each followed by 0xff.
    static func fingerprint(_ labels: Labels) -> String {
        var hash: UInt64 = 14_695_981_039_346_656_037
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        for pair in labels.pairs {
            for part in [pair.name, pair.value] {
                for byte in part.utf8 { add(byte) }
                add(0xff)
            }
        }
        let text = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    static func queryEscaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: " "): escaped += "+"
            default: escaped += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return escaped
    }

    // MARK: Alertmanager

    /// - Source: Alertmanager's OpenAPI, `postableAlerts`.
    private var alertmanager: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginArray()
        for queued in delivery.alerts {
            writer.beginObject()
            writeParts(of: queued, into: &writer, endOfFiring: (queued.alert.validUntil ?? queued.queuedAt).rfc3339(.shortest))
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }

    // MARK: Slack

    /// - Source: Slack's incoming webhooks, with Alertmanager's default title and colours.
    private var slack: [UInt8] {
        let firing = delivery.alerts.count { $0.alert.state == .firing }
        let title = (isFiring ? "[FIRING:\(firing)] " : "[RESOLVED] ") + delivery.key.alertName
        let lines = delivery.alerts.map { queued in
            let alert = queued.alert
            let text = ["summary", "description"].compactMap { name in alert.annotations.first { $0.name == name }?.text }.first
            let labels = alert.labels.pairs.filter { $0.name != "alertname" }.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
            return "\(alert.state == .inactive ? "resolved" : "firing"): \(text ?? "")\(text == nil || labels.isEmpty ? "" : " ")\(labels.isEmpty ? "" : "(\(labels))")"
        }
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        if !delivery.key.receiver.channel.isEmpty { writer.member("channel", delivery.key.receiver.channel) }
        writer.key("attachments")
        writer.beginArray()
        writer.beginObject()
        writer.member("title", Self.slackEscaped(title))
        writer.member("fallback", Self.slackEscaped(title))
        writer.member("text", Self.slackEscaped(lines.joined(separator: "\n")))
        writer.member("color", isFiring ? "danger" : "good")
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// Slack reads `<…>` as links and `&` as an entity.
    private static func slackEscaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}

extension JSONWriter {
    /// A member that is an object of texts.
    mutating func write(_ name: StaticString, _ pairs: [(name: String, value: String)]) {
        key(name)
        beginObject()
        for pair in pairs {
            key(pair.name)
            string(pair.value)
        }
        endObject()
    }
}
