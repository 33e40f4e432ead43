/// Label sets in canonical form as pairs of a plain message, and back.
extension PlainSeries {
    /// Appends a canonical set as the pairs of a plain message; false when it has no plain form, and then nothing was appended.
    static func appendMessage(canonical bytes: [UInt8], to output: inout [UInt8]) -> Bool {
        guard let pieces = plainPieces(bytes) else { return false }
        for place in stride(from: 0, to: pieces.count, by: 2) {
            let (name, value) = (pieces[place], pieces[place + 1])
            output.append(0x0a)
            Varint.append(UInt64(insideCount(name, value)), to: &output)
            output.append(0x0a)
            output.append(UInt8(name.count))
            output.append(contentsOf: bytes[name])
            output.append(0x12)
            Varint.append(UInt64(value.count), to: &output)
            output.append(contentsOf: bytes[value])
        }
        return true
    }

    /// Bytes of a pair behind its own length.
    private static func insideCount(_ name: Range<Int>, _ value: Range<Int>) -> Int {
        2 + name.count + 1 + Varint.encodedLength(UInt64(value.count)) + value.count
    }

    /// Names and values in turn; nil when the set is not plain, by the same rules as `copyPairs`.
    private static func plainPieces(_ bytes: [UInt8]) -> [Range<Int>]? {
        guard bytes.count <= byteLimit else { return nil }
        let limits = Limits.kept
        var pieces: [Range<Int>] = []
        var offset = 0
        var hasMetricName = false
        while offset < bytes.count {
            guard let name = piece(bytes, &offset), let value = piece(bytes, &offset), name.count <= limits.nameBytes,
                value.count <= limits.valueBytes, insideCount(name, value) <= 16383
            else { return nil }
            if bytes[name].elementsEqual("__name__".utf8) { hasMetricName = true }
            pieces.append(name)
            pieces.append(value)
        }
        return hasMetricName && pieces.count <= 2 * limits.pairs ? pieces : nil
    }

    /// The next length-prefixed piece of a canonical set; nil when it is empty, is no ASCII, or runs over the end.
    private static func piece(_ bytes: [UInt8], _ offset: inout Int) -> Range<Int>? {
        guard let count = Varint.decode(bytes.span, at: &offset, end: bytes.count), count > 0, count <= UInt64(bytes.count - offset) else {
            return nil
        }
        let piece = offset..<offset + Int(count)
        offset = piece.upperBound
        return bytes[piece].allSatisfy { $0 < 128 } ? piece : nil
    }

    /// The canonical form of a set that `appendMessage` made.
    static func canonical(message bytes: Span<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var offset = 0
        while offset < bytes.count {
            let pair = PairPlace(bytes, at: offset)
            output.append(span: bytes.extracting(pair.name))
            output.append(span: bytes.extracting(pair.value))
            offset = pair.value.upperBound
        }
        return output
    }

    /// Whether a set that `appendMessage` made has this canonical form: in it the same pieces stand without the bytes between them.
    static func isEqual(message set: Span<UInt8>, canonical: [UInt8], range: Range<Int>) -> Bool {
        precondition(range.lowerBound >= 0 && range.upperBound <= canonical.count, "the range lies inside its bytes")
        let other = canonical.span
        var offset = 0
        var place = range.lowerBound
        while offset < set.count {
            let pair = PairPlace(set, at: offset)
            offset = pair.value.upperBound
            guard pair.name.count &+ pair.value.count <= range.upperBound &- place,
                ByteComparison.areEqual(set, pair.name, other, at: place),
                ByteComparison.areEqual(set, pair.value, other, at: place &+ pair.name.count)
            else { return false }
            place &+= pair.name.count &+ pair.value.count
        }
        return place == range.upperBound
    }

    /// Where name and value of a pair stand, each with the length before it.
    private struct PairPlace {
        let name: Range<Int>
        let value: Range<Int>

        @inline(__always)
        init(_ bytes: Span<UInt8>, at start: Int) {
            let nameStart = start &+ (bytes[start &+ 1] < 128 ? 3 : 4)
            let nameEnd = nameStart &+ 1 &+ Int(bytes[nameStart])
            let valueStart = nameEnd &+ 1
            let first = Int(bytes[valueStart])
            let valueEnd =
                first < 128 ? valueStart &+ 1 &+ first : valueStart &+ 2 &+ (first & 127 | Int(bytes[valueStart &+ 1]) &<< 7)
            name = nameStart..<nameEnd
            value = valueStart..<valueEnd
        }
    }
}
