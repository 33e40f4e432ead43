extension JSONReader {
    /// Reads a string without resolving its escapes; they are checked.
    package mutating func readRawString() throws(JSONError) -> RawString {
        skipWhitespace()
        guard offset < end, bytes[offset] == 0x22 else { throw unexpected("a string") }
        let raw = try scanString(from: offset + 1)
        offset = raw.range.upperBound + 1
        return raw
    }

    /// The string whose text begins at `start`, behind its opening quote.
    private func scanString(from start: Int) throws(JSONError) -> RawString {
        let span = bytes.span
        var index = start
        var hasEscapes = false
        while index < end {
            let byte = span[index]
            if byte == 0x22 {
                return RawString(range: start..<index, hasEscapes: hasEscapes)
            }
            if byte == 0x5c {
                hasEscapes = true
                guard let next = Self.escapeEnd(span, at: index, end: end) else {
                    throw error("invalid escape in a string", at: index)
                }
                index = next
                continue
            }
            if byte < 0x20 { throw error("control character in a string; it must be escaped", at: index) }
            index &+= 1
        }
        throw error("string without end", at: start - 1)
    }

    /// The offset behind the escape sequence at `index`, nil when it is none.
    private static func escapeEnd(_ span: Span<UInt8>, at index: Int, end: Int) -> Int? {
        guard index + 1 < end else { return nil }
        switch span[index + 1] {
        case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: return index + 2
        case 0x75: return hexUnit(span, at: index + 2, end: end) == nil ? nil : index + 6
        default: return nil
        }
    }

    /// Four hexadecimal digits as a UTF-16 unit.
    private static func hexUnit(_ span: Span<UInt8>, at index: Int, end: Int) -> UInt16? {
        guard index + 4 <= end else { return nil }
        var unit: UInt16 = 0
        for place in index..<(index + 4) {
            let byte = span[place]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: return nil
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    package mutating func readString() throws(JSONError) -> String {
        string(try readRawString())
    }

    /// The text of a string; ill-formed UTF-8 and lone surrogates become U+FFFD.
    package func string(_ raw: RawString) -> String {
        if !raw.hasEscapes { return String(decoding: bytes[raw.range], as: UTF8.self) }
        var text: [UInt8] = []
        append(raw, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the bytes of a string with its escapes resolved. Ill-formed UTF-8 is copied as it is.
    package func append(_ raw: RawString, to text: inout [UInt8]) {
        let span = bytes.span
        guard raw.hasEscapes else {
            text.append(span: span.extracting(raw.range))
            return
        }
        var index = raw.range.lowerBound
        let stop = raw.range.upperBound
        var copied = index
        while index < stop {
            guard span[index] == 0x5c else {
                index &+= 1
                continue
            }
            text.append(span: span.extracting(copied..<index))
            index = appendEscape(span, at: index, stop: stop, to: &text)
            copied = index
        }
        text.append(span: span.extracting(copied..<stop))
    }

    /// Appends what one checked escape stands for; the offset behind it.
    private func appendEscape(_ span: Span<UInt8>, at index: Int, stop: Int, to text: inout [UInt8]) -> Int {
        switch span[index + 1] {
        case 0x62: text.append(0x08)
        case 0x66: text.append(0x0c)
        case 0x6e: text.append(0x0a)
        case 0x72: text.append(0x0d)
        case 0x74: text.append(0x09)
        case 0x75:
            let unit = Self.hexUnit(span, at: index + 2, end: stop) ?? 0xfffd
            var scalar = UnicodeScalar(UInt32(unit)) ?? "\u{fffd}"
            var next = index + 6
            if unit & 0xfc00 == 0xd800, next + 6 <= stop, span[next] == 0x5c, span[next + 1] == 0x75,
                let low = Self.hexUnit(span, at: next + 2, end: stop), low & 0xfc00 == 0xdc00
            {
                let joined = 0x10000 + (UInt32(unit & 0x3ff) << 10 | UInt32(low & 0x3ff))
                scalar = UnicodeScalar(joined) ?? "\u{fffd}"
                next += 6
            }
            text.append(contentsOf: UTF8.encode(scalar)!)
            return next
        default: text.append(span[index + 1])
        }
        return index + 2
    }

    /// Whether a string's text equals `name`, without making a String.
    @inline(__always)
    package func matches(_ raw: RawString, _ name: StaticString) -> Bool {
        if raw.hasEscapes { return matchesSlowly(raw, name) }
        guard raw.range.count == name.utf8CodeUnitCount else { return false }
        let span = bytes.span
        var index = 0
        while index < name.utf8CodeUnitCount {
            if unsafe span[raw.range.lowerBound &+ index] != name.utf8Start[index] { return false }
            index &+= 1
        }
        return true
    }

    private func matchesSlowly(_ raw: RawString, _ name: StaticString) -> Bool {
        string(raw) == name.description
    }
}
