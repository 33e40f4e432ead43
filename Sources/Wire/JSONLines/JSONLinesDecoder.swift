import Bytes
package import Telemetry

/// Decodes newline-delimited JSON objects into a batch: some members name the stream, one is the time, one the line, the rest is metadata.
///
/// A line that is no object, or has a time that is none, is refused alone and counted.
/// - Source: VictoriaLogs, "JSON stream API"; nested members are joined with `.`, arrays stay JSON.
package struct JSONLinesDecoder: Sendable {
    /// What a stream is called that no member names.
    private static let unknown = (name: "service_name", value: "unknown_service")

    private let limits: WireLimits
    private let fields: JSONLinesFields
    private var streams: [Labels: UInt32] = [:]

    package init(limits: WireLimits = WireLimits(), fields: JSONLinesFields) {
        self.limits = limits
        self.fields = fields
    }

    /// `now`: the time of lines that carry none, in nanoseconds.
    package mutating func decode(_ body: [UInt8], now: Int64, into batch: inout LogWriteBatch) throws(WireError) -> WireOutcome {
        var outcome = WireOutcome()
        var number = 0
        for text in body.split(separator: 0x0a) {
            number += 1
            if text.allSatisfy({ $0 == 0x20 || $0 == 0x0d || $0 == 0x09 }) { continue }
            if let problem = add(text, now, &batch) {
                outcome.refusedItems += 1
                outcome.addReason("line \(number): \(problem)")
            } else {
                outcome.entries += 1
            }
            guard batch.count <= limits.itemsPerBody else { throw WireError(.tooLarge, "cannot take more than \(limits.itemsPerBody) lines in a body") }
        }
        return outcome
    }

    /// What is wrong with a line; nil when it was added.
    private mutating func add(_ text: ArraySlice<UInt8>, _ now: Int64, _ batch: inout LogWriteBatch) -> String? {
        guard text.count <= limits.lineBytes else { return "\(text.count) bytes, at most \(limits.lineBytes)" }
        let object: JSONObject
        do throws(JSONError) {
            guard case .object(let members) = try JSONValue.parse(Array(text)) else { return "no JSON object" }
            object = members
        } catch {
            return error.description
        }
        var members: [(name: String, value: String)] = fields.extra
        for (name, value) in object { Self.flatten(name, value, into: &members) }
        members.removeAll { fields.ignored.contains($0.name) || $0.value.isEmpty }
        var time = now
        if let place = members.firstIndex(where: { $0.name == fields.time }) {
            guard let parsed = Self.time(members.remove(at: place).value, now: now) else { return "\(fields.time) is no time" }
            time = parsed
        }
        var line: [UInt8] = []
        if let name = fields.message.first(where: { name in members.contains { $0.name == name } }) {
            line = Array(members[members.firstIndex { $0.name == name }!].value.utf8)
            members.removeAll { $0.name == name }
        }
        return append(members, time, line, &batch)
    }

    private mutating func append(
        _ members: [(name: String, value: String)], _ time: Int64, _ line: [UInt8], _ batch: inout LogWriteBatch
    ) -> String? {
        var labels: [String: String] = [:]
        var metadata: [String: String] = [:]
        for (name, value) in members {
            if name.utf8.count > limits.labelNameBytes { return "a field name of \(name.utf8.count) bytes, at most \(limits.labelNameBytes)" }
            if value.utf8.count > limits.labelValueBytes {
                return "field \"\(name)\" with a value of \(value.utf8.count) bytes, at most \(limits.labelValueBytes)"
            }
            var label: [UInt8] = []
            OTLPAttributes.appendLabelName(Array(name.utf8)[...], to: &label)
            let key = String(decoding: label, as: UTF8.self)
            if fields.stream.contains(name) { labels[key] = value } else { metadata[key] = value }
        }
        if max(labels.count, metadata.count) > limits.labelsPerSeries { return "more than \(limits.labelsPerSeries) fields" }
        if labels.isEmpty { labels[Self.unknown.name] = Self.unknown.value }
        let stream = Labels(labels.map { (name: $0.key, value: $0.value) })
        let number = streams[stream] ?? batch.addStream(stream)
        streams[stream] = number
        batch.addEntry(stream: number, time: time, line: line, metadata: Labels(metadata.map { (name: $0.key, value: $0.value) }))
        return nil
    }

    private static func flatten(_ name: String, _ value: JSONValue, into members: inout [(name: String, value: String)]) {
        switch value {
        case .object(let inner): for (key, value) in inner { flatten(name + "." + key, value, into: &members) }
        case .string(let text): members.append((name, text))
        case .null: break
        case .bool, .number, .array: members.append((name, value.description))
        }
    }

    /// RFC 3339, or seconds, milliseconds, microseconds or nanoseconds since 1970 by their size; `0` means now.
    static func time(_ text: String, now: Int64) -> Int64? {
        if text == "0" { return now }
        if let number = Int64(text) {
            // The year 2038 in each unit parts one from the next.
            switch number.magnitude {
            case ..<(1 << 31): return number * 1_000_000_000
            case ..<(1000 << 31): return number * 1_000_000
            case ..<(1_000_000 << 31): return number * 1000
            default: return number
            }
        }
        if let seconds = DecimalNumber.parse(text), seconds.isFinite, abs(seconds) < 9.2e9 { return Int64((seconds * 1e9).rounded()) }
        let zoned = text.replacingBlankBetweenDateAndTime
        return (Timestamp(rfc3339: zoned) ?? Timestamp(rfc3339: zoned + "Z"))?.nanoseconds
    }
}

extension String {
    fileprivate var replacingBlankBetweenDateAndTime: String {
        var bytes = Array(utf8)
        if bytes.count > 10, bytes[10] == 0x20 { bytes[10] = UInt8(ascii: "T") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
