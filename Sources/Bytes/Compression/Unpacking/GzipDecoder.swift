private import CZlib

/// Members of gzip (RFC 1952) by zlib, which needs 40 KB.
@safe final class GzipDecoder: MemberDecoder {
    // zlib remembers where it lies.
    private let stream: UnsafeMutablePointer<z_stream>

    init?() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // 15 is a window of 32 KB, 16 more zlib's code for the gzip wrapper.
        if unsafe czlib_inflate_init(stream, 15 + 16) != Z_OK {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        unsafe _ = inflateEnd(stream)
        unsafe stream.deallocate()
    }

    func begin() -> Bool { unsafe inflateReset(stream) == Z_OK }

    func step(_ input: UnsafeBufferPointer<UInt8>, _ room: UnsafeMutableRawBufferPointer) -> MemberStep {
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = UInt32(clamping: input.count)
        unsafe stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = UInt32(clamping: room.count)
        let (given, free) = unsafe (stream.pointee.avail_in, stream.pointee.avail_out)
        let outcome: MemberStep.Outcome =
            switch unsafe inflate(stream, Z_NO_FLUSH) {
            case Z_OK, Z_BUF_ERROR: .more
            case Z_STREAM_END: .memberEnd
            default: .failed(unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "gzip")
            }
        return unsafe MemberStep(used: Int(given - stream.pointee.avail_in), written: Int(free - stream.pointee.avail_out), outcome: outcome)
    }
}
