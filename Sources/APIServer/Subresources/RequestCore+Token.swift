import Bytes
import ClusterAPI

/// `serviceaccounts/token`: makes a token, keeps nothing.
///
/// - Source: Kubernetes `pkg/registry/core/serviceaccount/storage/token.go`, `pkg/apis/authentication/validation`.
extension RequestCore {
    private static let requestKind = GroupVersionKind(group: "authentication.k8s.io", version: "v1", kind: "TokenRequest")
    /// Seconds.
    private static let shortest: Int64 = 600
    private static let longest: Int64 = 1 << 32

    func createToken(_ scope: RequestScope, _ context: inout RequestContext) throws(StatusError) -> Decision {
        let account = try stored(scope, context)
        guard let kind = table.kind(Self.requestKind) else { throw .unknownPath }
        var review = try ObjectDecoder.decode(scope.request.body, as: kind, validation: scope.options.fieldValidation, table: table).object
        defaulter.setDefaults(&review, kind: kind)
        let seconds = review.integer("spec", "expirationSeconds") ?? 3600
        if seconds < Self.shortest || seconds > Self.longest {
            let problem = seconds < Self.shortest ? "may not specify a duration less than 10 minutes" : "may not specify a duration larger than 2^32 seconds"
            throw .invalid(Self.requestKind, "", [.invalid("spec.expirationSeconds", Int(seconds), problem)])
        }
        var audiences = review.value(at: "spec", "audiences")?.arrayValue?.compactMap(\.stringValue) ?? []
        if audiences.isEmpty { audiences = [ServiceAccountTokens.issuer] }
        let name = account.tree.objectName
        let claims = ServiceAccountTokens.Claims(
            namespace: scope.namespace ?? "", account: name, accountUID: account.tree.uid, audiences: audiences,
            bound: try bound(review, scope, context), identity: context.makeUID(), notBefore: context.now, end: context.now + .seconds(seconds))
        review.set(.array(audiences.map(JSONValue.string)), at: ["spec", "audiences"])
        review.setMetadata("name", .string(name))
        review.setMetadata("namespace", .string(scope.namespace ?? ""))
        review.setMetadata("creationTimestamp", .string(context.now.rfc3339()))
        review["status"] = [
            "token": .string(try ServiceAccountTokens(context).token(claims)), "expirationTimestamp": .string(claims.end.rfc3339()),
        ]
        return .answer(APIResponse(code: 201, body: review.bytes))
    }

    /// The object that the token is to end with.
    private func bound(
        _ review: JSONValue, _ scope: RequestScope, _ context: RequestContext
    ) throws(StatusError) -> (kind: String, name: String, uid: String)? {
        guard let reference = review.value(at: "spec", "boundObjectRef"), reference.objectValue != nil else { return nil }
        let kind = reference.text("kind")
        guard ["Pod", "Secret", "Node"].contains(kind), reference.text("apiVersion") == "v1" else {
            throw .badRequest("cannot bind token for serviceaccount to kind \"\(kind)\" in version \"\(reference.text("apiVersion"))\"")
        }
        let resource = Resource(plural: kind.lowercased() + "s")
        let name = reference.text("name")
        guard let object = try context.object(resource, kind == "Node" ? nil : scope.namespace, name) else { throw .notFound(resource, name) }
        let wanted = reference.text("uid")
        guard wanted.isEmpty || wanted == object.tree.uid else {
            throw .conflict(
                resource, name,
                "the UID in the bound object reference (\(wanted)) does not match the UID in record. The object might have been deleted and then recreated")
        }
        return (kind.lowercased(), name, object.tree.uid)
    }
}
