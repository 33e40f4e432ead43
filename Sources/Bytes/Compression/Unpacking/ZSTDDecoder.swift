private import CZSTD

/// Frames of zstd (RFC 8878); the window that they need is written in them: 8 MB and less as packed without `--long` or `--ultra`.
@safe final class ZSTDDecoder: MemberDecoder {
    private let context: OpaquePointer

    init?() {
        guard let made = unsafe ZSTD_createDCtx() else { return nil }
        unsafe context = made
        unsafe ZSTD_DCtx_setParameter(made, ZSTD_d_windowLogMax, Int32(UnpackStream.memoryLimit.trailingZeroBitCount))
    }

    deinit { unsafe ZSTD_freeDCtx(context) }

    func begin() -> Bool {
        unsafe ZSTD_isError(ZSTD_DCtx_reset(context, ZSTD_reset_session_only)) == 0
    }

    func step(_ input: UnsafeBufferPointer<UInt8>, _ room: UnsafeMutableRawBufferPointer) -> MemberStep {
        var from = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var to = unsafe ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
        let left = unsafe ZSTD_decompressStream(context, &to, &from)
        let outcome: MemberStep.Outcome =
            if ZSTD_isError(left) != 0 { .failed(unsafe String(cString: ZSTD_getErrorName(left))) } else if left == 0 { .memberEnd } else { .more }
        return unsafe MemberStep(used: from.pos, written: to.pos, outcome: outcome)
    }
}
