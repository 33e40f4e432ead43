import Bytes

/// Attributes of resources, scopes and data points as label pairs in a scratch buffer.
///
/// - Source: OpenTelemetry `common/v1/common.proto`; "Prometheus and OpenMetrics Compatibility" for names: every character that a label name
///   cannot have becomes "_", and a leading digit gets "key_" in front.
struct OTLPAttributes: Sendable {
    /// Values nested deeper than that are cut, so that a hostile body cannot exhaust the stack.
    private static let maxDepth = 16

    typealias Pair = (name: Range<Int>, value: Range<Int>)

    /// Whether names become such as label names always were; else they stay as they are.
    var escapesNames = true
    /// Whether "key" goes before a single underscore that a name begins with, as Prometheus has it for metrics.
    var keysLeadingUnderscore = false
    /// Text of all pairs read so far.
    var text: [UInt8] = []
    var pairs: [Pair] = []

    mutating func removeAll() {
        text.removeAll(keepingCapacity: true)
        pairs.removeAll(keepingCapacity: true)
    }

    /// Where a nested scope begins; `cut(to:)` drops what came after.
    var mark: (text: Int, pairs: Int) { (text.count, pairs.count) }

    mutating func cut(to mark: (text: Int, pairs: Int)) {
        text.removeLast(text.count - mark.text)
        pairs.removeLast(pairs.count - mark.pairs)
    }

    /// Adds a pair of known text.
    mutating func add(_ name: StaticString, _ value: some Collection<UInt8>) {
        let start = text.count
        text.append(ascii: name)
        let middle = text.count
        text.append(contentsOf: value)
        pairs.append((start..<middle, middle..<text.count))
    }

    /// Reads a `KeyValue` and adds it under its normalized name.
    mutating func readKeyValue(_ reader: inout ProtobufReader) throws(CorruptBytes) {
        var key = 0..<0
        let start = text.count
        var value: [UInt8] = []
        while let field = try reader.nextField() {
            switch field.number {
            case 1: key = try reader.readLengthDelimited(field)
            case 2:
                let outer = try reader.enter(field)
                value.removeAll()
                try Self.appendValue(&reader, to: &value, depth: 0)
                reader.leave(outer)
            default: try reader.skip(field)
            }
        }
        if escapesNames {
            Self.appendLabelName(reader.bytes[key], keysLeadingUnderscore: keysLeadingUnderscore, to: &text)
        } else {
            text.append(contentsOf: reader.bytes[key])
        }
        let middle = text.count
        text.append(contentsOf: value)
        pairs.append((start..<middle, middle..<text.count))
    }

    /// The value of a pair by its label name, nil when there is none.
    func value(_ name: StaticString) -> ArraySlice<UInt8>? {
        let wanted = Array(name.description.utf8)
        return pairs.first { text[$0.name].elementsEqual(wanted) }.map { text[$0.value] }
    }

    static func appendLabelName(_ key: ArraySlice<UInt8>, keysLeadingUnderscore: Bool = false, to text: inout [UInt8]) {
        let start = text.count
        defer {
            // Two underscores are the sign of a name of the system's own.
            let name = text[start...].prefix(2)
            if keysLeadingUnderscore, name.first == 0x5f, name.dropFirst().first != 0x5f { text.insert(contentsOf: "key".utf8, at: start) }
        }
        if let first = key.first, (0x30...0x39).contains(first) { text.append(ascii: "key_") }
        for byte in key {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x5f, 0x61...0x7a: text.append(byte)
            // One "_" for a character, not for each of its bytes.
            case 0x80...0xbf: break
            default: text.append(0x5f)
            }
        }
    }

    /// Appends an `AnyValue` as text: scalars as they are, arrays and maps as JSON.
    static func appendValue(_ reader: inout ProtobufReader, to text: inout [UInt8], depth: Int) throws(CorruptBytes) {
        while let field = try reader.nextField() {
            switch field.number {
            case 1: text.append(contentsOf: try reader.readBytes(field))
            case 2:
                let flag = try reader.readBool(field)
                text.append(ascii: flag ? "true" : "false")
            case 3: DecimalNumber.append(try reader.readInt64(field), to: &text)
            case 4: DecimalNumber.formatPrometheus(try reader.readDouble(field), into: &text)
            case 7:
                let bytes = try reader.readBytes(field)
                Base64.encode(bytes.span, into: &text)
            case 5, 6:
                var writer = JSONWriter()
                let outer = try reader.enter(field)
                try writeList(&reader, isMap: field.number == 6, &writer, depth: depth + 1)
                reader.leave(outer)
                text.append(contentsOf: writer.bytes)
            default: try reader.skip(field)
            }
        }
    }

    private static func writeList(
        _ reader: inout ProtobufReader, isMap: Bool, _ writer: inout JSONWriter, depth: Int
    ) throws(CorruptBytes) {
        guard depth < maxDepth else {
            throw CorruptBytes("attribute value", offset: reader.offset, expected: "at most \(maxDepth) levels of nesting")
        }
        if isMap { writer.beginObject() } else { writer.beginArray() }
        while let field = try reader.nextField() {
            guard field.number == 1 else {
                try reader.skip(field)
                continue
            }
            let outer = try reader.enter(field)
            if isMap { try writeMember(&reader, &writer, depth: depth) } else { try writeValue(&reader, &writer, depth: depth) }
            reader.leave(outer)
        }
        if isMap { writer.endObject() } else { writer.endArray() }
    }

    private static func writeMember(_ reader: inout ProtobufReader, _ writer: inout JSONWriter, depth: Int) throws(CorruptBytes) {
        var key = 0..<0
        var value = JSONWriter()
        value.null()
        while let field = try reader.nextField() {
            switch field.number {
            case 1: key = try reader.readLengthDelimited(field)
            case 2:
                let outer = try reader.enter(field)
                value = JSONWriter()
                try writeValue(&reader, &value, depth: depth)
                reader.leave(outer)
            default: try reader.skip(field)
            }
        }
        writer.key(utf8: reader.bytes.span.extracting(key))
        writer.raw(value.bytes)
    }

    private static func writeValue(_ reader: inout ProtobufReader, _ writer: inout JSONWriter, depth: Int) throws(CorruptBytes) {
        var sawValue = false
        while let field = try reader.nextField() {
            // A oneof: a second value would be a second element.
            guard !sawValue else {
                try reader.skip(field)
                continue
            }
            sawValue = true
            switch field.number {
            case 1: writer.string(utf8: try reader.readBytes(field))
            case 2: writer.bool(try reader.readBool(field))
            case 3: writer.number(try reader.readInt64(field))
            case 4: writer.number(try reader.readDouble(field))
            case 5, 6:
                let outer = try reader.enter(field)
                try writeList(&reader, isMap: field.number == 6, &writer, depth: depth + 1)
                reader.leave(outer)
            case 7: writer.string(Base64.encode(Array(try reader.readBytes(field))))
            default:
                sawValue = false
                try reader.skip(field)
            }
        }
        if !sawValue { writer.null() }
    }
}
