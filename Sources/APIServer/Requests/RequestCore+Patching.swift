import Bytes
import ClusterAPI
import ObjectStore

extension RequestCore {
    func patch(_ scope: RequestScope, _ type: APIRequest.PatchType, _ context: inout RequestContext) throws(StatusError) -> Decision {
        if type == .apply { return try apply(scope, &context) }
        let old = try stored(scope, context)
        let spoken = VersionConversion.fromStorage(old.tree, to: scope.kind, storage: scope.storage)
        let patched = try patched(spoken, type, scope)
        try checkIdentity(patched, spoken, scope)
        let object = try decode(patched.bytes, scope, &context)
        return try write(object, over: old, scope, &context)
    }

    private func patched(_ object: JSONValue, _ type: APIRequest.PatchType, _ scope: RequestScope) throws(StatusError) -> JSONValue {
        let patch: JSONValue
        do {
            patch = try JSONValue.parse(scope.request.body, maxDepth: configuration.patchDepthLimit)
        } catch {
            throw .badRequest("error decoding patch: \(error)")
        }
        switch type {
        case .json:
            return try JSONPatch(patch, operationLimit: configuration.patchOperationLimit, copyLimit: configuration.bodySizeLimit).applied(to: object)
        case .merge:
            guard case .object = patch else { throw .badRequest("error decoding patch: a merge patch is an object") }
            return MergePatch.applied(patch, to: object)
        case .strategic:
            guard case .object(let patch) = patch, case .object(let object) = object else {
                throw .badRequest("error decoding patch: a strategic merge patch is an object")
            }
            return .object(try StrategicMergePatch(table: table).applied(patch, to: object, structure: scope.kind.structure))
        case .apply: preconditionFailure("apply has a way of its own")
        }
    }

    /// A patch may not turn an object into another one.
    private func checkIdentity(_ patched: JSONValue, _ object: JSONValue, _ scope: RequestScope) throws(StatusError) {
        guard case .object = patched else { throw .badRequest("the patch leaves no object") }
        let name = patched.objectName
        guard name == object.objectName else {
            throw .badRequest("the name of the object (\(name)) does not match the name on the URL (\(object.objectName))")
        }
        let namespace = patched.text("metadata", "namespace")
        guard namespace == object.text("metadata", "namespace") else {
            throw .badRequest("the namespace of the object (\(namespace)) does not match the namespace on the URL (\(scope.namespace ?? ""))")
        }
    }
}
