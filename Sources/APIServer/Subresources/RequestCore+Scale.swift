import Bytes
import ClusterAPI
import ObjectStore

/// `scale`: the one number of anything that has replicas.
extension RequestCore {
    private static let kind = GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")

    func getScale(_ scope: RequestScope, _ context: RequestContext) throws(StatusError) -> APIResponse {
        APIResponse(body: Self.scale(of: try stored(scope, context).tree).bytes)
    }

    func updateScale(_ scope: RequestScope, _ context: inout RequestContext) throws(StatusError) -> Decision {
        let old = try stored(scope, context)
        return try writeScale(try readScale(scope.request.body, scope), over: old, scope, &context)
    }

    func patchScale(_ scope: RequestScope, _ type: APIRequest.PatchType, _ context: inout RequestContext) throws(StatusError) -> Decision {
        let old = try stored(scope, context)
        let scale = Self.scale(of: old.tree)
        let patch: JSONValue
        do {
            patch = try JSONValue.parse(scope.request.body, maxDepth: configuration.patchDepthLimit)
        } catch {
            throw .badRequest("error decoding patch: \(error)")
        }
        let patched: JSONValue
        switch type {
        case .json: patched = try JSONPatch(patch, operationLimit: configuration.patchOperationLimit, copyLimit: configuration.bodySizeLimit).applied(to: scale)
        // A scale has no lists, so that strategic patches and applies merge it as plain ones do.
        case .merge, .strategic, .apply: patched = MergePatch.applied(patch, to: scale)
        }
        return try writeScale(try readScale(patched.bytes, scope), over: old, scope, &context)
    }

    private func readScale(_ bytes: [UInt8], _ scope: RequestScope) throws(StatusError) -> JSONValue {
        guard let kind = table.kind(Self.kind) else { throw .unknownPath }
        return try ObjectDecoder.decode(bytes, as: kind, validation: scope.options.fieldValidation, table: table).object
    }

    private func writeScale(
        _ scale: JSONValue, over old: StoredObject, _ scope: RequestScope, _ context: inout RequestContext
    ) throws(StatusError) -> Decision {
        let replicas = scale.integer("spec", "replicas") ?? 0
        guard replicas >= 0 else {
            throw .invalid(
                Self.kind, old.tree.objectName, [.invalid("spec.replicas", replicas, "must be greater than or equal to 0")])
        }
        var object = old.tree
        object.setMetadata("resourceVersion", scale["metadata"]?["resourceVersion"])
        if !scale.uid.isEmpty { object.setMetadata("uid", .string(scale.uid)) }
        object.set(.number(replicas), at: ["spec", "replicas"])
        switch try write(object, over: old, scope, &context) {
        case .answer(let response): return .answer(try Self.shown(response, scope))
        case .commit(let batch, let answer):
            return .commit(batch) { revision in
                let response = answer(revision)
                return (try? Self.shown(response, scope)) ?? response
            }
        case .each: preconditionFailure("one object is written at once")
        }
    }

    /// The answer to a write of the object, as a scale.
    private static func shown(_ response: APIResponse, _ scope: RequestScope) throws(StatusError) -> APIResponse {
        do {
            return APIResponse(code: response.code, body: scale(of: try JSONValue.parse(response.body)).bytes, warnings: response.warnings)
        } catch {
            throw .internalError("cannot read a stored object: \(error)")
        }
    }

    static func scale(of object: JSONValue) -> JSONValue {
        var metadata = JSONObject()
        for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            if let value = object["metadata"]?[key] { metadata.set(key, value) }
        }
        let selector = (object["spec"]?["selector"]?.objectValue ?? JSONObject()).sortedByKey()
            .map { "\($0.key)=\($0.value.stringValue ?? "")" }.joined(separator: ",")
        return [
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": .object(metadata),
            "spec": ["replicas": object["spec"]?["replicas"] ?? 0],
            "status": ["replicas": object["status"]?["replicas"] ?? 0, "selector": .string(selector)],
        ]
    }
}
