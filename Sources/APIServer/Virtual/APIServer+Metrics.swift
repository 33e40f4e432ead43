import Bytes
import ClusterAPI
import ObjectStore

extension APIServer {
    static let metricsGroup = "metrics.k8s.io"

    /// Answers get and list of NodeMetrics and PodMetrics; what is not measured yet is not there.
    func measure(_ request: APIRequest, _ metrics: ResourceMetrics, now: Timestamp) async throws(StatusError) -> APIResponse {
        let scope = try RequestScope(request, table)
        let kind = scope.kind
        let isPod = request.resource.plural == "pods"
        var items: [JSONValue] = []
        let candidates = candidates(request, Resource(plural: request.resource.plural))
        if isPod {
            let measured = try await metrics.pods(now: now)
            for (key, digest) in candidates {
                guard let containers = measured[key.namespacedName] else { continue }
                if let item = ResourceMetrics.podMetrics(key, containers, labels: digest.labels, now: now) { items.append(item) }
            }
        } else {
            let measured = try await metrics.nodes(now: now)
            for (key, digest) in candidates {
                guard let usage = measured[key.name] else { continue }
                if let item = ResourceMetrics.nodeMetrics(key, usage, labels: digest.labels, now: now) { items.append(item) }
            }
        }
        if request.verb == .get {
            guard let item = items.first else { throw .notFound(request.resource, request.name ?? "") }
            return APIResponse(body: item.bytes)
        }
        let list: JSONValue = [
            "kind": .string(kind.listKind), "apiVersion": .string(kind.groupVersionKind.apiVersion), "metadata": [:], "items": .array(items),
        ]
        return APIResponse(body: list.bytes)
    }

    /// The pods or nodes that the request is about.
    private func candidates(_ request: APIRequest, _ resource: Resource) -> [(ObjectKey, ObjectDigest)] {
        records(resource).compactMap { record in
            guard let key = StorageKey.parse(record.key) else { return nil }
            if let namespace = request.namespace, namespace != key.namespace { return nil }
            if let name = request.name, name != key.name { return nil }
            let digest = digests.digest(record, resource)
            return digest.matches(request.options, key) ? (key, digest) : nil
        }
    }
}
