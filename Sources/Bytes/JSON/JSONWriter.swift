/// Writes JSON text; commas come by themselves.
///
/// Strings are escaped as Kubernetes' encoder does (Go's, without its HTML escapes); ill-formed UTF-8 becomes U+FFFD.
/// - Invariant: the caller nests and names members correctly; the writer holds no stack and checks nothing.
package struct JSONWriter: Sendable {
    package var bytes: [UInt8] = []
    private var needsComma = false

    package init(capacity: Int = 0) {
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    /// Continues after bytes that are already there, as the first value of its place.
    package init(appendingTo bytes: consuming [UInt8]) {
        self.bytes = bytes
    }

    @inline(__always)
    private mutating func beginValue() {
        if needsComma { bytes.append(0x2c) }
        needsComma = true
    }

    // MARK: Containers

    package mutating func beginObject() {
        beginValue()
        bytes.append(0x7b)
        needsComma = false
    }

    package mutating func endObject() {
        bytes.append(0x7d)
        needsComma = true
    }

    package mutating func beginArray() {
        beginValue()
        bytes.append(0x5b)
        needsComma = false
    }

    package mutating func endArray() {
        bytes.append(0x5d)
        needsComma = true
    }

    package mutating func key(_ name: String) {
        string(name)
        bytes.append(0x3a)
        needsComma = false
    }

    /// A member name known to need no escape.
    package mutating func key(_ name: StaticString) {
        beginValue()
        bytes.append(0x22)
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(0x22)
        bytes.append(0x3a)
        needsComma = false
    }

    package mutating func key(utf8 name: Span<UInt8>) {
        string(utf8: name)
        bytes.append(0x3a)
        needsComma = false
    }

    // MARK: Values

    package mutating func string(_ value: String) {
        beginValue()
        bytes.append(0x22)
        var value = value
        value.withUTF8 { text in
            unsafe Self.appendEscaped(text.span, to: &bytes)
        }
        bytes.append(0x22)
    }

    package mutating func string(utf8 value: Span<UInt8>) {
        beginValue()
        bytes.append(0x22)
        Self.appendEscaped(value, to: &bytes)
        bytes.append(0x22)
    }

    package mutating func string(utf8 value: ArraySlice<UInt8>) {
        string(utf8: value.span)
    }

    package mutating func number(_ value: Int) {
        beginValue()
        DecimalNumber.append(Int64(value), to: &bytes)
    }

    package mutating func number(_ value: Int64) {
        beginValue()
        DecimalNumber.append(value, to: &bytes)
    }

    package mutating func number(_ value: UInt64) {
        beginValue()
        DecimalNumber.append(value, to: &bytes)
    }

    /// The shortest text that reads back as `value`, in JSON's forms; JSON has no infinities and no NaN, they become null.
    package mutating func number(_ value: Double) {
        beginValue()
        if value.isFinite {
            DecimalNumber.formatJSON(value, into: &bytes)
        } else {
            bytes.append(ascii: "null")
        }
    }

    package mutating func bool(_ value: Bool) {
        beginValue()
        bytes.append(ascii: value ? "true" : "false")
    }

    package mutating func null() {
        beginValue()
        bytes.append(ascii: "null")
    }

    /// A value whose JSON text the body appends.
    @inline(__always)
    package mutating func raw(_ append: (inout [UInt8]) -> Void) {
        beginValue()
        append(&bytes)
    }

    /// A value that is JSON text already.
    package mutating func raw(_ json: [UInt8]) {
        beginValue()
        bytes.append(contentsOf: json)
    }

    package mutating func raw(_ json: ArraySlice<UInt8>) {
        beginValue()
        bytes.append(contentsOf: json)
    }

    package mutating func raw(_ json: Span<UInt8>) {
        beginValue()
        bytes.append(span: json)
    }

    /// Ends a document in a stream of documents: a line feed, and the next value takes no comma.
    package mutating func newline() {
        bytes.append(0x0a)
        needsComma = false
    }

    // MARK: Members in one line

    package mutating func member(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    package mutating func member(_ name: StaticString, _ value: Int) {
        key(name)
        number(value)
    }

    package mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    /// A member whose name and value are JSON text already.
    package mutating func member(raw name: Span<UInt8>, _ value: Span<UInt8>) {
        beginValue()
        bytes.append(span: name)
        bytes.append(0x3a)
        bytes.append(span: value)
    }

    // MARK: Escaping

    private static let hexDigits: [UInt8] = Array("0123456789abcdef".utf8)

    /// Appends text between quotes, without them.
    package static func appendEscaped(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
        var copied = 0
        var index = 0
        let count = text.count
        while index < count {
            let byte = text[index]
            if byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5c {
                index &+= 1
                continue
            }
            var length = 1
            if byte >= 0x80 {
                length = UTF8Validation.sequenceLength(text, at: index)
                // U+2028 and U+2029 (E2 80 A8, E2 80 A9) end lines in JavaScript; Go's encoder always escapes them.
                let isSeparator = length == 3 && byte == 0xe2 && text[index &+ 1] == 0x80 && text[index &+ 2] & 0xfe == 0xa8
                if length > 0 && !isSeparator {
                    index &+= length
                    continue
                }
            }
            bytes.append(span: text.extracting(copied..<index))
            switch byte {
            case 0x22: bytes.append(ascii: "\\\"")
            case 0x5c: bytes.append(ascii: "\\\\")
            case 0x0a: bytes.append(ascii: "\\n")
            case 0x0d: bytes.append(ascii: "\\r")
            case 0x09: bytes.append(ascii: "\\t")
            case 0x08: bytes.append(ascii: "\\b")
            case 0x0c: bytes.append(ascii: "\\f")
            case 0..<0x20:
                bytes.append(ascii: "\\u00")
                bytes.append(hexDigits[Int(byte &>> 4)])
                bytes.append(hexDigits[Int(byte & 15)])
            default:
                if length == 3 {
                    bytes.append(ascii: text[index &+ 2] == 0xa8 ? "\\u2028" : "\\u2029")
                } else {
                    bytes.append(ascii: "\\ufffd")
                    length = 1
                }
            }
            index &+= length
            copied = index
        }
        bytes.append(span: text.extracting(copied..<count))
    }
}
