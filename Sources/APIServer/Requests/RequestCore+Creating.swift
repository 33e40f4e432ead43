import Bytes
import ClusterAPI
import ObjectStore

extension RequestCore {
    func create(_ scope: RequestScope, _ context: inout RequestContext) throws(StatusError) -> Decision {
        guard scope.kind.isNamespaced == (scope.namespace != nil) else {
            throw .badRequest("an empty namespace may not be set during creation")
        }
        let object = try decode(scope.request.body, scope, &context)
        return try create(object, scope, &context, operation: .update)
    }

    /// Creates an object that was read already; `operation` says whether its fields are applied or plainly written.
    func create(
        _ given: JSONValue, _ scope: RequestScope, _ context: inout RequestContext, operation: FieldOwnership.Operation
    ) throws(StatusError) -> Decision {
        var object = given
        try takeName(&object, scope, &context)
        if !object.resourceVersion.isEmpty { throw .badRequest("resourceVersion should not be set on objects to be created") }
        let name = object.objectName
        let key = StorageKey.object(scope.resource, scope.namespace, name)
        // Before anything costly: most refused creations are repetitions.
        if context.index.record(key) != nil { throw .alreadyExists(scope.resource, name) }

        object.setMetadata("uid", .string(context.makeUID()))
        object.setMetadata("creationTimestamp", .string(context.now.rfc3339()))
        object.setMetadata("deletionTimestamp", nil)
        object.setMetadata("deletionGracePeriodSeconds", nil)
        object.setMetadata("selfLink", nil)
        object.setMetadata("generation", nil)
        if Strategy.hasGeneration(scope.resource) { object.setMetadata("generation", 1) }
        Strategy.prepareForCreate(&object, scope.storage)
        defaulter.setDefaults(&object, kind: scope.storage)

        var writes = WriteSet()
        var attributes = AdmissionAttributes(scope: scope, operation: .create, object: object, old: nil)
        try admission.mutate(&attributes, &context, &writes)
        Strategy.complete(&attributes.object, scope.storage)
        try Strategy.validate(attributes.object, scope.storage)
        try admission.validate(attributes, &context, &writes)

        object = attributes.object
        FieldOwnership(table: table, kind: scope.storage).recordCreation(&object, scope, operation: operation, now: context.now)
        let stored = StorageCodec.encode(object)
        try checkSize(stored)
        writes.create(key, stored)
        return decision(writes, scope, context, answer: answer(201, stored, scope, context))
    }

    /// Settles name and namespace between the body and the path.
    private func takeName(_ object: inout JSONValue, _ scope: RequestScope, _ context: inout RequestContext) throws(StatusError) {
        let namespace = object.text("metadata", "namespace")
        if let wanted = scope.namespace {
            guard namespace.isEmpty || namespace == wanted else {
                throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
            }
            object.setMetadata("namespace", .string(wanted))
        } else {
            object.setMetadata("namespace", nil)
        }
        if let name = scope.request.name, !name.isEmpty {
            guard object.objectName.isEmpty || object.objectName == name else {
                throw .badRequest("the name of the object (\(object.objectName)) does not match the name on the URL (\(name))")
            }
            object.setMetadata("name", .string(name))
        }
        let prefix = object.text("metadata", "generateName")
        if object.objectName.isEmpty {
            guard !prefix.isEmpty else {
                throw .invalid(scope.kind.groupVersionKind, "", [.required("metadata.name", "name or generateName is required")])
            }
            object.setMetadata("name", .string(context.makeName(prefix)))
        }
    }

    func checkSize(_ stored: [UInt8]) throws(StatusError) {
        guard stored.count <= configuration.objectSizeLimit else {
            throw .tooLarge("the object has \(stored.count) bytes, the limit is \(configuration.objectSizeLimit)")
        }
    }
}
