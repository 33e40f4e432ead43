import Bytes
import ClusterAPI
import ObjectStore

/// Deletion: at once, after a grace period that the node counts, or when the last finalizer is gone.
///
/// ```
///            grace > 0 or finalizers            DELETE with grace 0, no finalizers left
/// living ──────────────────────────► terminating ──────────────────────────────────────► gone
///    └──────────────────────── grace 0, no finalizers ─────────────────────────────────────┘
/// ```
/// - Source: Kubernetes `registry/generic/registry/store.go`, `registry/rest/delete.go`.
extension RequestCore {
    func delete(_ scope: RequestScope, _ context: inout RequestContext) throws(StatusError) -> Decision {
        let old = try stored(scope, context)
        return try delete(old, scope, &context)
    }

    func delete(_ old: StoredObject, _ scope: RequestScope, _ context: inout RequestContext) throws(StatusError) -> Decision {
        let name = old.tree.objectName
        try checkPreconditions(old, scope)
        if scope.resource == Resource(plural: "namespaces") { try NamespaceLifecycle.checkDeletion(name) }

        var object = old.tree
        object.setFinalizers(Strategy.finalizersForDeletion(old.tree, scope.resource, scope.options.propagationPolicy))
        let grace = Strategy.gracePeriod(old.tree, scope.resource, scope.options.gracePeriodSeconds)
        let remains = grace > 0 || !object.finalizers.isEmpty || Strategy.hasSpecFinalizers(object, scope.resource)
        var writes = WriteSet()
        guard remains else {
            admission.release(old.tree, scope.resource, &writes)
            writes.remove(old.record)
            if Strategy.showsWhatIsDeleted(scope.resource) {
                markDeleted(&object, old.tree, grace: 0, scope, context.now)
                return decision(writes, scope, context, answer: answer(200, StorageCodec.encode(object), scope, context))
            }
            let answer = success(scope, name: name, uid: old.tree.uid)
            return decision(writes, scope, context) { _ in answer }
        }

        markDeleted(&object, old.tree, grace: grace, scope, context.now)
        let stored = StorageCodec.encode(object)
        if stored == old.record.value { return .answer(APIResponse(body: try body(old.record, scope))) }
        writes.replace(old.record, stored)
        return decision(writes, scope, context, answer: answer(200, stored, scope, context))
    }

    private func checkPreconditions(_ old: StoredObject, _ scope: RequestScope) throws(StatusError) {
        let options = scope.options
        if let uid = options.preconditionUID, !uid.isEmpty, uid != old.tree.uid {
            throw .conflict(
                scope.resource, old.tree.objectName, "Precondition failed: UID in precondition: \(uid), UID in object meta: \(old.tree.uid)")
        }
        if let version = options.preconditionResourceVersion, !version.isEmpty, version != String(old.record.modRevision) {
            throw .conflict(
                scope.resource, old.tree.objectName,
                "Precondition failed: ResourceVersion in precondition: \(version), ResourceVersion in object meta: \(old.record.modRevision)")
        }
    }

    /// Sets the time of death; a second deletion can only bring it forward.
    private func markDeleted(_ object: inout JSONValue, _ old: JSONValue, grace: Int64, _ scope: RequestScope, _ now: Timestamp) {
        let standing = old.integer("metadata", "deletionGracePeriodSeconds")
        if !old.isBeingDeleted || grace < (standing ?? 0) {
            object.setMetadata("deletionTimestamp", .string((now + .seconds(grace)).rfc3339()))
            if scope.resource != Resource(plural: "namespaces") {
                object.setMetadata("deletionGracePeriodSeconds", .number(grace))
            }
            if Strategy.hasGeneration(scope.resource), !old.isBeingDeleted {
                object.setMetadata("generation", .number((old.integer("metadata", "generation") ?? 0) + 1))
            }
        }
        if scope.resource == Resource(plural: "namespaces") { object.set("Terminating", at: ["status", "phase"]) }
    }

    /// One deletion per object; the answer shows what was there.
    func deleteCollection(_ scope: RequestScope, _ context: RequestContext) throws(StatusError) -> Decision {
        var listing = scope.request
        listing.options.limit = nil
        listing.options.continueToken = nil
        let found = try list(try RequestScope(listing, table), context)
        try SelectableFields.check(scope.options.fieldSelector, scope.resource)
        var deletions: [APIRequest] = []
        context.index.visit(prefix: StorageKey.prefix(scope.resource, scope.namespace)) { record in
            guard let key = StorageKey.parse(record.key),
                context.digests.digest(record, scope.resource).matches(scope.options, key)
            else { return true }
            var deletion = scope.request
            deletion.verb = .delete
            deletion.namespace = key.namespace
            deletion.name = key.name
            deletion.body = []
            deletions.append(deletion)
            return true
        }
        return .each(deletions, answer: found)
    }
}
