private import CLZ4

/// LZ4 blocks (not frames): they carry no size, so whoever stores one stores its count beside it.
///
/// - Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
package enum LZ4 {
    /// The most that one block may hold.
    package static let maximumCount = Int(LZ4_MAX_INPUT_SIZE)

    /// Appends the compressed form of `input`; each step of `acceleration` above 1 costs a little of the ratio and saves time.
    package static func compress(_ input: Span<UInt8>, acceleration: Int = 1, into output: inout [UInt8]) {
        precondition(input.count <= maximumCount, "an LZ4 block holds at most \(maximumCount) bytes")
        let bound = Int(LZ4_compressBound(Int32(input.count)))
        unsafe input.withUnsafeBufferPointer { source in
            unsafe output.append(capacity: bound) { room in
                let from = unsafe UnsafeRawPointer(source.baseAddress)?.assumingMemoryBound(to: CChar.self)
                let to = unsafe room.baseAddress?.assumingMemoryBound(to: CChar.self)
                return unsafe Int(LZ4_compress_fast(from, to, Int32(source.count), Int32(room.count), Int32(acceleration)))
            }
        }
    }

    package static func compress(_ input: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        compress(input.span, into: &output)
        return output
    }

    /// Appends exactly `count` bytes.
    ///
    /// - Throws: when the block is damaged or does not hold `count` bytes; `output` is then as before.
    package static func decompress(
        _ input: Span<UInt8>, count: Int, into output: inout [UInt8]
    ) throws(CorruptBytes) {
        guard count >= 0, count <= maximumCount, input.count <= Int(Int32.max) else {
            throw CorruptBytes("LZ4 block", offset: 0, expected: "at most \(maximumCount) bytes, not \(count)")
        }
        // A match element makes at most 255 bytes of one: a promise beyond that is a lie and gets no memory.
        guard count / 255 <= input.count else {
            throw CorruptBytes("LZ4 block", offset: 0, expected: "fewer than \(count) bytes from \(input.count)")
        }
        let before = output.count
        unsafe input.withUnsafeBufferPointer { source in
            unsafe output.append(capacity: count) { room in
                let from = unsafe UnsafeRawPointer(source.baseAddress)?.assumingMemoryBound(to: CChar.self)
                let to = unsafe room.baseAddress?.assumingMemoryBound(to: CChar.self)
                guard count > 0 else { return source.isEmpty ? -1 : 0 }
                return unsafe Int(LZ4_decompress_safe(from, to, Int32(source.count), Int32(room.count)))
            }
        }
        try checkExact("LZ4 block", count: count, before: before, output: &output)
    }

    package static func decompress(_ input: [UInt8], count: Int) throws(CorruptBytes) -> [UInt8] {
        var output: [UInt8] = []
        try decompress(input.span, count: count, into: &output)
        return output
    }
}

/// Takes back what was appended when it is not the promised count.
func checkExact(_ what: String, count: Int, before: Int, output: inout [UInt8]) throws(CorruptBytes) {
    let found = output.count - before
    guard found == count else {
        output.removeLast(found)
        throw CorruptBytes(what, offset: 0, expected: "\(count) bytes inside, found \(found) or damage")
    }
}
