import Bytes
import Telemetry

/// The entries as bytes. - Source: `docs/formats/rules.md`.
extension RuleLogEntry {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .evaluated(let group, let time):
            writer.append(1)
            writer.append(group)
            writer.appendZigzag(time.nanoseconds)
        case .rule(let group, let identity, let rule):
            writer.append(2)
            writer.append(group)
            writer.appendUInt64LE(identity)
            writer.appendVarint(UInt64(rule.series.count))
            for labels in rule.series { writer.appendLengthPrefixed(labels.encoded) }
            writer.appendVarint(UInt64(rule.alerts.count))
            for alert in rule.alerts { writer.append(alert) }
        case .ruleGone(let group, let identity):
            writer.append(3)
            writer.append(group)
            writer.appendUInt64LE(identity)
        case .groupGone(let group):
            writer.append(4)
            writer.append(group)
        case .queued(let queued):
            writer.append(5)
            writer.appendVarint(queued.sequence)
            writer.appendZigzag(queued.queuedAt.nanoseconds)
            writer.append(queued.receiver)
            writer.append(queued.group)
            writer.appendLengthPrefixed(queued.expression)
            writer.append(queued.alert)
        case .done(let sequences):
            writer.append(6)
            writer.appendVarint(UInt64(sequences.count))
            for sequence in sequences { writer.appendVarint(sequence) }
        }
    }

    init(from reader: inout ByteReader) throws(CorruptBytes) {
        let start = reader.offset
        switch try reader.readUInt8() {
        case 1: self = .evaluated(try reader.readGroup(), try reader.readTime())
        case 2:
            let group = try reader.readGroup()
            let identity = try reader.readUInt64LE()
            var rule = RuleGroupRecord.Rule()
            for _ in 0..<(try reader.readCount(limit: reader.remaining)) { rule.series.append(try reader.readLabels()) }
            for _ in 0..<(try reader.readCount(limit: reader.remaining)) { rule.alerts.append(try reader.readAlert()) }
            self = .rule(group, identity: identity, rule)
        case 3:
            let group = try reader.readGroup()
            self = .ruleGone(group, identity: try reader.readUInt64LE())
        case 4: self = .groupGone(try reader.readGroup())
        case 5:
            let sequence = try reader.readVarint()
            let time = try reader.readTime()
            let receiver = try reader.readReceiver()
            let group = try reader.readGroup()
            let expression = try reader.readLengthPrefixedString()
            self = .queued(
                QueuedAlert(
                    sequence: sequence, queuedAt: time, receiver: receiver, group: group, expression: expression, alert: try reader.readAlert()))
        case 6:
            var sequences: [UInt64] = []
            for _ in 0..<(try reader.readCount(limit: reader.remaining)) { sequences.append(try reader.readVarint()) }
            self = .done(sequences)
        default: throw CorruptBytes("rule log entry", offset: start, expected: "a tag from 1 to 6")
        }
    }
}

extension ByteWriter {
    fileprivate mutating func append(_ group: RuleGroupID) {
        append(group.kind.rawValue)
        appendLengthPrefixed(group.source)
        appendLengthPrefixed(group.name)
    }

    fileprivate mutating func append(_ pairs: [Rule.Template]) {
        appendVarint(UInt64(pairs.count))
        for pair in pairs {
            appendLengthPrefixed(pair.name)
            appendLengthPrefixed(pair.text)
        }
    }

    mutating func append(_ alert: ActiveAlert) {
        appendLengthPrefixed(alert.labels.encoded)
        append(alert.annotations)
        appendDoubleLE(alert.value)
        append(alert.state.rawValue)
        appendZigzag(alert.activeAt.nanoseconds)
        for time in [alert.firedAt, alert.resolvedAt, alert.keepFiringSince, alert.lastSentAt, alert.validUntil] {
            append(time == nil ? 0 : 1)
            if let time { appendZigzag(time.nanoseconds) }
        }
    }

    fileprivate mutating func append(_ receiver: NotificationReceiver) {
        appendLengthPrefixed(receiver.name)
        append(receiver.kind.rawValue)
        appendLengthPrefixed(receiver.url)
        appendLengthPrefixed(receiver.channel)
        append(receiver.headers)
        append(receiver.sendsResolved ? 1 : 0)
    }
}

extension ByteReader {
    fileprivate mutating func readTime() throws(CorruptBytes) -> Timestamp { Timestamp(nanoseconds: try readZigzag()) }

    fileprivate mutating func readGroup() throws(CorruptBytes) -> RuleGroupID {
        let start = offset
        guard let kind = RuleGroupID.Kind(rawValue: try readUInt8()) else {
            throw CorruptBytes("rule group", offset: start, expected: "kind 0 or 1")
        }
        let source = try readLengthPrefixedString()
        return RuleGroupID(kind: kind, source: source, name: try readLengthPrefixedString())
    }

    fileprivate mutating func readLabels() throws(CorruptBytes) -> Labels {
        try Labels(validating: Array(bytes[try readLengthPrefixed()]))
    }

    fileprivate mutating func readPairs() throws(CorruptBytes) -> [Rule.Template] {
        var pairs: [Rule.Template] = []
        for _ in 0..<(try readCount(limit: remaining)) {
            let name = try readLengthPrefixedString()
            pairs.append(Rule.Template(name: name, text: try readLengthPrefixedString()))
        }
        return pairs
    }

    fileprivate mutating func readAlert() throws(CorruptBytes) -> ActiveAlert {
        let labels = try readLabels()
        let annotations = try readPairs()
        let value = try readDoubleLE()
        let start = offset
        guard let state = ActiveAlert.State(rawValue: try readUInt8()) else {
            throw CorruptBytes("alert", offset: start, expected: "a state from 0 to 2")
        }
        var alert = ActiveAlert(labels: labels, annotations: annotations, value: value, state: state, activeAt: try readTime())
        alert.firedAt = try readOptionalTime()
        alert.resolvedAt = try readOptionalTime()
        alert.keepFiringSince = try readOptionalTime()
        alert.lastSentAt = try readOptionalTime()
        alert.validUntil = try readOptionalTime()
        return alert
    }

    private mutating func readOptionalTime() throws(CorruptBytes) -> Timestamp? { try readUInt8() == 0 ? nil : try readTime() }

    fileprivate mutating func readReceiver() throws(CorruptBytes) -> NotificationReceiver {
        let name = try readLengthPrefixedString()
        let start = offset
        guard let kind = NotificationReceiver.Kind(rawValue: try readUInt8()) else {
            throw CorruptBytes("receiver", offset: start, expected: "a kind from 0 to 2")
        }
        let url = try readLengthPrefixedString()
        let channel = try readLengthPrefixedString()
        let headers = try readPairs()
        return NotificationReceiver(
            name: name, kind: kind, url: url, channel: channel, headers: headers, sendsResolved: try readUInt8() != 0)
    }
}
