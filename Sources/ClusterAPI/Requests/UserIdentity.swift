/// Who asks.
package struct UserIdentity: Hashable, Sendable {
    package var name: String
    package var uid: String
    package var groups: [String]
    package var extra: [String: [String]]

    package init(name: String, uid: String = "", groups: [String] = [], extra: [String: [String]] = [:]) {
        self.name = name
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    /// Skysail's own actors inside the server process.
    package static let system = UserIdentity(name: "system:skysail", groups: ["system:masters", "system:authenticated"])
    package static let anonymous = UserIdentity(name: "system:anonymous", groups: ["system:unauthenticated"])

    package static func serviceAccount(namespace: String, name: String, uid: String = "") -> UserIdentity {
        UserIdentity(
            name: "system:serviceaccount:\(namespace):\(name)", uid: uid,
            groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"])
    }

    package static func node(_ name: String) -> UserIdentity {
        UserIdentity(name: "system:node:\(name)", groups: ["system:nodes", "system:authenticated"])
    }
}
