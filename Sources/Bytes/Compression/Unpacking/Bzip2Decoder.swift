private import CBzip2

/// Streams of bzip2, which need 3.7 MB: it unpacks blocks of up to 900 KB.
@safe final class Bzip2Decoder: MemberDecoder {
    // The library remembers where it lies.
    private let stream: UnsafeMutablePointer<bz_stream>
    private var isOpen = false

    init() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: bz_stream())
    }

    deinit {
        if isOpen { unsafe _ = BZ2_bzDecompressEnd(stream) }
        unsafe stream.deallocate()
    }

    func begin() -> Bool {
        if isOpen { unsafe _ = BZ2_bzDecompressEnd(stream) }
        unsafe stream.pointee = bz_stream()
        isOpen = unsafe BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK
        return isOpen
    }

    func step(_ input: UnsafeBufferPointer<UInt8>, _ room: UnsafeMutableRawBufferPointer) -> MemberStep {
        unsafe stream.pointee.next_in = input.baseAddress.map { unsafe UnsafeMutableRawPointer(mutating: $0).assumingMemoryBound(to: CChar.self) }
        unsafe stream.pointee.avail_in = UInt32(clamping: input.count)
        unsafe stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: CChar.self)
        unsafe stream.pointee.avail_out = UInt32(clamping: room.count)
        let (given, free) = unsafe (stream.pointee.avail_in, stream.pointee.avail_out)
        let outcome: MemberStep.Outcome =
            switch unsafe BZ2_bzDecompress(stream) {
            case BZ_OK: .more
            case BZ_STREAM_END: .memberEnd
            case BZ_MEM_ERROR: .failed("memory for a decoder")
            case BZ_DATA_ERROR_MAGIC: .failed("the beginning of a stream")
            default: .failed("a block with its checksum")
            }
        return unsafe MemberStep(used: Int(given - stream.pointee.avail_in), written: Int(free - stream.pointee.avail_out), outcome: outcome)
    }
}
