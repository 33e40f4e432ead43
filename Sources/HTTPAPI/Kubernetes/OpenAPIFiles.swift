import Bytes
import ClusterAPI
import Synchronization

/// The OpenAPI documents as files: made when first asked for, then kept, since kubectl asks with every `create` and `apply`.
enum OpenAPIFiles {
    struct File: Sendable {
        var contentType: String
        var bytes: [UInt8]
        var tag: String

        init(contentType: String, bytes: [UInt8]) {
            self.contentType = contentType
            self.bytes = bytes
            tag = "\"\(String(Hash64.hash(bytes), radix: 16))\""
        }
    }

    private static let kept = Mutex<[String: File]>([:])

    /// - Parameter path: the segments below `/openapi`; nil for what is not there.
    static func file(at path: [String], accept: String) -> File? {
        let isProtobuf = path == ["v2"] && accept.contains("proto-openapi")
        let key = path.joined(separator: "/") + (isProtobuf ? "#protobuf" : "")
        if let file = kept.withLock({ $0[key] }) { return file }
        guard let file = make(path, isProtobuf: isProtobuf) else { return nil }
        kept.withLock { $0[key] = file }
        return file
    }

    private static func make(_ path: [String], isProtobuf: Bool) -> File? {
        if path == ["v2"] {
            let document = OpenAPIv2Document().document()
            return isProtobuf
                ? File(contentType: OpenAPIv2Protobuf.mediaType, bytes: OpenAPIv2Protobuf.encode(document))
                : File(contentType: "application/json", bytes: document.bytes)
        }
        if path == ["v3"] { return File(contentType: "application/json", bytes: OpenAPIDocument().index().bytes) }
        guard path.first == "v3", let groupVersion = groupVersion(path.dropFirst()) else { return nil }
        return File(contentType: "application/json", bytes: OpenAPIDocument().document(for: groupVersion).bytes)
    }

    private static func groupVersion(_ path: ArraySlice<String>) -> GroupVersion? {
        let parts = Array(path)
        let groupVersion: GroupVersion
        switch (parts.first, parts.count) {
        case ("api", 2): groupVersion = GroupVersion(group: "", version: parts[1])
        case ("apis", 3): groupVersion = GroupVersion(group: parts[1], version: parts[2])
        default: return nil
        }
        return SchemaTable.standard.groupVersions.contains(groupVersion) ? groupVersion : nil
    }

    /// The answer to a request, with what lets clients keep it.
    static func response(to request: HTTPRequest) -> HTTPResponse {
        guard let file = file(at: Array(request.segments.dropFirst()), accept: request.headers["accept"] ?? "") else {
            return KubernetesAPI.failure(.unknownPath)
        }
        let isKnown = request.headers["if-none-match"]?.contains(file.tag) ?? false
        var response = isKnown ? HTTPResponse(status: 304) : HTTPResponse(contentType: file.contentType, body: file.bytes)
        response.fields["etag"] = file.tag
        response.fields["vary"] = "Accept"
        response.fields["cache-control"] = request.query["hash"] == nil ? "no-cache" : "public, max-age=31536000, immutable"
        return response
    }
}
