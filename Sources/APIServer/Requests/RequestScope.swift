import ClusterAPI

/// What a request is about: the kind as the client speaks it, the kind as it is stored, and the place.
struct RequestScope: Sendable {
    let request: APIRequest
    let kind: KindSchema
    let storage: KindSchema

    var resource: Resource { request.resource }
    var namespace: String? { request.namespace }
    var options: RequestOptions { request.options }

    /// - Throws: `unknownPath` for what is not served, `methodNotAllowed` for verbs that the kind has not.
    init(_ request: APIRequest, _ table: SchemaTable) throws(StatusError) {
        guard let storage = table.kind(request.resource) else { throw .unknownPath }
        let version = request.version.isEmpty ? storage.groupVersion.version : request.version
        let wanted = GroupVersionResource(group: request.resource.group, version: version, plural: request.resource.plural)
        guard let kind = table.kind(wanted) else { throw .unknownPath }
        self.request = request
        self.kind = kind
        self.storage = storage
        guard kind.isNamespaced || request.namespace == nil else { throw .unknownPath }
        if request.subresource.isEmpty {
            guard kind.verbs.contains(request.verb.name) else { throw .methodNotAllowed }
        } else {
            guard kind.subresources.contains(request.subresource) else { throw .unknownPath }
        }
        let isOfMany = request.verb == .list || request.verb == .deleteCollection
        if kind.isNamespaced, request.namespace == nil, !isOfMany {
            throw .badRequest("an empty namespace may not be set when a resource name is provided")
        }
    }

    /// The name, which all verbs on one object have.
    func name() throws(StatusError) -> String {
        guard let name = request.name, !name.isEmpty else { throw .badRequest("name is required") }
        return name
    }

    /// Who sets fields; nil for actors whose fields nobody tracks.
    var fieldManager: String? { options.fieldManager.flatMap { $0.isEmpty ? nil : $0 } }
}
