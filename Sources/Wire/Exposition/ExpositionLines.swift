import Bytes
import Telemetry

/// Walks exposition text line by line, with the small lexer that samples need.
struct ExpositionLines {
    private let body: [UInt8]
    private var offset = 0
    private var lineStart = 0
    private var lineEnd = -1
    private(set) var number = 0

    init(_ body: [UInt8]) {
        self.body = body
    }

    /// Moves to the next line; false at the end.
    mutating func next() -> Bool {
        lineStart = lineEnd + 1
        guard lineStart < body.count else { return false }
        lineEnd = ByteSearch.firstIndex(of: 0x0a, in: body, from: lineStart) ?? body.count
        offset = lineStart
        number += 1
        return true
    }

    // MARK: Looking

    var isAtEnd: Bool { offset >= lineEnd }

    var peek: UInt8? { offset < lineEnd ? body[offset] : nil }

    var isBlank: Bool {
        body[lineStart..<lineEnd].allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
    }

    // MARK: Reading

    mutating func advance() { offset += 1 }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        offset += 1
        return true
    }

    mutating func skipBlanks() {
        while offset < lineEnd, body[offset] == 0x20 || body[offset] == 0x09 || body[offset] == 0x0d { offset &+= 1 }
    }

    /// A metric or label name without quotes, copied to `scratch`.
    mutating func readName(into scratch: inout [UInt8], allowsColon: Bool) throws(WireError) -> Range<Int> {
        let start = offset
        while offset < lineEnd {
            switch body[offset] {
            case 0x41...0x5a, 0x61...0x7a, 0x5f: break
            case 0x30...0x39 where offset > start: break
            case 0x3a where allowsColon: break
            default:
                return try copied(start..<offset, into: &scratch)
            }
            offset &+= 1
        }
        return try copied(start..<offset, into: &scratch)
    }

    private func copied(_ range: Range<Int>, into scratch: inout [UInt8]) throws(WireError) -> Range<Int> {
        if range.isEmpty { throw error("expected a name") }
        let from = scratch.count
        scratch.append(span: body.span.extracting(range))
        return from..<scratch.count
    }

    /// Text in double quotes, its escapes (\\, \", \n) resolved into `scratch`.
    mutating func readQuoted(into scratch: inout [UInt8]) throws(WireError) -> Range<Int> {
        offset += 1
        let from = scratch.count
        var copied = offset
        while offset < lineEnd {
            let byte = body[offset]
            if byte == 0x22 {
                scratch.append(span: body.span.extracting(copied..<offset))
                offset += 1
                return from..<scratch.count
            }
            if byte == 0x5c {
                guard offset + 1 < lineEnd else { break }
                scratch.append(span: body.span.extracting(copied..<offset))
                switch body[offset + 1] {
                case 0x6e: scratch.append(0x0a)
                case 0x5c, 0x22: scratch.append(body[offset + 1])
                // Unknown escapes stand for themselves, as Prometheus reads them.
                default: scratch.append(contentsOf: [0x5c, body[offset + 1]])
                }
                offset += 2
                copied = offset
                continue
            }
            offset &+= 1
        }
        throw error("a quote without end")
    }

    private mutating func word(_ what: String) throws(WireError) -> Range<Int> {
        skipBlanks()
        let start = offset
        while offset < lineEnd, body[offset] != 0x20, body[offset] != 0x09, body[offset] != 0x0d { offset &+= 1 }
        if offset == start { throw error("expected \(what)") }
        return start..<offset
    }

    mutating func readNumber(_ what: String) throws(WireError) -> Double {
        let range = try word(what)
        guard let value = DecimalNumber.parse(body[range]) else {
            offset = range.lowerBound
            throw error("expected \(what), found \"\(text(range))\"")
        }
        return value
    }

    mutating func readInteger(_ what: String) throws(WireError) -> Int64 {
        let range = try word(what)
        guard let value = DecimalNumber.parseInt64(body[range]) else {
            offset = range.lowerBound
            throw error("expected \(what), found \"\(text(range))\"")
        }
        return value
    }

    /// The next word of a comment, or nil at the line's end.
    mutating func readWord() -> String? {
        skipBlanks()
        let start = offset
        if peek == 0x22 {
            var scratch: [UInt8] = []
            if let range = try? readQuoted(into: &scratch) { return String(decoding: scratch[range], as: UTF8.self) }
        }
        while offset < lineEnd, body[offset] != 0x20, body[offset] != 0x09 { offset &+= 1 }
        return offset > start ? text(start..<offset) : nil
    }

    /// The rest of a comment, its escapes resolved.
    mutating func readRest() -> String {
        if peek == 0x20 || peek == 0x09 { offset += 1 }
        var rest: [UInt8] = []
        while offset < lineEnd {
            if body[offset] == 0x5c, offset + 1 < lineEnd, body[offset + 1] == 0x6e || body[offset + 1] == 0x5c || body[offset + 1] == 0x22 {
                rest.append(body[offset + 1] == 0x6e ? 0x0a : body[offset + 1])
                offset += 2
            } else {
                rest.append(body[offset])
                offset += 1
            }
        }
        return String(decoding: rest, as: UTF8.self)
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: body[range].prefix(80), as: UTF8.self)
    }

    func error(_ message: String) -> WireError {
        WireError(
            .malformed, "cannot read metrics at line \(number), column \(offset - lineStart + 1): \(message)",
            offset: min(offset, body.count))
    }
}

/// Type, help and unit lines gathered into metadata.
struct ExpositionFamilies {
    private(set) var entries: [MetricMetadata] = []

    /// Reads a line that begins with "#"; true when it is OpenMetrics' end.
    mutating func read(_ lines: inout ExpositionLines, format: ExpositionFormat) throws(WireError) -> Bool {
        lines.advance()
        switch lines.readWord() {
        case "EOF" where format == .openMetrics: return true
        case "HELP":
            guard let name = lines.readWord() else { throw lines.error("expected a metric name after HELP") }
            update(name) { $0.help = lines.readRest() }
        case "TYPE":
            guard let name = lines.readWord() else { throw lines.error("expected a metric name after TYPE") }
            guard let kind = lines.readWord().flatMap({ Self.kind($0, format) }) else {
                throw lines.error("expected a metric type after \"\(name)\"")
            }
            update(name) { $0.kind = kind }
        case "UNIT" where format == .openMetrics:
            guard let name = lines.readWord() else { throw lines.error("expected a metric name after UNIT") }
            update(name) { $0.unit = lines.readRest() }
        default: break
        }
        return false
    }

    private mutating func update(_ name: String, _ change: (inout MetricMetadata) -> Void) {
        // The lines of a family stand together.
        if entries.last?.metric != name { entries.append(MetricMetadata(metric: name, kind: .unknown)) }
        change(&entries[entries.count - 1])
    }

    private static func kind(_ word: String, _ format: ExpositionFormat) -> MetricMetadata.Kind? {
        word == "untyped" && format == .text ? .unknown : MetricMetadata.Kind(rawValue: word)
    }
}
