import Bytes
import ClusterAPI

/// Questions that are asked by creating an object which is never stored: who am I, and may I?
///
/// There are no roles: the answer to "may I" is what the authorizer says.
enum Reviews {
    static func answer(
        _ request: APIRequest, _ table: SchemaTable, _ authorize: (UserIdentity, APIRequest) -> String?, _ context: RequestContext
    ) throws(StatusError) -> APIResponse? {
        let groups = ["authorization.k8s.io", "authentication.k8s.io"]
        guard groups.contains(request.resource.group), request.subresource.isEmpty, table.kind(request.resource) != nil else { return nil }
        let kind = try RequestScope(request, table).kind
        var review = try ObjectDecoder.decode(request.body, as: kind, validation: request.options.fieldValidation, table: table).object
        switch request.resource.plural {
        case "selfsubjectaccessreviews": review["status"] = decision(review, request.user, authorize)
        case "subjectaccessreviews", "localsubjectaccessreviews":
            let spec = review["spec"]
            guard let name = spec?["user"]?.stringValue, !name.isEmpty else {
                guard spec?["groups"]?.arrayValue?.isEmpty == false else {
                    throw .invalid(kind.groupVersionKind, "", [.required("spec.user", "at least one of user or group must be specified")])
                }
                review["status"] = decision(review, UserIdentity(name: "", groups: texts(spec?["groups"])), authorize)
                break
            }
            review["status"] = decision(
                review, UserIdentity(name: name, uid: spec?["uid"]?.stringValue ?? "", groups: texts(spec?["groups"])), authorize)
        case "selfsubjectrulesreviews":
            review["status"] = [
                "resourceRules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]],
                "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]], "incomplete": false,
            ]
        case "tokenreviews":
            let token = review.text("spec", "token")
            if token.isEmpty { throw .invalid(kind.groupVersionKind, "", [.required("spec.token", "token is required for TokenReview in authentication")]) }
            review["status"] = verdict(on: token, for: texts(review["spec"]?["audiences"]), context)
        case "selfsubjectreviews": review["status"] = ["userInfo": userInfo(request.user)]
        default: throw .unknownPath
        }
        return APIResponse(code: 201, body: review.bytes)
    }

    /// Whose a token is, for those of the audiences that it names.
    private static func verdict(on token: String, for audiences: [String], _ context: RequestContext) -> JSONValue {
        do throws(StatusError) {
            let claims = try ServiceAccountTokens(context).claims(token)
            let wanted = audiences.isEmpty ? [ServiceAccountTokens.issuer] : audiences
            let shared = wanted.filter(claims.audiences.contains)
            if shared.isEmpty {
                let list = wanted.map { "\"\($0)\"" }.joined(separator: " ")
                return ["user": [:], "error": .string("invalid bearer token, token audiences \(claims.audiences) is invalid for the target audiences [\(list)]")]
            }
            return ["authenticated": true, "user": userInfo(claims.user), "audiences": .array(shared.map(JSONValue.string))]
        } catch {
            return ["user": [:], "error": .string("invalid bearer token, \(error.message)")]
        }
    }

    private static func texts(_ value: JSONValue?) -> [String] { value?.arrayValue?.compactMap(\.stringValue) ?? [] }

    /// What the authorizer says to the request that is asked about.
    private static func decision(_ review: JSONValue, _ user: UserIdentity, _ authorize: (UserIdentity, APIRequest) -> String?) -> JSONValue {
        let attributes = review["spec"]?["resourceAttributes"]
        let verbs: [String: APIRequest.Verb] = [
            "get": .get, "list": .list, "watch": .list, "create": .create, "update": .update, "patch": .patch(.merge), "delete": .delete,
            "deletecollection": .deleteCollection,
        ]
        let request = APIRequest(
            verbs[attributes?["verb"]?.stringValue ?? ""] ?? .get,
            Resource(group: attributes?["group"]?.stringValue ?? "", plural: attributes?["resource"]?.stringValue ?? ""),
            namespace: attributes?["namespace"]?.stringValue, name: attributes?["name"]?.stringValue,
            subresource: attributes?["subresource"]?.stringValue ?? "", user: user)
        guard let refusal = authorize(user, request) else { return ["allowed": true] }
        return ["allowed": false, "reason": .string(refusal)]
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
