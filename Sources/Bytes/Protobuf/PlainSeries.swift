/// Reads a series message of remote write 1.0 that has the plain form nearly all senders write: label pairs in rising order of their
/// ASCII names, then samples, each part in the order of its fields.
///
/// ```
/// (0x0a pair{ 0x0a name, 0x12 value })+ (0x12 sample{ (0x09 value)?, 0x10 time })+
/// ```
/// One pass copies the pairs into canonical form, checks order, limits and ASCII on the way, and hashes. Whatever differs is no error:
/// it is left to the general decoder, which knows every form and words what is wrong. Benchmark: "decode: a remote write request".
package enum PlainSeries {
    package struct Limits: Sendable {
        package var pairs: Int
        package var nameBytes: Int
        package var valueBytes: Int

        package init(pairs: Int, nameBytes: Int, valueBytes: Int) {
            self.pairs = pairs
            // Longer names have longer lengths, which the plain form does not know.
            self.nameBytes = min(nameBytes, 127)
            self.valueBytes = min(valueBytes, 16383)
        }

        /// What a set may have at most to be kept as a plain one in a `PairSetList`.
        static let kept = Limits(pairs: 128, nameBytes: 127, valueBytes: 16383)

        /// Whether every set that is plain in a `PairSetList` passes these limits.
        package var admitsKept: Bool {
            pairs >= Self.kept.pairs && nameBytes >= Self.kept.nameBytes && valueBytes >= Self.kept.valueBytes
        }
    }

    /// Label sets are copied through the stack; larger ones are rare enough for the general decoder.
    static let byteLimit = 4096
    /// "__name__" as a little-endian word.
    private static let metricName: UInt64 = 0x5f5f_656d_616e_5f5f

    /// Appends the canonical label set and the samples of the message; nil when it is not plain, and then nothing was appended.
    package static func read(
        _ bytes: [UInt8], range: Range<Int>, limits: Limits, arena: inout [UInt8], times: inout [Int64], values: inout [Double]
    ) -> (hash: UInt64, samples: Int)? {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a message lies inside its bytes")
        guard range.count <= byteLimit else { return nil }
        return unsafe bytes.withUnsafeBytes { source in
            unsafe withUnsafeTemporaryAllocation(byteCount: range.count, alignment: 8) { target in
                let message = unsafe UnsafeRawBufferPointer(rebasing: source[range])
                guard let set = unsafe copyPairs(message, into: target, limits) else { return nil }
                guard let count = unsafe readSamples(message, from: set.end, &times, &values) else { return nil }
                let canonical = unsafe UnsafeRawBufferPointer(rebasing: target[..<set.count])
                unsafe arena.append(contentsOf: canonical)
                return (unsafe Hash64.hash(canonical, seed: 0), count)
            }
        }
    }

    /// Appends the samples of a message whose label set is one of the known; nil when it is another or the message is not plain, and then
    /// nothing was appended.
    ///
    /// Equal bytes are read equally, so a set that was found good once needs no other look.
    package static func read(
        _ bytes: [UInt8], range: Range<Int>, as number: Int, of known: PairSetList, times: inout [Int64], values: inout [Double]
    ) -> Int? {
        guard let start = known.prefix(number, of: bytes, range: range) else { return nil }
        return unsafe bytes.withUnsafeBytes { source in
            unsafe readSamples(UnsafeRawBufferPointer(rebasing: source[range]), from: start, &times, &values)
        }
    }

    /// Copies the pairs at the head of a message; returns where they end there and how many bytes were written.
    private static func copyPairs(
        _ message: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, _ limits: Limits
    ) -> (end: Int, count: Int)? {
        let count = message.count
        guard count > 0 else { return nil }
        let from = message.baseAddress!
        let to = target.baseAddress!
        var offset = 0
        var written = 0
        var pairs = 0
        var previous = 0..<0
        var hasMetricName = false
        var seen: UInt64 = 0
        while offset &+ 6 <= count, unsafe message[offset] == 0x0a {
            // The pair's own length: one byte or two.
            offset &+= 1
            guard let length = unsafe shortLength(message, &offset), length <= count &- offset, length >= 6 else { return nil }
            let end = offset &+ length
            guard unsafe message[offset] == 0x0a else { return nil }
            let nameCount = unsafe Int(message[offset &+ 1])
            offset &+= 2
            guard nameCount >= 1, nameCount <= limits.nameBytes, nameCount &+ 3 <= end &- offset else { return nil }
            let name = offset..<offset &+ nameCount
            if pairs > 0, unsafe !isRising(message, previous, name) { return nil }
            previous = name
            offset &+= nameCount
            guard unsafe message[offset] == 0x12 else { return nil }
            offset &+= 1
            guard let valueCount = unsafe shortLength(message, &offset), valueCount >= 1, valueCount <= limits.valueBytes,
                offset &+ valueCount == end
            else { return nil }
            if nameCount == 8, unsafe message.loadUnaligned(fromByteOffset: name.lowerBound, as: UInt64.self).littleEndian == metricName {
                hasMetricName = true
            }
            // Canonical form is shorter than the message by three bytes a pair, so it fits.
            unsafe to.storeBytes(of: UInt8(truncatingIfNeeded: nameCount), toByteOffset: written, as: UInt8.self)
            written &+= 1
            seen |= unsafe copy(from + name.lowerBound, to + written, nameCount)
            written &+= nameCount
            if valueCount < 128 {
                unsafe to.storeBytes(of: UInt8(truncatingIfNeeded: valueCount), toByteOffset: written, as: UInt8.self)
                written &+= 1
            } else {
                unsafe to.storeBytes(of: UInt8(truncatingIfNeeded: valueCount & 127 | 128), toByteOffset: written, as: UInt8.self)
                unsafe to.storeBytes(of: UInt8(truncatingIfNeeded: valueCount &>> 7), toByteOffset: written &+ 1, as: UInt8.self)
                written &+= 2
            }
            seen |= unsafe copy(from + offset, to + written, valueCount)
            written &+= valueCount
            offset = end
            pairs &+= 1
        }
        guard hasMetricName, pairs <= limits.pairs, seen & 0x8080_8080_8080_8080 == 0 else { return nil }
        return (offset, written)
    }

    /// A varint of at most two bytes in its shortest form.
    @inline(__always)
    private static func shortLength(_ message: UnsafeRawBufferPointer, _ offset: inout Int) -> Int? {
        guard offset < message.count else { return nil }
        let first = unsafe Int(message[offset])
        offset &+= 1
        if first < 128 { return first }
        guard offset < message.count else { return nil }
        let second = unsafe Int(message[offset])
        offset &+= 1
        return second > 0 && second < 128 ? first & 127 | second &<< 7 : nil
    }

    @inline(__always)
    private static func isRising(_ message: UnsafeRawBufferPointer, _ left: Range<Int>, _ right: Range<Int>) -> Bool {
        let shared = min(left.count, right.count)
        var index = 0
        while index < shared {
            let (a, b) = unsafe (message[left.lowerBound &+ index], message[right.lowerBound &+ index])
            if a != b { return a < b }
            index &+= 1
        }
        return left.count < right.count
    }

    /// Copies without overrunning either end; returns all bytes laid over each other.
    @inline(__always)
    private static func copy(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int) -> UInt64 {
        var seen: UInt64 = 0
        if count >= 8 {
            var index = 0
            while index &+ 8 <= count {
                let word = unsafe from.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                unsafe to.storeBytes(of: word, toByteOffset: index, as: UInt64.self)
                seen |= word
                index &+= 8
            }
            if index < count {
                let word = unsafe from.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
                unsafe to.storeBytes(of: word, toByteOffset: count &- 8, as: UInt64.self)
                seen |= word
            }
            return seen
        }
        if count >= 4 {
            let low = unsafe from.loadUnaligned(as: UInt32.self)
            let high = unsafe from.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
            unsafe to.storeBytes(of: low, as: UInt32.self)
            unsafe to.storeBytes(of: high, toByteOffset: count &- 4, as: UInt32.self)
            return UInt64(low | high)
        }
        var index = 0
        while index < count {
            let byte = unsafe from.load(fromByteOffset: index, as: UInt8.self)
            unsafe to.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            seen |= UInt64(byte)
            index &+= 1
        }
        return seen
    }

    /// Appends the samples up to the message's end; nil when one is not plain, and then none is appended.
    private static func readSamples(
        _ message: UnsafeRawBufferPointer, from start: Int, _ times: inout [Int64], _ values: inout [Double]
    ) -> Int? {
        var offset = start
        var count = 0
        while offset < message.count {
            // Tag, length, perhaps tag and eight bytes (a zero is left out), tag, at least one byte of time.
            guard offset &+ 4 <= message.count, unsafe message[offset] == 0x12 else { break }
            let length = unsafe Int(message[offset &+ 1])
            let end = offset &+ 2 &+ length
            guard length < 128, end <= message.count else { break }
            var place = offset &+ 2
            var bits: UInt64 = 0
            if length >= 11, unsafe message[place] == 0x09 {
                bits = unsafe message.loadUnaligned(fromByteOffset: place &+ 1, as: UInt64.self)
                place &+= 9
            }
            guard place &+ 2 <= end, unsafe message[place] == 0x10 else { break }
            place &+= 1
            var time: UInt64 = 0
            var shift: UInt64 = 0
            var isComplete = false
            while place < end, shift < 63 {
                let byte = unsafe message[place]
                place &+= 1
                time |= UInt64(byte & 127) &<< shift
                shift &+= 7
                if byte < 128 {
                    isComplete = true
                    break
                }
            }
            guard isComplete, place == end else { break }
            values.append(Double(bitPattern: UInt64(littleEndian: bits)))
            times.append(Int64(bitPattern: time))
            count &+= 1
            offset = end
        }
        if offset == message.count, count > 0 { return count }
        times.removeLast(count)
        values.removeLast(count)
        return nil
    }
}
