private import CLZMA

/// Streams of xz; what they need is written in them: 9 MB as packed by default.
@safe final class XZDecoder: MemberDecoder {
    private let stream: UnsafeMutablePointer<lzma_stream>

    init() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: lzma_stream())
    }

    deinit {
        unsafe lzma_end(stream)
        unsafe stream.deallocate()
    }

    func begin() -> Bool { unsafe lzma_stream_decoder(stream, UInt64(UnpackStream.memoryLimit), 0) == LZMA_OK }

    func step(_ input: UnsafeBufferPointer<UInt8>, _ room: UnsafeMutableRawBufferPointer) -> MemberStep {
        unsafe stream.pointee.next_in = input.baseAddress
        unsafe stream.pointee.avail_in = input.count
        unsafe stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = room.count
        let outcome: MemberStep.Outcome =
            switch unsafe lzma_code(stream, LZMA_RUN) {
            // The second of these says that two calls in a row moved nothing.
            case LZMA_OK, LZMA_BUF_ERROR: .more
            case LZMA_STREAM_END: .memberEnd
            case LZMA_MEM_ERROR: .failed("memory for a decoder")
            case LZMA_MEMLIMIT_ERROR: .failed("a dictionary of at most \(UnpackStream.memoryLimit >> 20) MB")
            case LZMA_FORMAT_ERROR: .failed("the beginning of a stream")
            case LZMA_OPTIONS_ERROR: .failed("filters that are known")
            default: .failed("a block with its checksum")
            }
        return unsafe MemberStep(used: input.count - stream.pointee.avail_in, written: room.count - stream.pointee.avail_out, outcome: outcome)
    }
}
