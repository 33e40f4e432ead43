import Bytes

/// How a body came over the wire.
package enum WireEncoding: String, Sendable, CaseIterable {
    case identity
    case gzip
    case snappy
    case zstd
    case deflate

    /// The value of a `Content-Encoding` header; nil when it is none of ours.
    package init?(contentEncoding: String) {
        let name = contentEncoding.lowercased()
        if name.isEmpty { self = .identity } else { self.init(rawValue: name) }
    }
}

/// Decompression of bodies under `WireLimits`.
package enum WireCompression {
    /// The plain body. - Throws: `tooLarge` over the limit, `malformed` when damaged.
    package static func decompress(_ body: [UInt8], _ encoding: WireEncoding, limits: WireLimits) throws(WireError) -> [UInt8] {
        if encoding == .identity {
            guard body.count <= limits.decompressedBytes else { throw tooLarge(limits) }
            return body
        }
        var plain: [UInt8] = []
        if encoding == .snappy {
            try decompressSnappy(body.span, limits: limits, into: &plain)
            return plain
        }
        // One byte more than the limit tells "too large" from "damaged".
        let limit = limits.decompressedBytes + 1
        do throws(CorruptBytes) {
            switch encoding {
            case .gzip: try Gzip.decompress(body.span, limit: limit, into: &plain)
            case .zstd: try ZSTD.decompress(body.span, limit: limit, into: &plain)
            default: try Zlib.decompress(body.span, limit: limit, into: &plain)
            }
        } catch {
            if error.expected.hasPrefix("at most \(limit) ") { throw tooLarge(limits) }
            throw WireError(error, in: "\(encoding.rawValue) body")
        }
        guard plain.count <= limits.decompressedBytes else { throw tooLarge(limits) }
        return plain
    }

    static func decompressSnappy(_ body: Span<UInt8>, limits: WireLimits, into plain: inout [UInt8]) throws(WireError) {
        try checkSnappyLength(body, limits)
        do throws(CorruptBytes) {
            try Snappy.decompress(body, limit: limits.decompressedBytes, into: &plain)
        } catch {
            throw WireError(error, in: "snappy body")
        }
    }

    /// The body over the head of a buffer that is kept from one body to the next; returns its count.
    static func decompressSnappy(_ body: Span<UInt8>, limits: WireLimits, over buffer: inout [UInt8]) throws(WireError) -> Int {
        try checkSnappyLength(body, limits)
        do throws(CorruptBytes) {
            return try Snappy.decompress(body, limit: limits.decompressedBytes, over: &buffer)
        } catch {
            throw WireError(error, in: "snappy body")
        }
    }

    private static func checkSnappyLength(_ body: Span<UInt8>, _ limits: WireLimits) throws(WireError) {
        do throws(CorruptBytes) {
            if try Snappy.decompressedCount(body) > limits.decompressedBytes {
                throw CorruptBytes("body", offset: 0, expected: "")
            }
        } catch {
            if error.expected.isEmpty { throw tooLarge(limits) }
            throw WireError(error, in: "snappy body")
        }
    }

    private static func tooLarge(_ limits: WireLimits) -> WireError {
        WireError(.tooLarge, "cannot take the body: more than \(limits.decompressedBytes) bytes when decompressed")
    }
}
