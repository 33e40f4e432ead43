/// Walks the fields of a protobuf message in place, making nothing that is not asked for.
///
/// ```
/// while let field = try reader.nextField() {
///     switch field.number {
///     case 1: name = try reader.readString(field)
///     case 2:
///         let outer = try reader.enter(field)
///         while let inner = try reader.nextField() { … }
///         reader.leave(outer)
///     default: try reader.skip(field)
///     }
/// }
/// ```
/// Every read checks that the field has the wire type it needs; errors carry the byte offset.
/// - Source: https://protobuf.dev/programming-guides/encoding/
package struct ProtobufReader: Sendable {
    package enum WireType: UInt8, Sendable {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case fixed32 = 5
    }

    package struct Field: Equatable, Sendable {
        package let number: Int
        package let wireType: WireType
    }

    package let bytes: [UInt8]
    package private(set) var end: Int
    package private(set) var offset: Int

    package init(_ bytes: [UInt8], range: Range<Int>? = nil) {
        let range = range ?? 0..<bytes.count
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a reader's range lies inside its bytes")
        self.bytes = bytes
        self.end = range.upperBound
        self.offset = range.lowerBound
    }

    package var isAtEnd: Bool { offset >= end }

    // MARK: Fields

    /// The next field's tag, or nil at the message's end.
    @inline(__always)
    package mutating func nextField() throws(CorruptBytes) -> Field? {
        guard offset < end else { return nil }
        let start = offset
        let tag = try readRawVarint()
        guard let wireType = WireType(rawValue: UInt8(truncatingIfNeeded: tag & 7)), tag >= 8, tag <= UInt64(UInt32.max) else {
            throw CorruptBytes("protobuf field tag", offset: start, expected: "a field number and a known wire type, found \(tag)")
        }
        return Field(number: Int(tag &>> 3), wireType: wireType)
    }

    package mutating func skip(_ field: Field) throws(CorruptBytes) {
        switch field.wireType {
        case .varint: _ = try readRawVarint()
        case .fixed64: try advance(8, field)
        case .fixed32: try advance(4, field)
        case .lengthDelimited: _ = try readLengthDelimited(field)
        }
    }

    // MARK: Scalars

    /// uint64, uint32, and the bits of int64, int32, enums.
    @inline(__always)
    package mutating func readVarint(_ field: Field) throws(CorruptBytes) -> UInt64 {
        try expect(.varint, field)
        return try readRawVarint()
    }

    package mutating func readInt64(_ field: Field) throws(CorruptBytes) -> Int64 {
        Int64(bitPattern: try readVarint(field))
    }

    /// int32 and enums: the low 32 bits, as the official decoders take them.
    package mutating func readInt32(_ field: Field) throws(CorruptBytes) -> Int32 {
        Int32(truncatingIfNeeded: try readVarint(field))
    }

    /// sint64 and sint32.
    package mutating func readZigzag(_ field: Field) throws(CorruptBytes) -> Int64 {
        Varint.unzigzag(try readVarint(field))
    }

    package mutating func readBool(_ field: Field) throws(CorruptBytes) -> Bool {
        try readVarint(field) != 0
    }

    package mutating func readFixed64(_ field: Field) throws(CorruptBytes) -> UInt64 {
        try expect(.fixed64, field)
        let start = offset
        try advance(8, field)
        return unsafe bytes.withUnsafeBytes {
            UInt64(littleEndian: unsafe $0.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        }
    }

    package mutating func readFixed32(_ field: Field) throws(CorruptBytes) -> UInt32 {
        try expect(.fixed32, field)
        let start = offset
        try advance(4, field)
        return unsafe bytes.withUnsafeBytes {
            UInt32(littleEndian: unsafe $0.loadUnaligned(fromByteOffset: start, as: UInt32.self))
        }
    }

    package mutating func readDouble(_ field: Field) throws(CorruptBytes) -> Double {
        Double(bitPattern: try readFixed64(field))
    }

    package mutating func readFloat(_ field: Field) throws(CorruptBytes) -> Float {
        Float(bitPattern: try readFixed32(field))
    }

    // MARK: Bytes and messages

    /// The range of a string's, bytes' or message's content.
    @inline(__always)
    package mutating func readLengthDelimited(_ field: Field) throws(CorruptBytes) -> Range<Int> {
        try expect(.lengthDelimited, field)
        let start = offset
        let count = try readRawVarint()
        guard count <= UInt64(end &- offset) else {
            throw CorruptBytes(
                "protobuf field \(field.number)", offset: start, expected: "\(count) bytes, but only \(end - offset) are left")
        }
        let range = offset..<(offset &+ Int(count))
        offset = range.upperBound
        return range
    }

    /// Text; ill-formed UTF-8 becomes U+FFFD.
    package mutating func readString(_ field: Field) throws(CorruptBytes) -> String {
        String(decoding: bytes[try readLengthDelimited(field)], as: UTF8.self)
    }

    package mutating func readBytes(_ field: Field) throws(CorruptBytes) -> ArraySlice<UInt8> {
        bytes[try readLengthDelimited(field)]
    }

    /// A reader of its own for a nested message.
    package mutating func readMessage(_ field: Field) throws(CorruptBytes) -> ProtobufReader {
        ProtobufReader(bytes, range: try readLengthDelimited(field))
    }

    /// Narrows this reader to a nested message; hand the result to `leave`. Spares hot loops a second reader.
    @inline(__always)
    package mutating func enter(_ field: Field) throws(CorruptBytes) -> Int {
        let range = try readLengthDelimited(field)
        let outer = end
        offset = range.lowerBound
        end = range.upperBound
        return outer
    }

    /// Goes behind the nested message.
    @inline(__always)
    package mutating func leave(_ outer: Int) {
        offset = end
        end = outer
    }

    /// A nested message of two strings, fields 1 and 2 (a label pair), in one step.
    ///
    /// Most pairs are short and written in order; they are read without looking at a field twice.
    package mutating func readStringPair(_ field: Field) throws(CorruptBytes) -> (first: Range<Int>, second: Range<Int>) {
        try expect(.lengthDelimited, field)
        let start = offset
        let limit = end
        let lengths = unsafe bytes.withUnsafeBufferPointer { bytes -> (Int, Int)? in
            guard start &+ 3 <= limit, unsafe bytes[start] < 0x80 else { return nil }
            let stop = unsafe start &+ 1 &+ Int(bytes[start])
            guard stop <= limit, start &+ 5 <= stop, unsafe bytes[start &+ 1] == 0x0a, unsafe bytes[start &+ 2] < 0x80 else { return nil }
            let first = unsafe Int(bytes[start &+ 2])
            let next = start &+ 3 &+ first
            guard next &+ 2 <= stop, unsafe bytes[next] == 0x12, unsafe bytes[next &+ 1] < 0x80 else { return nil }
            let second = unsafe Int(bytes[next &+ 1])
            return next &+ 2 &+ second == stop ? (first, second) : nil
        }
        guard let (firstCount, secondCount) = lengths else { return try readStringPairSlowly(field) }
        let first = start &+ 3
        let second = first &+ firstCount &+ 2
        offset = second &+ secondCount
        return unsafe (
            Range(uncheckedBounds: (first, first &+ firstCount)), Range(uncheckedBounds: (second, second &+ secondCount))
        )
    }

    private mutating func readStringPairSlowly(_ field: Field) throws(CorruptBytes) -> (first: Range<Int>, second: Range<Int>) {
        var pair = (first: 0..<0, second: 0..<0)
        let outer = try enter(field)
        while let part = try nextField() {
            switch part.number {
            case 1: pair.first = try readLengthDelimited(part)
            case 2: pair.second = try readLengthDelimited(part)
            default: try skip(part)
            }
        }
        leave(outer)
        return pair
    }

    /// A nested message of a moment, field 1 with its seconds (1) and nanoseconds (2), and a text, field 2 (an entry of a log), in one step.
    ///
    /// nil when it holds anything else or in another order; nothing is read then.
    package mutating func readTimedText(_ field: Field) throws(CorruptBytes) -> (seconds: Int64, nanoseconds: Int32, text: Range<Int>)? {
        try expect(.lengthDelimited, field)
        let (start, limit) = (offset, end)
        let found = unsafe bytes.withUnsafeBufferPointer { bytes -> (seconds: Int64, nanoseconds: Int32, text: Range<Int>)? in
            var place = start
            guard let length = unsafe Self.varint(bytes, &place, limit), length <= UInt64(limit &- place) else { return nil }
            let stop = place &+ Int(length)
            var (seconds, nanoseconds): (UInt64, UInt64) = (0, 0)
            if place &+ 2 <= stop, unsafe bytes[place] == 0x0a {
                let timeStop = unsafe place &+ 2 &+ Int(bytes[place &+ 1])
                guard unsafe bytes[place &+ 1] < 0x80, timeStop <= stop else { return nil }
                place &+= 2
                if place < timeStop, unsafe bytes[place] == 0x08 {
                    place &+= 1
                    guard let value = unsafe Self.varint(bytes, &place, timeStop) else { return nil }
                    seconds = value
                }
                if place < timeStop, unsafe bytes[place] == 0x10 {
                    place &+= 1
                    guard let value = unsafe Self.varint(bytes, &place, timeStop) else { return nil }
                    nanoseconds = value
                }
                guard place == timeStop else { return nil }
            }
            var text = place..<place
            if place < stop, unsafe bytes[place] == 0x12 {
                place &+= 1
                guard let count = unsafe Self.varint(bytes, &place, stop), count <= UInt64(stop &- place) else { return nil }
                text = place..<place &+ Int(count)
            }
            guard text.upperBound == stop else { return nil }
            return (Int64(bitPattern: seconds), Int32(truncatingIfNeeded: nanoseconds), text)
        }
        if let found { offset = found.text.upperBound }
        return found
    }

    /// A varint of at most nine bytes; longer ones are left to the general reader.
    @inline(__always)
    private static func varint(_ bytes: UnsafeBufferPointer<UInt8>, _ place: inout Int, _ limit: Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while place < limit, shift < 63 {
            let byte = unsafe bytes[place]
            place &+= 1
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        return nil
    }

    // MARK: Repeated scalars, packed or not

    package mutating func readVarints(_ field: Field, into values: inout [UInt64]) throws(CorruptBytes) {
        if field.wireType == .varint { return values.append(try readRawVarint()) }
        let outer = try enter(field)
        while offset < end { values.append(try readRawVarint()) }
        leave(outer)
    }

    package mutating func readUInt32s(_ field: Field, into values: inout [UInt32]) throws(CorruptBytes) {
        if field.wireType == .varint { return values.append(UInt32(truncatingIfNeeded: try readRawVarint())) }
        let outer = try enter(field)
        while offset < end { values.append(UInt32(truncatingIfNeeded: try readRawVarint())) }
        leave(outer)
    }

    package mutating func readZigzags(_ field: Field, into values: inout [Int64]) throws(CorruptBytes) {
        if field.wireType == .varint { return values.append(Varint.unzigzag(try readRawVarint())) }
        let outer = try enter(field)
        while offset < end { values.append(Varint.unzigzag(try readRawVarint())) }
        leave(outer)
    }

    package mutating func readDoubles(_ field: Field, into values: inout [Double]) throws(CorruptBytes) {
        if field.wireType == .fixed64 { return values.append(try readDouble(field)) }
        try readFixed64s(field) { values.append(Double(bitPattern: $0)) }
    }

    package mutating func readFixed64s(_ field: Field, into values: inout [UInt64]) throws(CorruptBytes) {
        if field.wireType == .fixed64 { return values.append(try readFixed64(field)) }
        try readFixed64s(field) { values.append($0) }
    }

    private mutating func readFixed64s(_ field: Field, _ body: (UInt64) -> Void) throws(CorruptBytes) {
        let range = try readLengthDelimited(field)
        guard range.count % 8 == 0 else {
            throw CorruptBytes("protobuf field \(field.number)", offset: range.lowerBound, expected: "a multiple of 8 bytes")
        }
        unsafe bytes.withUnsafeBytes {
            for place in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
                body(UInt64(littleEndian: unsafe $0.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
            }
        }
    }

    // MARK: Parts

    @inline(__always)
    private mutating func readRawVarint() throws(CorruptBytes) -> UInt64 {
        var next = offset
        guard let value = Varint.decode(bytes.span, at: &next, end: end) else {
            throw CorruptBytes("protobuf varint", offset: offset, expected: "at most ten bytes that end before byte \(end)")
        }
        offset = next
        return value
    }

    @inline(__always)
    private func expect(_ wanted: WireType, _ field: Field) throws(CorruptBytes) {
        guard field.wireType == wanted else {
            throw CorruptBytes(
                "protobuf field \(field.number)", offset: offset, expected: "wire type \(wanted), found \(field.wireType)")
        }
    }

    private mutating func advance(_ count: Int, _ field: Field) throws(CorruptBytes) {
        guard end - offset >= count else {
            throw CorruptBytes(
                "protobuf field \(field.number)", offset: offset, expected: "\(count) bytes, but only \(end - offset) are left")
        }
        offset += count
    }
}
