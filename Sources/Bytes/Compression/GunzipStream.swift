private import CZlib

/// Unpacks gzip members (RFC 1952) piece by piece: what comes out of a large file is never in memory as a whole.
@safe package struct GunzipStream: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether everything that was fed so far ended with a member: the file may end here.
    package private(set) var isAtMemberEnd = true

    /// - Throws: when there is no memory for a decoder.
    package init() throws(CorruptBytes) {
        let made = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe made.initialize(to: z_stream())
        // 15 is a window of 32 KB, 16 more zlib's code for the gzip wrapper.
        guard unsafe czlib_inflate_init(made, 15 + 16) == Z_OK else {
            unsafe made.deallocate()
            throw CorruptBytes("gzip stream", offset: 0, expected: "memory for a decoder")
        }
        unsafe stream = made
    }

    deinit {
        unsafe _ = inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Appends what is inside the input, at most `limit` bytes; returns how many bytes of the input were used.
    ///
    /// - Invariant: it uses input or appends output whenever there is input and the limit is above zero.
    package mutating func decode(_ input: Span<UInt8>, limit: Int, into output: inout [UInt8]) throws(CorruptBytes) -> Int {
        if input.isEmpty || limit <= 0 { return 0 }
        var failure: String?
        var used = 0
        var atEnd = isAtMemberEnd
        let stream = unsafe stream
        unsafe input.withUnsafeBufferPointer { source in
            unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
            unsafe stream.pointee.avail_in = UInt32(clamping: source.count)
            unsafe output.append(capacity: limit) { room in
                unsafe stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe stream.pointee.avail_out = UInt32(clamping: room.count)
                while failure == nil, unsafe stream.pointee.avail_in > 0, unsafe stream.pointee.avail_out > 0 {
                    // Another member may follow at once.
                    if atEnd { unsafe _ = inflateReset(stream) }
                    let status = unsafe inflate(stream, Z_NO_FLUSH)
                    atEnd = status == Z_STREAM_END
                    if status != Z_OK && status != Z_STREAM_END {
                        failure = unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "a gzip stream"
                    }
                }
                return unsafe room.count - Int(stream.pointee.avail_out)
            }
            used = unsafe source.count - Int(stream.pointee.avail_in)
        }
        isAtMemberEnd = atEnd
        if let failure { throw CorruptBytes("gzip stream", offset: used, expected: failure) }
        return used
    }
}
