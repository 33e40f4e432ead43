/// A JSON number as it was written, so that no integer and no decimal loses a digit.
package struct JSONNumber: Hashable, Sendable, CustomStringConvertible {
    /// The literal text, of RFC 8259's grammar.
    package let text: String

    /// The text must be a JSON number; `JSONReader` and the initialisers below guarantee it.
    init(validated text: String) {
        self.text = text
    }

    /// Nil when the text is not a JSON number.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, JSONReader.numberEnd(bytes.span, from: 0, end: bytes.count) == bytes.count else { return nil }
        self.text = text
    }

    package init(_ value: Int) { text = String(value) }
    package init(_ value: Int64) { text = String(value) }
    package init(_ value: UInt64) { text = String(value) }

    /// - Precondition: the value is finite, since JSON has no other numbers.
    package init(_ value: Double) {
        precondition(value.isFinite, "JSON has no infinities and no NaN")
        var bytes: [UInt8] = []
        DecimalNumber.formatJSON(value, into: &bytes)
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the literal has neither fraction nor exponent.
    package var isInteger: Bool {
        !text.utf8.contains { $0 == 0x2e || $0 | 0x20 == 0x65 }
    }

    /// The value of an integer literal that fits; nil for "1.0" and "1e3".
    package var int64: Int64? { Int64(text) }
    package var uint64: UInt64? { UInt64(text) }
    package var int: Int? { Int(text) }

    /// The nearest double; infinite for literals beyond its range.
    package var double: Double { Double(text) ?? .nan }

    package var description: String { text }
}
