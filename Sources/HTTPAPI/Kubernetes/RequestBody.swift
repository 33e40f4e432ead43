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

    static func options(_ query: QueryParameters) throws(StatusError) -> RequestOptions {
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
        options.fieldManager = query["fieldManager"].flatMap { $0.isEmpty ? nil : $0 }
        if let text = query["fieldValidation"], !text.isEmpty {
            guard let validation = RequestOptions.FieldValidation(rawValue: text) else {
                throw .badRequest("fieldValidation: Unsupported value: \"\(text)\": supported values: \"Ignore\", \"Warn\", \"Strict\"")
            }
            options.fieldValidation = validation
        }
        options.isDryRun = query.values("dryRun").contains("All")
        options.force = flag(query, "force")
        if let text = query["gracePeriodSeconds"], !text.isEmpty { options.gracePeriodSeconds = Int64(text) }
        if let text = query["propagationPolicy"] { options.propagationPolicy = .init(rawValue: text) }
        return options
    }

    static func readDeleteOptions(_ body: [UInt8], into options: inout RequestOptions) throws(StatusError) {
        let document: JSONValue
        do throws(JSONError) { document = try JSONValue.parse(body) } catch { throw .badRequest("cannot read DeleteOptions: \(error)") }
        if let seconds = document["gracePeriodSeconds"]?.int64Value { options.gracePeriodSeconds = seconds }
        if let text = document["propagationPolicy"]?.stringValue {
            guard let policy = RequestOptions.PropagationPolicy(rawValue: text) else {
                throw .badRequest("propagationPolicy: Unsupported value: \"\(text)\": supported values: \"Orphan\", \"Background\", \"Foreground\"")
            }
            options.propagationPolicy = policy
        }
        if document["orphanDependents"]?.boolValue == true { options.propagationPolicy = .orphan }
        options.preconditionUID = document["preconditions"]?["uid"]?.stringValue
        options.preconditionResourceVersion = document["preconditions"]?["resourceVersion"]?.stringValue
        if (document["dryRun"]?.arrayValue ?? []).contains(.string("All")) { options.isDryRun = true }
    }
}
