/// One call of the API: the same value for HTTP, for actors in the process, and for the simulation. Watches are `WatchRequest`s.
package struct APIRequest: Sendable, Equatable {
    package enum PatchType: String, Sendable, Equatable {
        case json = "application/json-patch+json"
        case merge = "application/merge-patch+json"
        case strategic = "application/strategic-merge-patch+json"
        case apply = "application/apply-patch+yaml"
    }

    package enum Verb: Sendable, Equatable {
        case get, list, create, update
        case patch(PatchType)
        case delete, deleteCollection

        /// As authorization and messages name it.
        package var name: String {
            switch self {
            case .get: "get"
            case .list: "list"
            case .create: "create"
            case .update: "update"
            case .patch: "patch"
            case .delete: "delete"
            case .deleteCollection: "deletecollection"
            }
        }
    }

    package var verb: Verb
    package var resource: Resource
    /// The version the caller reads and writes; the empty string means the version the object is stored in.
    package var version: String
    /// Nil for cluster-scoped objects, and for lists over all namespaces.
    package var namespace: String?
    /// Nil for list, deleteCollection and create.
    package var name: String?
    /// "", "status", "scale", "binding", "eviction", "token", "finalize", "resize".
    package var subresource: String
    /// JSON text; empty when the verb has none.
    package var body: [UInt8]
    package var options: RequestOptions
    package var user: UserIdentity

    package init(
        _ verb: Verb, _ resource: Resource, version: String = "", namespace: String? = nil, name: String? = nil,
        subresource: String = "", body: [UInt8] = [], options: RequestOptions = RequestOptions(), user: UserIdentity = .system
    ) {
        self.verb = verb
        self.resource = resource
        self.version = version
        self.namespace = namespace
        self.name = name
        self.subresource = subresource
        self.body = body
        self.options = options
        self.user = user
    }

    package init(_ verb: Verb, _ key: ObjectKey, subresource: String = "", body: [UInt8] = [], options: RequestOptions = RequestOptions()) {
        self.init(verb, key.resource, namespace: key.namespace, name: key.name, subresource: subresource, body: body, options: options)
    }
}
