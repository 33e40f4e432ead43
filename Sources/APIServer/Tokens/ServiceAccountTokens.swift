import Bytes
import ClusterAPI
import ObjectStore

/// Tokens by which a program shows that it speaks for a service account: signed claims (JWT), so that none has to be kept.
///
/// The key is a record of the server's own, made once a store. A token ends by its time, and with the account or the object it is bound to.
/// - Source: RFC 7519; Kubernetes `pkg/serviceaccount` for the claims.
struct ServiceAccountTokens {
    static let keyRecord = StorageKey.claim("keys", "service-accounts")
    static let issuer = "https://kubernetes.default.svc.cluster.local"
    private static let header = Base64.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8), .url)
    private static let accounts = Resource(plural: "serviceaccounts")

    private let key: [UInt8]
    private let context: RequestContext

    /// - Throws: `unavailable` when the store has no key.
    init(_ context: RequestContext) throws(StatusError) {
        guard let record = context.index.record(Self.keyRecord) else { throw .unavailable("this server has no key for tokens") }
        key = record.value
        self.context = context
    }

    /// What a token says.
    struct Claims {
        var namespace: String
        var account: String
        var accountUID: String
        var audiences: [String]
        /// Kind, name and uid of the object the token ends with.
        var bound: (kind: String, name: String, uid: String)?
        var identity: String
        var notBefore: Timestamp
        var end: Timestamp
    }

    // MARK: Making

    func token(_ claims: Claims) -> String {
        var named: JSONValue = [
            "namespace": .string(claims.namespace), "serviceaccount": ["name": .string(claims.account), "uid": .string(claims.accountUID)],
        ]
        if let bound = claims.bound { named[bound.kind.lowercased()] = ["name": .string(bound.name), "uid": .string(bound.uid)] }
        let begin = claims.notBefore.seconds
        let payload: JSONValue = [
            "aud": .array(claims.audiences.map(JSONValue.string)), "exp": .number(claims.end.seconds), "iat": .number(begin),
            "iss": .string(Self.issuer), "jti": .string(claims.identity), "kubernetes.io": named, "nbf": .number(begin),
            "sub": .string("system:serviceaccount:\(claims.namespace):\(claims.account)"),
        ]
        let text = "\(Self.header).\(Base64.encode(payload.bytes, .url))"
        return "\(text).\(Base64.encode(SHA256.code(of: Array(text.utf8), key: key), .url))"
    }

    // MARK: Reading

    /// - Throws: `unauthorized` with the reason as its message when the token is not good.
    func claims(_ token: String) throws(StatusError) -> Claims {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let code = Base64.decode(String(parts[2]), .url), let text = Base64.decode(String(parts[1]), .url),
            let payload = try? JSONValue.parse(text), payload["iss"]?.stringValue == Self.issuer
        else { throw Self.refusal("it is no token of this server") }
        guard parts[0] == Self.header, SHA256.isSame(code, SHA256.code(of: Array("\(parts[0]).\(parts[1])".utf8), key: key)) else {
            throw Self.refusal("its signature does not fit")
        }
        let named = payload["kubernetes.io"]
        var claims = Claims(
            namespace: named?["namespace"]?.stringValue ?? "", account: named?.text("serviceaccount", "name") ?? "",
            accountUID: named?.text("serviceaccount", "uid") ?? "", audiences: payload["aud"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            identity: payload["jti"]?.stringValue ?? "", notBefore: Timestamp(seconds: payload["nbf"]?.int64Value ?? 0),
            end: Timestamp(seconds: payload["exp"]?.int64Value ?? 0))
        for kind in ["pod", "secret", "node"] {
            if let object = named?[kind] { claims.bound = (kind, object.text("name"), object.text("uid")) }
        }
        try check(claims)
        return claims
    }

    private func check(_ claims: Claims) throws(StatusError) {
        if claims.end <= context.now { throw Self.refusal("service account token has expired") }
        if claims.notBefore > context.now { throw Self.refusal("service account token is not valid yet") }
        guard let account = try context.object(Self.accounts, claims.namespace, claims.account), account.tree.uid == claims.accountUID else {
            throw Self.refusal("service account \(claims.namespace)/\(claims.account) has been deleted")
        }
        guard let bound = claims.bound else { return }
        let object = try context.object(Resource(plural: bound.kind + "s"), bound.kind == "node" ? nil : claims.namespace, bound.name)
        if object?.tree.uid != bound.uid { throw Self.refusal("service account token has been invalidated") }
    }

    private static func refusal(_ reason: String) -> StatusError { StatusError(code: 401, reason: .unauthorized, message: reason) }
}

extension ServiceAccountTokens.Claims {
    var user: UserIdentity {
        var user = UserIdentity.serviceAccount(namespace: namespace, name: account, uid: accountUID)
        user.extra["authentication.kubernetes.io/credential-id"] = ["JTI=\(identity)"]
        if let bound, bound.kind == "pod" {
            user.extra["authentication.kubernetes.io/pod-name"] = [bound.name]
            user.extra["authentication.kubernetes.io/pod-uid"] = [bound.uid]
        }
        return user
    }
}
