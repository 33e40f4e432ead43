import Bytes
import ClusterAPI
import ObjectStore

/// `binding`: the scheduler's one kind of write. A pod is bound once.
///
/// - Source: Kubernetes `registry/core/pod/storage`, `assignPod`.
extension RequestCore {
    /// A binding that was posted to its own resource, as one posted to the pod.
    func bindingRequest(_ request: APIRequest) throws(StatusError) -> APIRequest {
        let body = try ObjectDecoder.decode(request.body, as: "Binding", table: table)
        guard !body.objectName.isEmpty else {
            throw .invalid(
                GroupVersionKind(group: "", version: "v1", kind: "Binding"), "",
                [.required("metadata.name", "name or generateName is required")])
        }
        return APIRequest(
            .create, Resource(plural: "pods"), version: "v1", namespace: request.namespace, name: body.objectName, subresource: "binding",
            body: request.body, options: request.options, user: request.user)
    }

    func bind(_ scope: RequestScope, _ context: inout RequestContext) throws(StatusError) -> Decision {
        let name = try scope.name()
        let binding = try ObjectDecoder.decode(scope.request.body, as: "Binding", table: table)
        let node = binding.text("target", "name")
        let targetKind = binding.text("target", "kind")
        let kind = GroupVersionKind(group: "", version: "v1", kind: "Binding")
        if !targetKind.isEmpty, targetKind != "Node", targetKind != "Minion" {
            throw .invalid(kind, name, [.notSupported("target.kind", text: targetKind, ["Node", "<empty>"])])
        }
        if node.isEmpty { throw .invalid(kind, name, [.required("target.name")]) }

        let old = try stored(scope, context)
        let resource = Resource(plural: "pods/binding")
        if !binding.uid.isEmpty, binding.uid != old.tree.uid {
            throw .conflict(
                resource, name, "Precondition failed: UID in precondition: \(binding.uid), UID in object meta: \(old.tree.uid)")
        }
        if !binding.resourceVersion.isEmpty, binding.resourceVersion != String(old.record.modRevision) { throw .modified(resource, name) }
        if old.tree.isBeingDeleted { throw .conflict(resource, name, "pod \(name) is being deleted, cannot be assigned to a host") }
        let standing = old.tree.text("spec", "nodeName")
        if !standing.isEmpty { throw .conflict(resource, name, "pod \(name) is already assigned to node \"\(standing)\"") }
        if let gates = old.tree["spec"]?["schedulingGates"]?.arrayValue, !gates.isEmpty {
            throw .conflict(resource, name, "pod \(name) has non-empty .spec.schedulingGates")
        }

        var pod = old.tree
        pod.set(.string(node), at: ["spec", "nodeName"])
        for (key, value) in binding["metadata"]?["annotations"]?.objectValue ?? JSONObject() {
            pod.set(value, at: ["metadata", "annotations", key])
        }
        setCondition(&pod, "PodScheduled", context.now)
        var writes = WriteSet()
        writes.replace(old.record, StorageCodec.encode(pod))
        let status: JSONValue = ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201]
        let answer = APIResponse(code: 201, body: status.bytes)
        return decision(writes, scope, context) { _ in answer }
    }

    private func setCondition(_ pod: inout JSONValue, _ type: String, _ now: Timestamp) {
        var conditions = pod["status"]?["conditions"]?.arrayValue ?? []
        let condition: JSONValue = ["type": .string(type), "status": "True", "lastTransitionTime": .string(now.rfc3339())]
        if let place = conditions.firstIndex(where: { $0["type"]?.stringValue == type }) {
            conditions[place] = condition
        } else {
            conditions.append(condition)
        }
        pod.set(.array(conditions), at: ["status", "conditions"])
    }

    /// `eviction`: a deletion that somebody else than the owner asks for.
    func evict(_ scope: RequestScope, _ context: inout RequestContext) throws(StatusError) -> Decision {
        let name = try scope.name()
        let eviction = try ObjectDecoder.decode(scope.request.body, as: "Eviction", table: table)
        guard eviction.objectName.isEmpty || eviction.objectName == name else {
            throw .badRequest("name in URL does not match name in Eviction object: \(name) != \(eviction.objectName)")
        }
        var request = scope.request
        request.verb = .delete
        request.subresource = ""
        request.body = []
        let options = eviction["deleteOptions"]
        if let seconds = options?["gracePeriodSeconds"]?.int64Value { request.options.gracePeriodSeconds = seconds }
        if let uid = options?["preconditions"]?["uid"]?.stringValue { request.options.preconditionUID = uid }
        if let version = options?["preconditions"]?["resourceVersion"]?.stringValue { request.options.preconditionResourceVersion = version }
        if let policy = options?["propagationPolicy"]?.stringValue.flatMap(RequestOptions.PropagationPolicy.init) {
            request.options.propagationPolicy = policy
        }
        if options?["dryRun"]?.arrayValue?.contains("All") == true { request.options.isDryRun = true }
        let status: JSONValue = ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201]
        let answer = APIResponse(code: 201, body: status.bytes)
        switch try delete(try RequestScope(request, table), &context) {
        case .answer: return .answer(answer)
        case .commit(let batch, _): return .commit(batch) { _ in answer }
        case .each: preconditionFailure("one pod is evicted at once")
        }
    }
}
