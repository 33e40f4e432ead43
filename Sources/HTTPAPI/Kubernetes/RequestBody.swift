import Bytes
import ClusterAPI
import Documents

/// Bodies of requests in their media types, as JSON.
enum RequestBody {
    static func mediaType(_ request: HTTPRequest) -> String {
        // kubectl sends a PUT of a scale without a type: JSON is meant.
        let header = request.headers["content-type"] ?? "application/json"
        return String(header.split(separator: ";").first ?? "").lowercased().filter { !$0.isWhitespace }
    }

    /// JSON, YAML, or Kubernetes' protobuf envelope.
    static func json(_ request: HTTPRequest) throws(StatusError) -> [UInt8] {
        switch mediaType(request) {
        case "application/json", "": return request.body
        case "application/yaml": return try yamlOrJSON(request.body)
        case "application/vnd.kubernetes.protobuf": return try ProtobufBody.decode(request.body).json.bytes
        default:
            throw .unsupportedMediaType(["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"])
        }
    }

    static func yamlOrJSON(_ body: [UInt8]) throws(StatusError) -> [UInt8] {
        do throws(DocumentError) {
            return try DocumentParser().document(String(decoding: body, as: UTF8.self)).json.bytes
        } catch {
            throw .badRequest("error decoding the body: \(error)")
        }
    }
}

/// Query parameters and DeleteOptions as request options.
enum RequestParameters {
    static func flag(_ query: QueryParameters, _ name: String) -> Bool {
        switch query[name] {
        case nil, "false", "0": false
        default: true
        }
    }

    /// The options of a request's query, checked as Kubernetes checks them.
    static func options(_ request: HTTPRequest) throws(StatusError) -> RequestOptions {
        let query = request.query
        var options = RequestOptions()
        do throws(SelectorError) {
            if let text = query["labelSelector"] { options.labelSelector = try LabelRequirements(parsing: text) }
            if let text = query["fieldSelector"] { options.fieldSelector = try FieldSelector(parsing: text) }
        } catch {
            throw .badRequest("\(error)")
        }
        if let text = query["limit"], !text.isEmpty {
            guard let limit = Int(text), limit >= 0 else { throw .badRequest("limit: invalid value \"\(text)\"") }
            options.limit = limit == 0 ? nil : limit
        }
        options.continueToken = query["continue"].flatMap { $0.isEmpty ? nil : $0 }
        options.resourceVersion = query["resourceVersion"] ?? ""
        options.resourceVersionMatch = query["resourceVersionMatch"].flatMap { $0.isEmpty ? nil : $0 }
        options.force = flag(query, "force")
        try readWriteOptions(request, into: &options)
        if let text = query["gracePeriodSeconds"], !text.isEmpty {
            guard let seconds = Int64(text) else { throw .badRequest("gracePeriodSeconds: invalid value \"\(text)\"") }
            options.gracePeriodSeconds = seconds
        }
        if let text = query["propagationPolicy"], !text.isEmpty { options.propagationPolicy = try policy(text) }
        if flag(query, "orphanDependents") { options.propagationPolicy = .orphan }
        return options
    }

    private static func readWriteOptions(_ request: HTTPRequest, into options: inout RequestOptions) throws(StatusError) {
        var errors: [FieldError] = []
        if let text = request.query["fieldManager"], !text.isEmpty {
            if text.utf8.count > managerLimit { errors.append(.tooLong("fieldManager", limit: managerLimit)) }
            if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
                errors.append(.invalid("fieldManager", text: text, "should only contain printable characters"))
            }
            options.fieldManager = text
        }
        if let text = request.query["fieldValidation"], !text.isEmpty {
            if let validation = RequestOptions.FieldValidation(rawValue: text) {
                options.fieldValidation = validation
            } else {
                errors.append(.notSupported("fieldValidation", text: text, ["Ignore", "Strict", "Warn"]))
            }
        }
        let dryRun = request.query.values("dryRun").filter { !$0.isEmpty }
        errors += dryRun.filter { $0 != "All" }.map { .notSupported("dryRun", text: $0, ["All"]) }
        options.isDryRun = dryRun.contains("All")
        guard !errors.isEmpty else { return }
        let kind =
            switch request.method {
            case .post: "CreateOptions"
            case .put: "UpdateOptions"
            case .patch: "PatchOptions"
            case .delete: "DeleteOptions"
            default: "ListOptions"
            }
        // Who only reads is not asked how it would write.
        if kind != "ListOptions" { throw .invalid(optionsKind(kind), "", errors) }
    }

    /// - Source: Kubernetes `meta/v1/validation.FieldManagerMaxLength`.
    private static let managerLimit = 128

    static func optionsKind(_ kind: String) -> GroupVersionKind { GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: kind) }

    /// Who writes, where the client does not say: the program's name.
    ///
    /// - Source: Kubernetes `endpoints/handlers.managerOrUserAgent`.
    static func manager(of request: HTTPRequest) -> String? {
        guard let agent = request.headers["user-agent"]?.split(separator: "/", maxSplits: 1).first else { return nil }
        let name = String(String.UnicodeScalarView(agent.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(managerLimit)))
        return name.isEmpty ? nil : name
    }

    private static func policy(_ text: String) throws(StatusError) -> RequestOptions.PropagationPolicy {
        guard let policy = RequestOptions.PropagationPolicy(rawValue: text) else {
            throw .invalid(
                optionsKind("DeleteOptions"), "", [.notSupported("propagationPolicy", text: text, ["Background", "Foreground", "Orphan", "nil"])])
        }
        return policy
    }

    static func readDeleteOptions(_ body: [UInt8], into options: inout RequestOptions) throws(StatusError) {
        let document: JSONValue
        do throws(JSONError) { document = try JSONValue.parse(body) } catch { throw .badRequest("cannot read DeleteOptions: \(error)") }
        guard case .object = document else { throw .badRequest("cannot read DeleteOptions: they are an object") }
        if let kind = document["kind"]?.stringValue, !kind.isEmpty, kind != "DeleteOptions" {
            throw .badRequest("\(kind) cannot be handled as a DeleteOptions")
        }
        if let seconds = document["gracePeriodSeconds"]?.int64Value { options.gracePeriodSeconds = seconds }
        if let text = document["propagationPolicy"]?.stringValue, !text.isEmpty { options.propagationPolicy = try policy(text) }
        if document["orphanDependents"]?.boolValue == true {
            guard document["propagationPolicy"]?.stringValue?.isEmpty ?? true else {
                throw .invalid(
                    optionsKind("DeleteOptions"), "",
                    [.invalid("propagationPolicy", text: document["propagationPolicy"]?.stringValue ?? "",
                        "orphanDependents and deletionPropagation cannot be both set")])
            }
            options.propagationPolicy = .orphan
        }
        options.preconditionUID = document["preconditions"]?["uid"]?.stringValue
        options.preconditionResourceVersion = document["preconditions"]?["resourceVersion"]?.stringValue
        let dryRun = (document["dryRun"]?.arrayValue ?? []).compactMap(\.stringValue)
        if let other = dryRun.first(where: { $0 != "All" }) {
            throw .invalid(optionsKind("DeleteOptions"), "", [.notSupported("dryRun", text: other, ["All"])])
        }
        if dryRun.contains("All") { options.isDryRun = true }
    }
}
