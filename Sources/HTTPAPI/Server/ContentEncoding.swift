import Bytes

/// Undoes `Content-Encoding`, bounded before anything is allocated.
enum ContentEncoding {
    /// Bytes that a decoded body may have.
    static let limit = 256 << 20

    static func decode(_ body: [UInt8], encoding: String?) throws(CorruptBytes) -> [UInt8] {
        switch encoding?.lowercased() {
        case "gzip", "x-gzip":
            var decoded: [UInt8] = []
            try Gzip.decompress(body.span, limit: limit, into: &decoded)
            return decoded
        default:
            // Snappy is named in the header by some clients and left out by others: the protobuf decoders undo it themselves.
            return body
        }
    }
}
