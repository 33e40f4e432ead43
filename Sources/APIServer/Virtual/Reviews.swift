import Bytes
import ClusterAPI

/// Questions that are asked by creating an object which is never stored: who am I, and may I?
///
/// Whoever has come this far was let in by the authorizer, and there are no roles: the answer to "may I" is yes.
enum Reviews {
    static func answer(_ request: APIRequest, _ table: SchemaTable) throws(StatusError) -> APIResponse? {
        let groups = ["authorization.k8s.io", "authentication.k8s.io"]
        guard groups.contains(request.resource.group), request.subresource.isEmpty, let kind = table.kind(request.resource) else { return nil }
        guard request.verb == .create else { throw .methodNotAllowed(request.resource, request.verb.name) }
        var review = try ObjectDecoder.decode(request.body, as: kind, validation: request.options.fieldValidation, table: table).object
        switch request.resource.plural {
        case "selfsubjectaccessreviews": review["status"] = ["allowed": true]
        case "selfsubjectrulesreviews":
            review["status"] = [
                "resourceRules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]],
                "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]], "incomplete": false,
            ]
        case "selfsubjectreviews": review["status"] = ["userInfo": userInfo(request.user)]
        default: throw .unknownPath
        }
        return APIResponse(code: 201, body: review.bytes)
    }

    private static func userInfo(_ user: UserIdentity) -> JSONValue {
        var members = JSONObject([("username", .string(user.name))])
        if !user.uid.isEmpty { members["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { members["groups"] = .array(user.groups.map(JSONValue.string)) }
        if !user.extra.isEmpty {
            let sorted = user.extra.sorted { $0.key < $1.key }
            members["extra"] = .object(JSONObject(sorted.map { ($0.key, .array($0.value.map(JSONValue.string))) }))
        }
        return .object(members)
    }
}
