import Bytes

/// Reads the label string of a Loki stream, `{app="web", level="info"}`, into a scratch buffer and ranges.
///
/// - Source: Loki `pkg/logql/syntax` `ParseLabels`: names of letters, digits and underscores; values as Go string literals.
struct StreamLabelsParser {
    private let source: [UInt8]
    private let end: Int
    private var offset: Int

    struct Failure: Error {
        /// What is wrong, and where in the label string.
        var reason: String
    }

    init(_ source: [UInt8], range: Range<Int>) {
        self.source = source
        offset = range.lowerBound
        end = range.upperBound
    }

    /// Adds every pair to `set`; the text of names and values is appended to `scratch`.
    mutating func parse(into set: inout LabelSetEncoder, scratch: inout [UInt8]) throws(Failure) {
        let start = offset
        try expect(0x7b, "\"{\"", start)
        skipBlanks()
        while offset < end, source[offset] != 0x7d {
            let name = try readName(start, &scratch)
            try expect(0x3d, "\"=\"", start)
            let value = try readValue(start, &scratch)
            set.add(name: name, value: value)
            skipBlanks()
            if offset < end, source[offset] == 0x2c {
                offset += 1
                skipBlanks()
            } else {
                break
            }
        }
        try expect(0x7d, "\",\" or \"}\"", start)
        skipBlanks()
        if offset < end { throw failure("nothing after \"}\"", start) }
    }

    private mutating func readName(_ start: Int, _ scratch: inout [UInt8]) throws(Failure) -> Range<Int> {
        let first = offset
        while offset < end {
            switch source[offset] {
            case 0x41...0x5a, 0x61...0x7a, 0x5f: offset += 1
            case 0x30...0x39 where offset > first: offset += 1
            default:
                if offset == first { throw failure("a label name", start) }
                return append(first..<offset, &scratch)
            }
        }
        throw failure("\"=\"", start)
    }

    private mutating func readValue(_ start: Int, _ scratch: inout [UInt8]) throws(Failure) -> Range<Int> {
        skipBlanks()
        guard offset < end, source[offset] == 0x22 || source[offset] == 0x60 else { throw failure("a value in quotes", start) }
        let quote = source[offset]
        offset += 1
        let from = scratch.count
        var copied = offset
        while offset < end, source[offset] != quote {
            if source[offset] == 0x5c, quote == 0x22 {
                scratch.append(contentsOf: source[copied..<offset])
                try readEscape(start, &scratch)
                copied = offset
            } else {
                offset += 1
            }
        }
        guard offset < end else { throw failure("the closing quote of a value", start) }
        scratch.append(contentsOf: source[copied..<offset])
        offset += 1
        return from..<scratch.count
    }

    /// A Go escape sequence in a string in double quotes.
    private mutating func readEscape(_ start: Int, _ scratch: inout [UInt8]) throws(Failure) {
        guard offset + 1 < end else { throw failure("an escape sequence", start) }
        let kind = source[offset + 1]
        offset += 2
        switch kind {
        case 0x22, 0x5c, 0x27: scratch.append(kind)
        case 0x6e: scratch.append(0x0a)
        case 0x74: scratch.append(0x09)
        case 0x72: scratch.append(0x0d)
        case 0x61: scratch.append(0x07)
        case 0x62: scratch.append(0x08)
        case 0x66: scratch.append(0x0c)
        case 0x76: scratch.append(0x0b)
        case 0x78: scratch.append(UInt8(truncatingIfNeeded: try readDigits(2, radix: 16, start)))
        case 0x75, 0x55:
            guard let scalar = UnicodeScalar(try readDigits(kind == 0x75 ? 4 : 8, radix: 16, start)) else {
                throw failure("a Unicode scalar", start)
            }
            scratch.append(contentsOf: UTF8.encode(scalar)!)
        case 0x30...0x37:
            offset -= 1
            let value = try readDigits(3, radix: 8, start)
            guard value < 256 else { throw failure("an octal byte", start) }
            scratch.append(UInt8(value))
        default:
            offset -= 2
            throw failure("a known escape sequence", start)
        }
    }

    private mutating func readDigits(_ count: Int, radix: UInt32, _ start: Int) throws(Failure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard offset < end, let digit = Character(UnicodeScalar(source[offset])).hexDigitValue, digit < radix else {
                throw failure("a digit of an escape sequence", start)
            }
            value = value &* radix &+ UInt32(digit)
            offset += 1
        }
        return value
    }

    private func append(_ range: Range<Int>, _ scratch: inout [UInt8]) -> Range<Int> {
        let from = scratch.count
        scratch.append(contentsOf: source[range])
        return from..<scratch.count
    }

    private mutating func skipBlanks() {
        while offset < end, source[offset] == 0x20 || source[offset] == 0x09 || source[offset] == 0x0a { offset += 1 }
    }

    private mutating func expect(_ byte: UInt8, _ what: String, _ start: Int) throws(Failure) {
        skipBlanks()
        guard offset < end, source[offset] == byte else { throw failure(what, start) }
        offset += 1
    }

    private func failure(_ wanted: String, _ start: Int) -> Failure {
        let text = String(decoding: source[start..<end].prefix(120), as: UTF8.self)
        let found = offset < end ? "found \"\(String(decoding: source[offset..<min(end, offset + 1)], as: UTF8.self))\"" : "found the end"
        return Failure(reason: "labels \(text): expected \(wanted) at column \(offset - start + 1), \(found)")
    }
}
