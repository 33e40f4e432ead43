/// A pull parser over JSON bytes: strict RFC 8259, with positions, making no String that is not asked for.
///
/// ```
/// try reader.beginObject()
/// while let key = try reader.nextKey() {
///     if reader.matches(key, "values") {
///         try reader.beginArray()
///         while try reader.nextElement() { values.append(try reader.readInt64()) }
///     } else {
///         try reader.skipValue()
///     }
/// }
/// try reader.expectEnd()
/// ```
/// - Invariant: never recurses deeper than `maxDepth` and never reads past its range.
package struct JSONReader: Sendable {
    package static let defaultMaxDepth = 512

    /// What the next value is.
    package enum Kind: Equatable, Sendable { case object, array, string, number, bool, null }

    /// A string as it lies in the bytes: what is between its quotes, escapes not yet resolved.
    package struct RawString: Equatable, Sendable {
        package let range: Range<Int>
        package let hasEscapes: Bool
    }

    /// One open container.
    private struct Frame {
        var isObject: Bool
        var isEmpty = true
        var keys: Set<[UInt8]> = []
    }

    package let bytes: [UInt8]
    package let end: Int
    package internal(set) var offset: Int
    package let maxDepth: Int
    package let rejectsDuplicateKeys: Bool
    private var frames: [Frame] = []

    package init(
        _ bytes: [UInt8], range: Range<Int>? = nil, maxDepth: Int = defaultMaxDepth, rejectsDuplicateKeys: Bool = false
    ) {
        let range = range ?? 0..<bytes.count
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a reader's range lies inside its bytes")
        self.bytes = bytes
        self.offset = range.lowerBound
        self.end = range.upperBound
        self.maxDepth = maxDepth
        self.rejectsDuplicateKeys = rejectsDuplicateKeys
    }

    // MARK: Looking ahead

    /// What the next value is, without reading it.
    package mutating func peek() throws(JSONError) -> Kind {
        skipWhitespace()
        guard offset < end else { throw error("expected a value, found the end") }
        switch bytes[offset] {
        case 0x7b: return .object
        case 0x5b: return .array
        case 0x22: return .string
        case 0x74, 0x66: return .bool
        case 0x6e: return .null
        case 0x2d, 0x30...0x39: return .number
        default: throw unexpected("a value")
        }
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while offset < end {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
            offset &+= 1
        }
    }

    // MARK: Containers

    package mutating func beginObject() throws(JSONError) {
        try begin(0x7b, "an object", isObject: true)
    }

    package mutating func beginArray() throws(JSONError) {
        try begin(0x5b, "an array", isObject: false)
    }

    private mutating func begin(_ bracket: UInt8, _ what: StaticString, isObject: Bool) throws(JSONError) {
        skipWhitespace()
        guard offset < end, bytes[offset] == bracket else { throw unexpected("\(what)") }
        guard frames.count < maxDepth else { throw error("nested deeper than \(maxDepth) levels") }
        frames.append(Frame(isObject: isObject))
        offset += 1
    }

    /// The next member's name, or nil past the object's end. Each name must be followed by reading or skipping its value.
    package mutating func nextKey() throws(JSONError) -> RawString? {
        guard let top = frames.indices.last, frames[top].isObject else {
            preconditionFailure("nextKey() is asked inside an object")
        }
        skipWhitespace()
        guard offset < end else { throw error("expected a member or \"}\", found the end") }
        if bytes[offset] == 0x7d {
            offset += 1
            frames.removeLast()
            return nil
        }
        if frames[top].isEmpty {
            frames[top].isEmpty = false
        } else {
            guard bytes[offset] == 0x2c else { throw unexpected("\",\" or \"}\"") }
            offset += 1
            skipWhitespace()
        }
        guard offset < end, bytes[offset] == 0x22 else { throw unexpected("a member name in quotes") }
        let start = offset
        let key = try readRawString()
        if rejectsDuplicateKeys, !frames[top].keys.insert(Array(string(key).utf8)).inserted {
            offset = start
            throw error("member \"\(string(key))\" is given twice")
        }
        skipWhitespace()
        guard offset < end, bytes[offset] == 0x3a else { throw unexpected("\":\" after a member name") }
        offset += 1
        return key
    }

    /// Whether another element follows; false past the array's end.
    package mutating func nextElement() throws(JSONError) -> Bool {
        guard let top = frames.indices.last, !frames[top].isObject else {
            preconditionFailure("nextElement() is asked inside an array")
        }
        skipWhitespace()
        guard offset < end else { throw error("expected an element or \"]\", found the end") }
        if bytes[offset] == 0x5d {
            offset += 1
            frames.removeLast()
            return false
        }
        if frames[top].isEmpty {
            frames[top].isEmpty = false
        } else {
            guard bytes[offset] == 0x2c else { throw unexpected("\",\" or \"]\"") }
            offset += 1
            skipWhitespace()
            if offset < end, bytes[offset] == 0x5d { throw unexpected("an element after \",\"") }
        }
        return true
    }

    /// Reads an object by a closure per member, which must read or skip the member's value.
    package mutating func readObject(
        _ body: (inout JSONReader, RawString) throws(JSONError) -> Void
    ) throws(JSONError) {
        try beginObject()
        while let key = try nextKey() { try body(&self, key) }
    }

    package mutating func readArray(_ body: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
        try beginArray()
        while try nextElement() { try body(&self) }
    }

    // MARK: The end

    /// Nothing but white space may follow.
    package mutating func expectEnd() throws(JSONError) {
        skipWhitespace()
        guard offset >= end else { throw unexpected("the end") }
    }

    /// Whether only white space is left.
    package mutating func isAtEnd() -> Bool {
        skipWhitespace()
        return offset >= end
    }

    // MARK: Errors

    package func error(_ message: String, at place: Int? = nil) -> JSONError {
        JSONError(message, at: place ?? offset, in: bytes)
    }

    func unexpected(_ wanted: String) -> JSONError {
        guard offset < end else { return error("expected \(wanted), found the end") }
        let byte = bytes[offset]
        let found =
            byte >= 0x20 && byte < 0x7f
            ? "\"\(Character(UnicodeScalar(byte)))\"" : "byte 0x\(String(byte, radix: 16))"
        return error("expected \(wanted), found \(found)")
    }
}
