import Bytes
package import QueryLanguage
package import Telemetry

/// Finds what fields a sample of entries has: their structured metadata, what the query parsed, and the members of JSON or logfmt lines.
///
/// - Shape: entries whose labels are categorized, so that a stream's own labels are no fields.
/// - Source: Loki's "detected fields": a line is read as JSON, and as logfmt where it is none.
package enum FieldDetection {
    private struct Finding {
        var parsers: [String] = []
        var values: [String] = []
        var known: Set<String> = []
        var kind: DetectedField.Kind?

        mutating func add(_ value: String, parser: String?) {
            if let parser, !parsers.contains(parser) { parsers.append(parser) }
            guard known.insert(value).inserted else { return }
            values.append(value)
            let next = FieldDetection.kind(of: value)
            kind = FieldDetection.common(kind, next)
        }
    }

    /// - Parameter limit: fields at most; those met in most entries' order of appearance stay.
    package static func fields(of streams: [EntryStream], limit: Int) -> [DetectedField] {
        var findings: [String: Finding] = [:]
        var order: [String] = []
        func add(_ name: String, _ value: String, _ parser: String?) {
            if name.hasPrefix("__error") || name == "__preserve_error__" || value.isEmpty { return }
            if findings[name] == nil { order.append(name) }
            findings[name, default: Finding()].add(value, parser: parser)
        }
        let json = JSONStage([])
        let logfmt = LogfmtStage(isStrict: true, keepsEmpty: false, [])
        var state = EntryState()
        for stream in streams {
            state.beginStream(stream.labels)
            for entry in stream.entries {
                for (name, value) in entry.metadata.pairs { add(name, value, nil) }
                for (name, value) in entry.parsed.pairs { add(name, value, nil) }
                for (parser, isJSON) in [("json", true), ("logfmt", false)] {
                    state.beginEntry(text: entry.line, line: 0..<entry.line.count, time: entry.time)
                    if isJSON { json.apply(&state) } else { logfmt.apply(&state) }
                    guard state.error == nil, state.isChanged else { continue }
                    for pair in state.pairs where pair.origin == .parsed {
                        add(UTF8Validation.repaired(state.arena[pair.name]), UTF8Validation.repaired(state.arena[pair.value]), parser)
                    }
                    break
                }
            }
        }
        return order.prefix(limit).map { name in
            let finding = findings[name] ?? Finding()
            return DetectedField(name: name, kind: finding.kind ?? .string, parsers: finding.parsers, values: finding.values)
        }
    }

    private static func kind(of value: String) -> DetectedField.Kind {
        let bytes = Array(value.utf8)[...]
        if Int64(value) != nil { return .int }
        if DecimalNumber.parse(value) != nil { return .float }
        if value == "true" || value == "false" { return .boolean }
        if (try? Quantities.goDuration(bytes)) != nil { return .duration }
        return Quantities.byteSize(bytes) != nil ? .bytes : .string
    }

    /// The kind that holds for both; whole numbers are fractions too.
    private static func common(_ first: DetectedField.Kind?, _ second: DetectedField.Kind) -> DetectedField.Kind {
        guard let first, first != second else { return second }
        return [first, second].allSatisfy { $0 == .int || $0 == .float } ? .float : .string
    }
}
