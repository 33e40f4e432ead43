private import CZlib

/// Gzip members (RFC 1952), as HTTP bodies carry them; several in a row count as one.
package enum Gzip {
    package static let defaultLevel = 6

    package static func compress(_ input: Span<UInt8>, level: Int = defaultLevel, into output: inout [UInt8]) {
        Deflate.compress(input, level: level, form: .gzip, into: &output)
    }

    package static func compress(_ input: [UInt8], level: Int = defaultLevel) -> [UInt8] {
        var output: [UInt8] = []
        compress(input.span, level: level, into: &output)
        return output
    }

    /// Appends what is inside, at most `limit` bytes; memory grows with what was really found.
    package static func decompress(
        _ input: Span<UInt8>, limit: Int, into output: inout [UInt8]
    ) throws(CorruptBytes) {
        try Deflate.decompress(input, limit: limit, form: .gzip, into: &output)
    }

    package static func decompress(_ input: [UInt8], limit: Int) throws(CorruptBytes) -> [UInt8] {
        var output: [UInt8] = []
        try decompress(input.span, limit: limit, into: &output)
        return output
    }
}

/// Zlib streams (RFC 1950), what HTTP calls "deflate". Some clients leave the wrapper out (RFC 1951), which is read too.
package enum Zlib {
    package static func compress(_ input: Span<UInt8>, level: Int = Gzip.defaultLevel, into output: inout [UInt8]) {
        Deflate.compress(input, level: level, form: .zlib, into: &output)
    }

    package static func compress(_ input: [UInt8], level: Int = Gzip.defaultLevel) -> [UInt8] {
        var output: [UInt8] = []
        compress(input.span, level: level, into: &output)
        return output
    }

    package static func decompress(
        _ input: Span<UInt8>, limit: Int, into output: inout [UInt8]
    ) throws(CorruptBytes) {
        try Deflate.decompress(input, limit: limit, form: hasWrapper(input) ? .zlib : .raw, into: &output)
    }

    package static func decompress(_ input: [UInt8], limit: Int) throws(CorruptBytes) -> [UInt8] {
        var output: [UInt8] = []
        try decompress(input.span, limit: limit, into: &output)
        return output
    }

    /// A wrapper names the method in four bits and makes the first two bytes a multiple of 31.
    private static func hasWrapper(_ input: Span<UInt8>) -> Bool {
        input.count < 2 || input[0] & 0x0f == 8 && (Int(input[0]) << 8 | Int(input[1])) % 31 == 0
    }
}

/// What the wrappers of a deflate stream share.
private enum Deflate {
    enum Form: String {
        case gzip = "gzip"
        case zlib = "zlib"
        case raw = "deflate"

        /// zlib's code for a wrapper around a window of 32 KB.
        var windowBits: Int32 {
            switch self {
            case .gzip: 15 + 16
            case .zlib: 15
            case .raw: -15
            }
        }
    }

    static func compress(_ input: Span<UInt8>, level: Int, form: Form, into output: inout [UInt8]) {
        precondition(input.count <= Int(UInt32.max), "one call compresses at most 4 GB")
        unsafe input.withUnsafeBufferPointer { source in
            var stream = unsafe z_stream()
            let status = unsafe czlib_deflate_init(&stream, Int32(level), form.windowBits)
            precondition(status == Z_OK, "zlib takes levels from 0 to 9")
            defer { unsafe _ = deflateEnd(&stream) }
            let bound = unsafe Int(deflateBound(&stream, UInt(source.count)))
            unsafe stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
            unsafe stream.avail_in = UInt32(source.count)
            unsafe output.append(capacity: bound) { room in
                unsafe stream.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe stream.avail_out = UInt32(room.count)
                let status = unsafe deflate(&stream, Z_FINISH)
                precondition(status == Z_STREAM_END, "zlib ends a stream that has room for its bound")
                return unsafe room.count - Int(stream.avail_out)
            }
        }
    }

    static func decompress(
        _ input: Span<UInt8>, limit: Int, form: Form, into output: inout [UInt8]
    ) throws(CorruptBytes) {
        let before = output.count
        var consumed = 0
        var failure: String?
        unsafe input.withUnsafeBufferPointer { source in
            guard source.count > 0, source.count <= Int(UInt32.max) else {
                failure = "between one byte and 4 GB"
                return
            }
            var stream = unsafe z_stream()
            guard unsafe czlib_inflate_init(&stream, form.windowBits) == Z_OK else {
                failure = "memory for a decoder"
                return
            }
            defer { unsafe _ = inflateEnd(&stream) }
            unsafe stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
            unsafe stream.avail_in = UInt32(source.count)
            var isDone = false
            while failure == nil && !isDone {
                let step = Swift.min(64 << 10, limit - (output.count - before) + 1)
                unsafe output.append(capacity: step) { room in
                    unsafe stream.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    unsafe stream.avail_out = UInt32(room.count)
                    let status = unsafe inflate(&stream, Z_NO_FLUSH)
                    let left = unsafe stream.avail_out
                    if status == Z_STREAM_END {
                        // Another member may follow at once.
                        if form == .gzip, unsafe stream.avail_in > 0 {
                            unsafe _ = inflateReset(&stream)
                        } else {
                            isDone = true
                        }
                    } else if status != Z_OK {
                        if unsafe stream.avail_in == 0 {
                            failure = "the rest of a stream that ends early"
                        } else {
                            failure = unsafe stream.msg.map { unsafe String(cString: $0) } ?? "a \(form.rawValue) stream"
                        }
                    } else if left > 0, unsafe stream.avail_in == 0 {
                        failure = "the rest of a stream that ends early"
                    }
                    return room.count - Int(left)
                }
                if output.count - before > limit { failure = "at most \(limit) bytes inside" }
            }
            consumed = unsafe source.count - Int(stream.avail_in)
            if failure == nil && consumed < source.count { failure = "nothing after its end" }
        }
        guard failure == nil else {
            output.removeLast(output.count - before)
            throw CorruptBytes("\(form.rawValue) stream", offset: consumed, expected: failure!)
        }
    }
}
