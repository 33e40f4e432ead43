private import CZSTD

/// Zstandard frames. Contexts are reused: each thread keeps one for each direction until it ends.
///
/// - Source: RFC 8878.
package enum ZSTD {
    package static let defaultLevel = 3

    /// Appends one frame that holds `input` and says how much that is.
    package static func compress(_ input: Span<UInt8>, level: Int = defaultLevel, into output: inout [UInt8]) {
        let bound = ZSTD_compressBound(input.count)
        unsafe input.withUnsafeBufferPointer { source in
            unsafe output.append(capacity: bound) { room in
                guard let context = unsafe czstd_thread_compressor() else { preconditionFailure("out of memory") }
                let written = unsafe ZSTD_compressCCtx(
                    context, room.baseAddress, room.count, source.baseAddress, source.count, Int32(level))
                precondition(ZSTD_isError(written) == 0, "zstd compresses everything that fits its room")
                return written
            }
        }
    }

    package static func compress(_ input: [UInt8], level: Int = defaultLevel) -> [UInt8] {
        var output: [UInt8] = []
        compress(input.span, level: level, into: &output)
        return output
    }

    /// Appends exactly `count` bytes from one frame, as `compress` makes it.
    ///
    /// - Throws: when the frame's head promises another count (nothing is allocated then) or the frame is damaged.
    package static func decompress(
        _ input: Span<UInt8>, count: Int, into output: inout [UInt8]
    ) throws(CorruptBytes) {
        let promised = unsafe input.withUnsafeBufferPointer { unsafe ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        guard promised == UInt64(count) else {
            throw CorruptBytes("zstd frame", offset: 0, expected: "a head that promises \(count) bytes")
        }
        let before = output.count
        unsafe input.withUnsafeBufferPointer { source in
            unsafe output.append(capacity: count) { room in
                guard let context = unsafe czstd_thread_decompressor() else { return -1 }
                let written = unsafe ZSTD_decompressDCtx(
                    context, room.baseAddress, room.count, source.baseAddress, source.count)
                return ZSTD_isError(written) == 0 ? written : -1
            }
        }
        try checkExact("zstd frame", count: count, before: before, output: &output)
    }

    package static func decompress(_ input: [UInt8], count: Int) throws(CorruptBytes) -> [UInt8] {
        var output: [UInt8] = []
        try decompress(input.span, count: count, into: &output)
        return output
    }

    /// Appends what the frames of a peer hold, at most `limit` bytes; memory grows with what was really found inside.
    package static func decompress(
        _ input: Span<UInt8>, limit: Int, into output: inout [UInt8]
    ) throws(CorruptBytes) {
        let before = output.count
        var consumed = 0
        var failure: String?
        var isFrameOpen = true
        unsafe input.withUnsafeBufferPointer { source in
            guard let context = unsafe czstd_thread_decompressor() else {
                failure = "memory for a decoder"
                return
            }
            unsafe ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
            // A frame's window is memory that the peer chooses; 8 MB is what every encoder's levels up to 19 stay below.
            unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 23)
            var from = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
            while failure == nil {
                let step = Swift.min(64 << 10, limit - (output.count - before) + 1)
                var filledWhole = false
                unsafe output.append(capacity: step) { room in
                    var to = unsafe ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                    let left = unsafe ZSTD_decompressStream(context, &to, &from)
                    if ZSTD_isError(left) != 0 {
                        failure = unsafe String(cString: ZSTD_getErrorName(left))
                    }
                    isFrameOpen = left != 0
                    filledWhole = unsafe to.pos == to.size
                    return unsafe to.pos
                }
                if output.count - before > limit { failure = "at most \(limit) bytes inside" }
                if unsafe from.pos == from.size && !(filledWhole && isFrameOpen) { break }
            }
            consumed = unsafe from.pos
        }
        if failure == nil && isFrameOpen { failure = "the rest of a frame that ends early" }
        guard failure == nil else {
            output.removeLast(output.count - before)
            throw CorruptBytes("zstd frame", offset: consumed, expected: failure!)
        }
    }

    package static func decompress(_ input: [UInt8], limit: Int) throws(CorruptBytes) -> [UInt8] {
        var output: [UInt8] = []
        try decompress(input.span, limit: limit, into: &output)
        return output
    }
}
