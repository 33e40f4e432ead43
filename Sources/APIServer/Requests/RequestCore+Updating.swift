import Bytes
import ClusterAPI
import ObjectStore

extension RequestCore {
    func update(_ scope: RequestScope, _ context: inout RequestContext) throws(StatusError) -> Decision {
        let name = try scope.name()
        var object = try decode(scope.request.body, scope, &context)
        if !object.objectName.isEmpty, object.objectName != name {
            throw .badRequest("the name of the object (\(object.objectName)) does not match the name on the URL (\(name))")
        }
        if let namespace = scope.namespace, !object.text("metadata", "namespace").isEmpty, object.text("metadata", "namespace") != namespace {
            throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
        }
        guard let old = try context.object(scope.resource, scope.namespace, name) else {
            if scope.request.subresource.isEmpty, Strategy.allowsCreateOnUpdate(scope.resource) {
                object.setMetadata("resourceVersion", nil)
                return try create(object, scope, &context, operation: .update)
            }
            throw .notFound(scope.resource, name)
        }
        return try write(object, over: old, scope, &context)
    }

    /// Brings a changed object into the store: the end of every update, patch and apply.
    func write(
        _ given: JSONValue, over old: StoredObject, _ scope: RequestScope, _ context: inout RequestContext,
        appliedOwnership: JSONValue? = nil
    ) throws(StatusError) -> Decision {
        var object = given
        try settleMetadata(&object, old, scope)
        Strategy.prepareForUpdate(&object, old: old.tree, scope.storage, subresource: scope.request.subresource)
        defaulter.setDefaults(&object, kind: scope.storage)

        var writes = WriteSet()
        var attributes = AdmissionAttributes(scope: scope, operation: .update, object: object, old: old.tree)
        try admission.mutate(&attributes, &context, &writes)
        object = attributes.object
        Strategy.complete(&object, scope.storage)
        if Strategy.hasGeneration(scope.resource), object["spec"] != old.tree["spec"] {
            object.setMetadata("generation", .number((old.tree.integer("metadata", "generation") ?? 0) + 1))
        }
        try Strategy.validateUpdate(object, old: old.tree, scope.storage, subresource: scope.request.subresource)
        attributes.object = object
        try admission.validate(attributes, &context, &writes)

        if let appliedOwnership {
            object.setMetadata("managedFields", appliedOwnership)
        } else {
            FieldOwnership(table: table, kind: scope.storage).recordUpdate(&object, old: old.tree, scope, now: context.now)
        }
        let stored = StorageCodec.encode(object)
        if Strategy.isFinished(object) {
            admission.release(old.tree, scope.resource, &writes)
            writes.remove(old.record)
            return decision(writes, scope, context, answer: answer(200, stored, scope, context))
        }
        // Writing what is there already would only wake watchers.
        if stored == old.record.value || isSame(object, old.tree) {
            return .answer(APIResponse(body: try body(old.record, scope), warnings: context.warnings))
        }
        try checkSize(stored)
        writes.replace(old.record, stored)
        return decision(writes, scope, context, answer: answer(200, stored, scope, context))
    }

    /// Whether two trees are the same object, whatever the order of their members.
    private func isSame(_ object: JSONValue, _ old: JSONValue) -> Bool {
        var (object, old) = (object, old)
        object.setMetadata("resourceVersion", nil)
        old.setMetadata("resourceVersion", nil)
        return object == old
    }

    /// What only the server sets stays what it was; what contradicts the stored object is refused.
    private func settleMetadata(_ object: inout JSONValue, _ old: StoredObject, _ scope: RequestScope) throws(StatusError) {
        let version = object.resourceVersion
        if !version.isEmpty, version != "0", version != String(old.record.modRevision) {
            throw .modified(scope.resource, old.tree.objectName)
        }
        if !object.uid.isEmpty, object.uid != old.tree.uid {
            throw .conflict(
                scope.resource, old.tree.objectName, "Precondition failed: UID in precondition: \(object.uid), UID in object meta: \(old.tree.uid)")
        }
        for key in ["name", "namespace", "uid", "creationTimestamp", "generateName", "generation", "deletionTimestamp", "deletionGracePeriodSeconds"] {
            let kept = old.tree["metadata"]?[key]
            if object["metadata"]?[key] != kept { object.setMetadata(key, kept) }
        }
        object.setMetadata("selfLink", nil)
    }
}
