import Bytes
import Wire

/// Undoes `Content-Encoding`, bounded before anything is allocated.
enum ContentEncoding {
    /// - Parameter leavesSnappy: Snappy is named in the header by some clients and left out by others; decoders of protobuf bodies that are
    ///   always compressed so undo it themselves.
    /// - Throws: `unsupported` for an encoding that is none of ours.
    static func decode(_ request: HTTPRequest, leavesSnappy: Bool = false, limits: WireLimits = WireLimits()) throws(WireError) -> [UInt8] {
        guard let header = request.headers["content-encoding"] else { return request.body }
        let name = header.lowercased().filter { !$0.isWhitespace }
        guard let encoding = WireEncoding(contentEncoding: name == "x-gzip" ? "gzip" : name) else {
            throw WireError(.unsupported, "cannot take a body encoded as \"\(header)\": send gzip, snappy, zstd, deflate or none")
        }
        if encoding == .snappy, leavesSnappy { return request.body }
        return try WireCompression.decompress(request.body, encoding, limits: limits)
    }
}

extension HTTPResponse {
    /// The refusal of a body that cannot be taken at all.
    init(_ error: WireError) {
        let status =
            switch error.code {
            case .malformed: 400
            case .tooLarge: 413
            case .unsupported: 415
            }
        self = .text(status, error.description + "\n")
    }
}
