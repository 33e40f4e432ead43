/// Reads the integer and length forms that `ByteWriter` writes, checking every border.
///
/// - Invariant: never reads outside `range`; a failed read leaves `offset` where it was.
package struct ByteReader: Sendable {
    package let bytes: [UInt8]
    /// The end of what may be read.
    package let end: Int
    /// Where the next read begins, counted from the start of `bytes`.
    package var offset: Int

    package init(_ bytes: [UInt8]) {
        self.init(bytes, range: 0..<bytes.count)
    }

    package init(_ bytes: [UInt8], range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a reader's range lies inside its bytes")
        self.bytes = bytes
        self.end = range.upperBound
        self.offset = range.lowerBound
    }

    package var remaining: Int { end - offset }
    package var isAtEnd: Bool { offset >= end }

    // MARK: Fixed widths

    @inline(__always)
    private mutating func readInteger<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, _ what: StaticString
    ) throws(CorruptBytes) -> Value {
        let width = Value.bitWidth / 8
        guard end &- offset >= width else { throw truncated(what, needs: width) }
        let start = offset
        offset = start &+ width
        return unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: start, as: Value.self) }
    }

    package mutating func readUInt8() throws(CorruptBytes) -> UInt8 { try readInteger(UInt8.self, "byte") }

    package mutating func readUInt16LE() throws(CorruptBytes) -> UInt16 {
        UInt16(littleEndian: try readInteger(UInt16.self, "16-bit integer"))
    }

    package mutating func readUInt32LE() throws(CorruptBytes) -> UInt32 {
        UInt32(littleEndian: try readInteger(UInt32.self, "32-bit integer"))
    }

    package mutating func readUInt64LE() throws(CorruptBytes) -> UInt64 {
        UInt64(littleEndian: try readInteger(UInt64.self, "64-bit integer"))
    }

    package mutating func readInt32LE() throws(CorruptBytes) -> Int32 {
        Int32(littleEndian: try readInteger(Int32.self, "32-bit integer"))
    }

    package mutating func readInt64LE() throws(CorruptBytes) -> Int64 {
        Int64(littleEndian: try readInteger(Int64.self, "64-bit integer"))
    }

    package mutating func readDoubleLE() throws(CorruptBytes) -> Double {
        Double(bitPattern: UInt64(littleEndian: try readInteger(UInt64.self, "floating-point number")))
    }

    package mutating func readUInt16BE() throws(CorruptBytes) -> UInt16 {
        UInt16(bigEndian: try readInteger(UInt16.self, "16-bit integer"))
    }

    package mutating func readUInt32BE() throws(CorruptBytes) -> UInt32 {
        UInt32(bigEndian: try readInteger(UInt32.self, "32-bit integer"))
    }

    package mutating func readUInt64BE() throws(CorruptBytes) -> UInt64 {
        UInt64(bigEndian: try readInteger(UInt64.self, "64-bit integer"))
    }

    // MARK: Variable widths

    package mutating func readVarint() throws(CorruptBytes) -> UInt64 {
        var next = offset
        if let value = Varint.decode(bytes.span, at: &next, end: end) {
            offset = next
            return value
        }
        throw CorruptBytes("varint", offset: offset, expected: "at most ten bytes that end before byte \(end)")
    }

    package mutating func readZigzag() throws(CorruptBytes) -> Int64 {
        Varint.unzigzag(try readVarint())
    }

    /// Reads a varint that must fit `0...limit`; for counts and lengths, before memory is asked for.
    package mutating func readCount(limit: Int) throws(CorruptBytes) -> Int {
        let start = offset
        let value = try readVarint()
        guard value <= UInt64(limit) else {
            offset = start
            throw CorruptBytes("count", offset: start, expected: "at most \(limit), found \(value)")
        }
        return Int(value)
    }

    /// Reads a varint length and skips as many bytes; their range into `bytes`.
    package mutating func readLengthPrefixed() throws(CorruptBytes) -> Range<Int> {
        let start = offset
        let count = try readVarint()
        guard count <= UInt64(end - offset) else {
            offset = start
            throw CorruptBytes(
                "length-prefixed bytes", offset: start, expected: "\(count) bytes, but only \(end - start) are left")
        }
        let range = offset..<(offset + Int(count))
        offset = range.upperBound
        return range
    }

    /// Reads length-prefixed UTF-8 text; invalid sequences become U+FFFD.
    package mutating func readLengthPrefixedString() throws(CorruptBytes) -> String {
        let range = try readLengthPrefixed()
        return String(decoding: bytes[range], as: UTF8.self)
    }

    package mutating func readBytes(_ count: Int) throws(CorruptBytes) -> ArraySlice<UInt8> {
        guard count >= 0, end - offset >= count else { throw truncated("bytes", needs: count) }
        defer { offset += count }
        return bytes[offset..<(offset + count)]
    }

    package mutating func skip(_ count: Int) throws(CorruptBytes) {
        guard count >= 0, end - offset >= count else { throw truncated("bytes", needs: count) }
        offset += count
    }

    private func truncated(_ what: StaticString, needs count: Int) -> CorruptBytes {
        CorruptBytes("\(what)", offset: offset, expected: "\(count) bytes, but only \(max(0, end - offset)) are left")
    }
}
