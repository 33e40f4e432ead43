import Bytes
import ClusterAPI
import ObjectStore

/// Server-side apply: the client says what it wants of an object, the server knows what it wanted before and what others want.
extension RequestCore {
    func apply(_ scope: RequestScope, _ context: inout RequestContext) throws(StatusError) -> Decision {
        guard let manager = scope.fieldManager else {
            throw .invalid(
                GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: "PatchOptions"), "",
                [.required("fieldManager", "is required for apply patch")])
        }
        let name = try scope.name()
        let meta = ObjectDecoder.typeMeta(of: scope.request.body)
        guard meta.apiVersion == scope.kind.groupVersionKind.apiVersion else {
            throw .badRequest(
                "Incorrect version specified in apply patch. Specified patch version: \(meta.apiVersion ?? "/"), expected: \(scope.kind.groupVersionKind.apiVersion)")
        }
        guard meta.kind?.isEmpty == false else { throw .badRequest("Object 'Kind' is missing in the apply patch") }
        var configuration = try decode(scope.request.body, scope, &context)
        if configuration["metadata"]?["managedFields"]?.arrayValue?.isEmpty == false {
            throw .badRequest("metadata.managedFields must be nil")
        }
        guard configuration.objectName.isEmpty || configuration.objectName == name else {
            throw .badRequest("the name of the object (\(configuration.objectName)) does not match the name on the URL (\(name))")
        }
        configuration.setMetadata("name", .string(name))
        if let namespace = scope.namespace { configuration.setMetadata("namespace", .string(namespace)) }

        let ownership = FieldOwnership(table: table, kind: scope.storage)
        guard let old = try context.object(scope.resource, scope.namespace, name) else {
            guard scope.request.subresource.isEmpty else { throw .notFound(scope.resource, name) }
            let applied = try ownership.apply(configuration, to: nil, manager: manager, scope, now: context.now)
            var object = applied.object
            object.setMetadata("managedFields", applied.managedFields)
            return try create(object, scope, &context, operation: .apply)
        }
        let applied = try ownership.apply(configuration, to: old.tree, manager: manager, scope, now: context.now)
        return try write(applied.object, over: old, scope, &context, appliedOwnership: applied.managedFields)
    }
}
