/// An array of bytes with verbs for the integer and length forms that our formats use.
package struct ByteWriter: Sendable {
    package var bytes: [UInt8] = []

    package init(capacity: Int = 0) {
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    package var count: Int { bytes.count }

    package mutating func removeAll(keepingCapacity: Bool = true) {
        bytes.removeAll(keepingCapacity: keepingCapacity)
    }

    // MARK: Fixed widths

    @inline(__always)
    package mutating func append(_ byte: UInt8) { bytes.append(byte) }

    @inline(__always)
    private mutating func appendInteger<Value: FixedWidthInteger>(_ value: Value) {
        unsafe withUnsafeBytes(of: value) { unsafe bytes.append(contentsOf: $0) }
    }

    package mutating func appendUInt16LE(_ value: UInt16) { appendInteger(value.littleEndian) }
    package mutating func appendUInt32LE(_ value: UInt32) { appendInteger(value.littleEndian) }
    package mutating func appendUInt64LE(_ value: UInt64) { appendInteger(value.littleEndian) }
    package mutating func appendInt32LE(_ value: Int32) { appendInteger(value.littleEndian) }
    package mutating func appendInt64LE(_ value: Int64) { appendInteger(value.littleEndian) }
    package mutating func appendDoubleLE(_ value: Double) { appendInteger(value.bitPattern.littleEndian) }
    package mutating func appendUInt16BE(_ value: UInt16) { appendInteger(value.bigEndian) }
    package mutating func appendUInt32BE(_ value: UInt32) { appendInteger(value.bigEndian) }
    package mutating func appendUInt64BE(_ value: UInt64) { appendInteger(value.bigEndian) }

    // MARK: Variable widths

    package mutating func appendVarint(_ value: UInt64) { Varint.append(value, to: &bytes) }
    package mutating func appendZigzag(_ value: Int64) { Varint.append(Varint.zigzag(value), to: &bytes) }

    /// Appends a column of varints.
    @inline(__always)
    package mutating func appendVarints(_ count: Int, _ value: (_ index: Int) -> UInt64) {
        Varint.append(count: count, to: &bytes, value: value)
    }

    package mutating func append(contentsOf more: [UInt8]) { bytes.append(contentsOf: more) }
    package mutating func append(contentsOf more: ArraySlice<UInt8>) { bytes.append(contentsOf: more) }
    package mutating func append(contentsOf more: some Collection<UInt8>) { bytes.append(contentsOf: more) }
    package mutating func append(contentsOf more: Span<UInt8>) { bytes.append(span: more) }
    package mutating func append(utf8 text: String) { bytes.append(contentsOf: text.utf8) }

    /// Appends the byte count as a varint, then the bytes.
    package mutating func appendLengthPrefixed(_ more: [UInt8]) {
        appendVarint(UInt64(more.count))
        bytes.append(contentsOf: more)
    }

    package mutating func appendLengthPrefixed(_ more: ArraySlice<UInt8>) {
        appendVarint(UInt64(more.count))
        bytes.append(contentsOf: more)
    }

    package mutating func appendLengthPrefixed(_ more: Span<UInt8>) {
        appendVarint(UInt64(more.count))
        bytes.append(span: more)
    }

    package mutating func appendLengthPrefixed(_ text: String) {
        appendVarint(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    // MARK: Filling in what is known later

    package mutating func patchUInt32LE(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset <= bytes.count - 4, "a patch stays inside what was written")
        unsafe bytes.withUnsafeMutableBytes {
            unsafe $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
        }
    }

    package mutating func patchUInt64LE(_ value: UInt64, at offset: Int) {
        precondition(offset >= 0 && offset <= bytes.count - 8, "a patch stays inside what was written")
        unsafe bytes.withUnsafeMutableBytes {
            unsafe $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt64.self)
        }
    }
}
