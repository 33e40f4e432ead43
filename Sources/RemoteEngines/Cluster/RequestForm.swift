import Bytes
import ClusterAPI
import Environment

/// Requests of the API as HTTP writes them: path, query, media type, body.
///
/// - Source: Kubernetes API concepts, "Resource URIs"; the parameters are those of ListOptions, CreateOptions, PatchOptions and DeleteOptions.
struct RequestForm {
    private let base: String
    private let timeout: Duration

    /// Answers over this are refused instead of filling the memory.
    private static let bodyLimit = 256 << 20

    init(base: String, timeout: Duration) {
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.timeout = timeout
    }

    func request(_ call: APIRequest) throws(StatusError) -> FetchRequest {
        let path = try path(call.resource, call.version, namespace: call.namespace, name: call.name, subresource: call.subresource)
        let options = call.options
        var query: [(String, String)] = []
        switch call.verb {
        case .get:
            if !options.resourceVersion.isEmpty { query.append(("resourceVersion", options.resourceVersion)) }
        case .list, .deleteCollection: query = Self.selection(options)
        case .create, .update, .patch:
            if let manager = options.fieldManager { query.append(("fieldManager", manager)) }
            // What the server takes when nothing is said needs no word.
            if options.fieldValidation != .warn { query.append(("fieldValidation", options.fieldValidation.rawValue)) }
            if options.isDryRun { query.append(("dryRun", "All")) }
            if case .patch(.apply) = call.verb, options.force { query.append(("force", "true")) }
        case .delete: break
        }
        let (method, mediaType): (String, String) =
            switch call.verb {
            case .get, .list: ("GET", "")
            case .create: ("POST", "application/json")
            case .update: ("PUT", "application/json")
            case .patch(let type): ("PATCH", type.rawValue)
            case .delete, .deleteCollection: ("DELETE", "application/json")
            }
        let body = method == "DELETE" ? Self.deleteOptions(options) : call.body
        var headers = [(name: "accept", value: "application/json")]
        if !body.isEmpty, !mediaType.isEmpty { headers.append((name: "content-type", value: mediaType)) }
        return FetchRequest(
            method, URLText.join(base + path, query), headers: headers, body: body, timeout: timeout, bodyLimit: Self.bodyLimit)
    }

    func watch(_ call: WatchRequest, timeoutSeconds: Int) throws(StatusError) -> FetchRequest {
        let path = try path(call.resource, call.version, namespace: call.namespace, name: nil, subresource: "")
        var query = Self.selection(call.options)
        query.append(("watch", "true"))
        if call.allowsBookmarks { query.append(("allowWatchBookmarks", "true")) }
        if call.sendsInitialEvents {
            query.append(("sendInitialEvents", "true"))
            // The parameter that Kubernetes demands beside it.
            if call.options.resourceVersionMatch == nil { query.append(("resourceVersionMatch", "NotOlderThan")) }
        }
        query.append(("timeoutSeconds", "\(timeoutSeconds)"))
        return FetchRequest(
            "GET", URLText.join(base + path, query), headers: [(name: "accept", value: "application/json")], timeout: timeout)
    }

    private func path(
        _ resource: Resource, _ version: String, namespace: String?, name: String?, subresource: String
    ) throws(StatusError) -> String {
        var version = version
        if version.isEmpty {
            guard let kind = SchemaTable.standard.kind(resource) else { throw .unknownPath }
            version = kind.groupVersion.version
        }
        var segments: [String] = []
        if let namespace, !namespace.isEmpty { segments += ["namespaces", namespace] }
        segments.append(resource.plural)
        if let name { segments.append(name) }
        if !subresource.isEmpty { segments.append(subresource) }
        return "/" + GroupVersion(group: resource.group, version: version).path + "/"
            + segments.map(URLText.escape).joined(separator: "/")
    }

    private static func selection(_ options: RequestOptions) -> [(String, String)] {
        var query: [(String, String)] = []
        if !options.labelSelector.isEmpty { query.append(("labelSelector", options.labelSelector.description)) }
        if !options.fieldSelector.isEmpty { query.append(("fieldSelector", options.fieldSelector.description)) }
        if let limit = options.limit { query.append(("limit", "\(limit)")) }
        if let token = options.continueToken { query.append(("continue", token)) }
        if !options.resourceVersion.isEmpty { query.append(("resourceVersion", options.resourceVersion)) }
        if let match = options.resourceVersionMatch { query.append(("resourceVersionMatch", match)) }
        return query
    }

    /// Empty when nothing is asked beyond the deletion itself.
    private static func deleteOptions(_ options: RequestOptions) -> [UInt8] {
        var body = JSONObject([("kind", "DeleteOptions"), ("apiVersion", "v1")])
        let plain = body.count
        if let seconds = options.gracePeriodSeconds { body.set("gracePeriodSeconds", .number(seconds)) }
        if let policy = options.propagationPolicy { body.set("propagationPolicy", .string(policy.rawValue)) }
        var preconditions = JSONObject()
        if let uid = options.preconditionUID { preconditions.set("uid", .string(uid)) }
        if let version = options.preconditionResourceVersion { preconditions.set("resourceVersion", .string(version)) }
        if preconditions.count > 0 { body.set("preconditions", .object(preconditions)) }
        if options.isDryRun { body.set("dryRun", ["All"]) }
        return body.count == plain ? [] : JSONValue.object(body).bytes
    }
}

/// Text in URLs.
enum URLText {
    static func join(_ url: String, _ query: [(String, String)]) -> String {
        if query.isEmpty { return url }
        return url + "?" + query.map { "\(escape($0.0))=\(escape($0.1))" }.joined(separator: "&")
    }

    /// - Source: RFC 3986 section 2.3: all but the unreserved characters are escaped.
    static func escape(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: escaped.append(byte)
            default: escaped += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
