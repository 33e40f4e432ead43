/// Writes protobuf messages. Fields of default value are the caller's to leave out.
///
/// - Source: https://protobuf.dev/programming-guides/encoding/
package struct ProtobufWriter: Sendable {
    package var bytes: [UInt8] = []

    package init(capacity: Int = 0) {
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    private mutating func tag(_ field: Int, _ type: ProtobufReader.WireType) {
        precondition(field > 0, "protobuf fields count from 1")
        Varint.append(UInt64(field) << 3 | UInt64(type.rawValue), to: &bytes)
    }

    package mutating func varint(_ field: Int, _ value: UInt64) {
        tag(field, .varint)
        Varint.append(value, to: &bytes)
    }

    package mutating func int64(_ field: Int, _ value: Int64) { varint(field, UInt64(bitPattern: value)) }
    package mutating func zigzag(_ field: Int, _ value: Int64) { varint(field, Varint.zigzag(value)) }
    package mutating func bool(_ field: Int, _ value: Bool) { varint(field, value ? 1 : 0) }

    package mutating func fixed64(_ field: Int, _ value: UInt64) {
        tag(field, .fixed64)
        appendFixed64(value)
    }

    package mutating func fixed32(_ field: Int, _ value: UInt32) {
        tag(field, .fixed32)
        for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    package mutating func double(_ field: Int, _ value: Double) { fixed64(field, value.bitPattern) }

    package mutating func string(_ field: Int, _ value: String) {
        tag(field, .lengthDelimited)
        Varint.append(UInt64(value.utf8.count), to: &bytes)
        bytes.append(contentsOf: value.utf8)
    }

    package mutating func bytes(_ field: Int, _ value: [UInt8]) {
        bytes(field, value.span)
    }

    package mutating func bytes(_ field: Int, _ value: ArraySlice<UInt8>) {
        bytes(field, value.span)
    }

    package mutating func bytes(_ field: Int, _ value: Span<UInt8>) {
        tag(field, .lengthDelimited)
        Varint.append(UInt64(value.count), to: &bytes)
        bytes.append(span: value)
    }

    /// Writes a nested message; its length goes in front when it is known.
    package mutating func message<Failure: Error>(
        _ field: Int, _ body: (inout ProtobufWriter) throws(Failure) -> Void
    ) throws(Failure) {
        tag(field, .lengthDelimited)
        let start = bytes.count
        // Most messages are shorter than 128 bytes: one byte is kept for the length, more are made room for when needed.
        bytes.append(0)
        try body(&self)
        let count = UInt64(bytes.count - start - 1)
        if count < 0x80 {
            bytes[start] = UInt8(truncatingIfNeeded: count)
        } else {
            var length: [UInt8] = []
            Varint.append(count, to: &length)
            bytes.replaceSubrange(start...start, with: length)
        }
    }

    // MARK: Packed repeated scalars; nothing is written for none

    package mutating func packedVarints(_ field: Int, _ values: [UInt64]) {
        packed(field, values) { Varint.append($1, to: &$0) }
    }

    package mutating func packedUInt32s(_ field: Int, _ values: [UInt32]) {
        packed(field, values) { Varint.append(UInt64($1), to: &$0) }
    }

    package mutating func packedZigzags(_ field: Int, _ values: [Int64]) {
        packed(field, values) { Varint.append(Varint.zigzag($1), to: &$0) }
    }

    package mutating func packedFixed64s(_ field: Int, _ values: [UInt64]) {
        guard !values.isEmpty else { return }
        tag(field, .lengthDelimited)
        Varint.append(UInt64(values.count * 8), to: &bytes)
        for value in values { appendFixed64(value) }
    }

    package mutating func packedDoubles(_ field: Int, _ values: [Double]) {
        packedFixed64s(field, values.map(\.bitPattern))
    }

    private mutating func packed<Value>(_ field: Int, _ values: [Value], _ append: (inout [UInt8], Value) -> Void) {
        guard !values.isEmpty else { return }
        message(field) { for value in values { append(&$0.bytes, value) } }
    }

    private mutating func appendFixed64(_ value: UInt64) {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }
}
