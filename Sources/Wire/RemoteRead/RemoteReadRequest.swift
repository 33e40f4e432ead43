import Bytes
package import Telemetry

/// A remote-read request: which series, in which windows.
///
/// - Source: Prometheus `prompb/remote.proto` `ReadRequest`. Only the response type SAMPLES is spoken.
package struct RemoteReadRequest: Sendable {
    package var selections: [SampleSelection]

    package init(selections: [SampleSelection]) {
        self.selections = selections
    }

    /// Decodes a Snappy-compressed body.
    package init(snappy body: [UInt8], limits: WireLimits = WireLimits()) throws(WireError) {
        var plain: [UInt8] = []
        try WireCompression.decompressSnappy(body.span, limits: limits, into: &plain)
        try self.init(plain)
    }

    package init(_ body: [UInt8]) throws(WireError) {
        selections = []
        var accepted: [UInt64] = []
        var problem: PatternError?
        do throws(CorruptBytes) {
            var reader = ProtobufReader(body)
            while let field = try reader.nextField() {
                switch field.number {
                case 1:
                    let outer = try reader.enter(field)
                    if let selection = try Self.readQuery(&reader, &problem) { selections.append(selection) }
                    reader.leave(outer)
                case 2: try reader.readVarints(field, into: &accepted)
                default: try reader.skip(field)
                }
            }
        } catch {
            throw WireError(error, in: "remote-read body")
        }
        if let problem { throw WireError(.malformed, "cannot decode remote-read body: \(problem)") }
        // An empty list means SAMPLES, the only type of old clients.
        guard accepted.isEmpty || accepted.contains(0) else {
            throw WireError(.unsupported, "cannot answer the remote read: the client takes no response of type SAMPLES")
        }
    }

    private static func readQuery(
        _ reader: inout ProtobufReader, _ problem: inout PatternError?
    ) throws(CorruptBytes) -> SampleSelection? {
        var selection = SampleSelection(matchers: [], start: 0, end: 0)
        while let field = try reader.nextField() {
            switch field.number {
            case 1: selection.start = try reader.readInt64(field)
            case 2: selection.end = try reader.readInt64(field)
            case 3:
                let outer = try reader.enter(field)
                let parts = try readMatcher(&reader)
                reader.leave(outer)
                do throws(PatternError) {
                    selection.matchers.append(try LabelMatcher(parts.name, parts.operation, parts.value))
                } catch {
                    problem = error
                    return nil
                }
            case 4:
                let outer = try reader.enter(field)
                try readHints(&reader, &selection.hints)
                reader.leave(outer)
            default: try reader.skip(field)
            }
        }
        return selection
    }

    private static let operations: [LabelMatcher.Operation] = [.equal, .notEqual, .matchesExpression, .matchesNotExpression]

    private static func readMatcher(
        _ reader: inout ProtobufReader
    ) throws(CorruptBytes) -> (operation: LabelMatcher.Operation, name: String, value: String) {
        var operation = LabelMatcher.Operation.equal
        var name = ""
        var value = ""
        while let field = try reader.nextField() {
            switch field.number {
            case 1:
                let number = try reader.readVarint(field)
                guard number < 4 else {
                    throw CorruptBytes("label matcher", offset: reader.offset, expected: "a type from 0 to 3, found \(number)")
                }
                operation = operations[Int(number)]
            case 2: name = try reader.readString(field)
            case 3: value = try reader.readString(field)
            default: try reader.skip(field)
            }
        }
        return (operation, name, value)
    }

    private static func readHints(
        _ reader: inout ProtobufReader, _ hints: inout SampleSelection.Hints
    ) throws(CorruptBytes) {
        while let field = try reader.nextField() {
            switch field.number {
            case 1: hints.step = try reader.readInt64(field)
            case 2: hints.function = try reader.readString(field)
            case 5: hints.grouping.append(try reader.readString(field))
            case 6: hints.isGroupingBy = try reader.readBool(field)
            case 7: hints.range = try reader.readInt64(field)
            default: try reader.skip(field)
            }
        }
    }

    // MARK: Encoding, for remote engines

    /// The plain body; compress it with `Snappy`.
    package var bytes: [UInt8] {
        var writer = ProtobufWriter()
        for selection in selections {
            writer.message(1) { writer in
                writer.int64(1, selection.start)
                writer.int64(2, selection.end)
                for matcher in selection.matchers {
                    writer.message(3) {
                        $0.varint(1, UInt64(Self.operations.firstIndex(of: matcher.operation) ?? 0))
                        $0.string(2, matcher.name)
                        $0.string(3, matcher.value)
                    }
                }
                let hints = selection.hints
                writer.message(4) {
                    $0.int64(1, hints.step)
                    $0.string(2, hints.function)
                    $0.int64(3, selection.start)
                    $0.int64(4, selection.end)
                    for label in hints.grouping { $0.string(5, label) }
                    $0.bool(6, hints.isGroupingBy)
                    $0.int64(7, hints.range)
                }
            }
        }
        writer.packedVarints(2, [0])
        return writer.bytes
    }
}
