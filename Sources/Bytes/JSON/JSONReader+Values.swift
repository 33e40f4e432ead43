extension JSONReader {
    // MARK: Scalars

    package mutating func readBool() throws(JSONError) -> Bool {
        skipWhitespace()
        if consume("true") { return true }
        if consume("false") { return false }
        throw unexpected("true or false")
    }

    /// Reads null; false when the next value is something else, which then stays unread.
    package mutating func readNullIfPresent() throws(JSONError) -> Bool {
        guard try peek() == .null else { return false }
        try readNull()
        return true
    }

    package mutating func readNull() throws(JSONError) {
        skipWhitespace()
        guard consume("null") else { throw unexpected("null") }
    }

    private mutating func consume(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard end - offset >= count else { return false }
        for index in 0..<count where unsafe bytes[offset + index] != word.utf8Start[index] { return false }
        offset += count
        return true
    }

    /// Reads a number's literal; its range.
    package mutating func readRawNumber() throws(JSONError) -> Range<Int> {
        skipWhitespace()
        guard offset < end, bytes[offset] == 0x2d || (0x30...0x39).contains(bytes[offset]) else { throw unexpected("a number") }
        guard let stop = Self.numberEnd(bytes.span, from: offset, end: end) else { throw error("invalid number") }
        defer { offset = stop }
        return offset..<stop
    }

    package mutating func readNumber() throws(JSONError) -> JSONNumber {
        JSONNumber(validated: String(decoding: bytes[try readRawNumber()], as: UTF8.self))
    }

    package mutating func readInt64() throws(JSONError) -> Int64 {
        let range = try readRawNumber()
        guard let value = DecimalNumber.parseInt64(bytes.span.extracting(range)) else {
            throw error("expected a 64-bit integer, found \(String(decoding: bytes[range], as: UTF8.self))", at: range.lowerBound)
        }
        return value
    }

    package mutating func readInt() throws(JSONError) -> Int { Int(try readInt64()) }

    package mutating func readUInt64() throws(JSONError) -> UInt64 {
        let range = try readRawNumber()
        let text = String(decoding: bytes[range], as: UTF8.self)
        guard let value = UInt64(text) else {
            throw error("expected an unsigned 64-bit integer, found \(text)", at: range.lowerBound)
        }
        return value
    }

    package mutating func readDouble() throws(JSONError) -> Double {
        let range = try readRawNumber()
        guard let value = DecimalNumber.parse(bytes.span.extracting(range)) else {
            throw error("number out of the range of a double", at: range.lowerBound)
        }
        return value
    }

    /// The end of the number at `start` by RFC 8259's grammar; nil when there is none.
    static func numberEnd(_ span: Span<UInt8>, from start: Int, end: Int) -> Int? {
        var index = start
        if index < end, span[index] == 0x2d { index += 1 }
        guard index < end else { return nil }
        if span[index] == 0x30 {
            index += 1
        } else {
            guard let stop = digitsEnd(span, from: index, end: end) else { return nil }
            index = stop
        }
        if index < end, span[index] == 0x2e {
            guard let stop = digitsEnd(span, from: index + 1, end: end) else { return nil }
            index = stop
        }
        if index < end, span[index] | 0x20 == 0x65 {
            index += 1
            if index < end, span[index] == 0x2b || span[index] == 0x2d { index += 1 }
            guard let stop = digitsEnd(span, from: index, end: end) else { return nil }
            index = stop
        }
        // "01" and "1x" are no numbers followed by something; a delimiter must follow.
        if index < end {
            switch span[index] {
            case 0x30...0x39, 0x2e, 0x2b, 0x2d, 0x41...0x5a, 0x61...0x7a: return nil
            default: break
            }
        }
        return index
    }

    private static func digitsEnd(_ span: Span<UInt8>, from start: Int, end: Int) -> Int? {
        var index = start
        while index < end, span[index] &- 0x30 < 10 { index &+= 1 }
        return index > start ? index : nil
    }

    // MARK: Whole values

    /// Reads over the next value, checking it; the range of its text.
    @discardableResult
    package mutating func skipValue() throws(JSONError) -> Range<Int> {
        skipWhitespace()
        let start = offset
        try skip()
        return start..<offset
    }

    private mutating func skip() throws(JSONError) {
        switch try peek() {
        case .object:
            try beginObject()
            while try nextKey() != nil { try skip() }
        case .array:
            try beginArray()
            while try nextElement() { try skip() }
        case .string: _ = try readRawString()
        case .number: _ = try readRawNumber()
        case .bool: _ = try readBool()
        case .null: try readNull()
        }
    }

    /// Reads the next value as a tree.
    package mutating func readValue() throws(JSONError) -> JSONValue {
        switch try peek() {
        case .object:
            var object = JSONObject()
            try beginObject()
            while let key = try nextKey() { object.set(string(key), try readValue()) }
            return .object(object)
        case .array:
            var elements: [JSONValue] = []
            try beginArray()
            while try nextElement() { elements.append(try readValue()) }
            return .array(elements)
        case .string: return .string(try readString())
        case .number: return .number(try readNumber())
        case .bool: return .bool(try readBool())
        case .null:
            try readNull()
            return .null
        }
    }
}
