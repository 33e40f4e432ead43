private import CPosix
private import CSnappy

/// Snappy blocks (not frames), the compression of Prometheus' remote protocols and Loki's push.
///
/// - Source: https://github.com/google/snappy/blob/main/format_description.txt
package enum Snappy {
    package static func compress(_ input: Span<UInt8>, into output: inout [UInt8]) {
        // The library insists on room for the maximum.
        let bound = snappy_max_compressed_length(input.count)
        unsafe input.withUnsafeBufferPointer { source in
            unsafe output.append(capacity: bound) { room in
                var length = room.count
                let from = unsafe UnsafeRawPointer(source.baseAddress)?.assumingMemoryBound(to: CChar.self)
                let to = unsafe room.baseAddress?.assumingMemoryBound(to: CChar.self)
                let status = unsafe snappy_compress(from, source.count, to, &length)
                precondition(status == SNAPPY_OK, "Snappy compresses everything that fits its room")
                return length
            }
        }
    }

    package static func compress(_ input: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        compress(input.span, into: &output)
        return output
    }

    /// Bytes that are compressed between two calls of `whileWorking`: about a millisecond.
    private static let pieceSize = 1 << 20

    /// The same, with a call between pieces that may give it up.
    ///
    /// A block is the count of its bytes and elements that refer at most 64 KiB back, so that the elements of pieces, one after the other,
    /// are those of the whole.
    package static func compress<Failure: Error>(_ input: [UInt8], whileWorking: () throws(Failure) -> Void) throws(Failure) -> [UInt8] {
        if input.count <= pieceSize { return compress(input) }
        var output: [UInt8] = []
        Varint.append(UInt64(input.count), to: &output)
        var piece: [UInt8] = []
        var start = 0
        while start < input.count {
            try whileWorking()
            let end = min(start + pieceSize, input.count)
            piece.removeAll(keepingCapacity: true)
            compress(input.span.extracting(start..<end), into: &piece)
            output.append(contentsOf: piece[Varint.encodedLength(UInt64(end - start))...])
            start = end
        }
        return output
    }

    /// The count that the block's head promises, unproved.
    package static func decompressedCount(_ input: Span<UInt8>) throws(CorruptBytes) -> Int {
        var offset = 0
        guard let count = Varint.decode(input, at: &offset, end: input.count), count <= UInt64(UInt32.max) else {
            throw CorruptBytes("Snappy block", offset: 0, expected: "a 32-bit length at its head")
        }
        return Int(count)
    }

    package static func decompressedCount(_ input: [UInt8]) throws(CorruptBytes) -> Int {
        try decompressedCount(input.span)
    }

    /// Appends what the block holds, at most `limit` bytes.
    ///
    /// - Throws: when the block promises more than `limit` (nothing is allocated then) or is damaged; `output` is then as before.
    package static func decompress(
        _ input: Span<UInt8>, limit: Int, into output: inout [UInt8]
    ) throws(CorruptBytes) {
        let count = try decompressedCount(input)
        guard count <= limit else {
            throw CorruptBytes("Snappy block", offset: 0, expected: "at most \(limit) bytes inside, it promises \(count)")
        }
        // A copy element makes at most 64 bytes of two: a promise beyond that is a lie and gets no memory.
        guard count <= input.count * 64 else {
            throw CorruptBytes("Snappy block", offset: 0, expected: "fewer than \(count) bytes from \(input.count)")
        }
        let before = output.count
        if count > 0 {
            unsafe output.append(capacity: count) { unsafe decodeElements(input, into: $0) ? count : -1 }
        }
        try checkExact("Snappy block", count: count, before: before, output: &output)
        if count == 0, input.count != 1 {
            throw CorruptBytes("Snappy block", offset: 1, expected: "nothing after the length 0")
        }
    }

    /// Writes what the block holds over the head of a buffer that grows as needed and never shrinks; returns the count.
    ///
    /// For whoever takes one body after the other: nothing is cleared before it is overwritten.
    package static func decompress(
        _ input: Span<UInt8>, limit: Int, over buffer: inout [UInt8]
    ) throws(CorruptBytes) -> Int {
        let count = try decompressedCount(input)
        guard count > 0, count <= limit, count <= input.count * 64 else {
            // The general way words what is wrong.
            var plain: [UInt8] = []
            try decompress(input, limit: limit, into: &plain)
            buffer = plain
            return plain.count
        }
        if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
        let isGood = unsafe buffer.withUnsafeMutableBytes {
            unsafe decodeElements(input, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<count]))
        }
        guard isGood else {
            throw CorruptBytes("Snappy block", offset: 0, expected: "\(count) bytes inside")
        }
        return count
    }

    /// Fills the room with what the block holds; false when that is not exactly as much.
    private static func decodeElements(_ input: Span<UInt8>, into room: UnsafeMutableRawBufferPointer) -> Bool {
        var offset = 0
        // A 32-bit length takes at most five bytes.
        guard Varint.decode(input, at: &offset, end: input.count) != nil, offset <= 5, let target = room.baseAddress else { return false }
        return unsafe input.withUnsafeBufferPointer { source in
            unsafe csystem_snappy_decode(source.baseAddress! + offset, source.count - offset, target, room.count)
        }
    }

    package static func decompress(_ input: [UInt8], limit: Int) throws(CorruptBytes) -> [UInt8] {
        var output: [UInt8] = []
        try decompress(input.span, limit: limit, into: &output)
        return output
    }

    /// Appends exactly `count` bytes.
    package static func decompress(
        _ input: Span<UInt8>, count: Int, into output: inout [UInt8]
    ) throws(CorruptBytes) {
        guard try decompressedCount(input) == count else {
            throw CorruptBytes("Snappy block", offset: 0, expected: "\(count) bytes inside")
        }
        try decompress(input, limit: count, into: &output)
    }
}
