/// One request with its whole body, as routes see it.
package struct HTTPRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET", head = "HEAD", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE", options = "OPTIONS"
    }

    package var method: Method
    /// Percent-decoded segments of the path, without empty ones.
    package var segments: [String]
    /// The path as sent, without the query.
    package var path: String
    package var query: QueryParameters
    package var headers: HTTPFields
    package var body: [UInt8]
    /// Numeric address of the peer.
    package var peer: String

    package init(
        method: Method, target: String, headers: HTTPFields = HTTPFields(), body: [UInt8] = [], peer: String = ""
    ) {
        self.method = method
        self.headers = headers
        self.body = body
        self.peer = peer
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        query = QueryParameters(parts.count > 1 ? parts[1] : "")
        segments = path.split(separator: "/").map { PercentEncoding.decode($0.utf8, plusIsSpace: false) }
    }

    /// The parameters of a form body, then those of the query: Prometheus and Loki clients may send either, and what the body says wins, as it
    /// does in Go's `Request.Form`.
    package var parameters: QueryParameters {
        guard method == .post || method == .put, let type = headers["content-type"],
            type.lowercased().hasPrefix("application/x-www-form-urlencoded")
        else { return query }
        var all = QueryParameters(String(decoding: body, as: UTF8.self)[...])
        all.append(query)
        return all
    }
}

/// Header fields in the order they came; names compare without case.
package struct HTTPFields: Sendable {
    package private(set) var all: [(name: String, value: String)] = []

    package init() {}

    package init(_ fields: [(name: String, value: String)]) { all = fields }

    /// The first value of a name.
    package subscript(name: String) -> String? {
        get { all.first { Self.isSame($0.name, name) }?.value }
        set {
            all.removeAll { Self.isSame($0.name, name) }
            if let newValue { all.append((name, newValue)) }
        }
    }

    package mutating func add(_ name: String, _ value: String) { all.append((name, value)) }

    package func values(_ name: String) -> [String] { all.filter { Self.isSame($0.name, name) }.map(\.value) }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && zip(left.utf8, right.utf8).allSatisfy { ($0 | 0x20) == ($1 | 0x20) }
    }
}

/// Decoded `name=value` pairs; a name may come several times.
package struct QueryParameters: Sendable {
    package private(set) var pairs: [(name: String, value: String)] = []
    /// Values that are not UTF-8, as they came; in `pairs` they are repaired.
    package private(set) var malformed: [(name: String, bytes: [UInt8])] = []
    /// The first "%" that two hexadecimal digits do not follow, with what does; it stands for itself in the values.
    package private(set) var brokenEscape: String?

    package init() {}

    package init(_ text: Substring) {
        brokenEscape = PercentEncoding.firstBrokenEscape(text.utf8)
        for piece in text.utf8.split(separator: UInt8(ascii: "&")) {
            let equals = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
            let name = PercentEncoding.decode(piece[..<equals], plusIsSpace: true)
            let bytes = equals == piece.endIndex ? [] : PercentEncoding.bytes(piece[piece.index(after: equals)...], plusIsSpace: true)
            let value = String(decoding: bytes, as: UTF8.self)
            if value.utf8.count != bytes.count || !value.utf8.elementsEqual(bytes) { malformed.append((name, bytes)) }
            pairs.append((name, value))
        }
    }

    /// The first value, also an empty one; nil when the name is not there.
    package subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    package func values(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    package mutating func append(_ other: QueryParameters) {
        pairs += other.pairs
        malformed += other.malformed
        brokenEscape = brokenEscape ?? other.brokenEscape
    }
}

/// Percent decoding as RFC 3986 and HTML forms have it.
enum PercentEncoding {
    static func decode(_ bytes: some Sequence<UInt8>, plusIsSpace: Bool) -> String {
        String(decoding: self.bytes(bytes, plusIsSpace: plusIsSpace), as: UTF8.self)
    }

    /// What stands where an escape should: up to three characters.
    static func firstBrokenEscape(_ text: Substring.UTF8View) -> String? {
        func isDigit(_ byte: UInt8) -> Bool { Character(Unicode.Scalar(byte)).isHexDigit }
        var rest = text
        while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
            let piece = rest[percent...].prefix { $0 != UInt8(ascii: "&") && $0 != UInt8(ascii: "=") }.prefix(3)
            guard piece.count == 3, piece.dropFirst().allSatisfy(isDigit) else { return String(decoding: piece, as: UTF8.self) }
            rest = rest[piece.endIndex...]
        }
        return nil
    }

    static func bytes(_ bytes: some Sequence<UInt8>, plusIsSpace: Bool) -> [UInt8] {
        var output: [UInt8] = []
        var pending: [UInt8] = []
        func digit(_ byte: UInt8) -> UInt8? {
            switch byte {
            case 0x30...0x39: byte - 0x30
            case 0x41...0x46: byte - 0x41 + 10
            case 0x61...0x66: byte - 0x61 + 10
            default: nil
            }
        }
        for byte in bytes {
            if !pending.isEmpty {
                pending.append(byte)
                if pending.count == 3 {
                    if let high = digit(pending[1]), let low = digit(pending[2]) { output.append(high << 4 | low) } else { output += pending }
                    pending = []
                }
            } else if byte == UInt8(ascii: "%") {
                pending = [byte]
            } else {
                output.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return output + pending
    }
}
