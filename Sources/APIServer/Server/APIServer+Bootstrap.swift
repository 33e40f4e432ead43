package import Bytes
package import ClusterAPI
import ObjectStore

extension APIServer {
    /// Makes what is there from the start: the standing namespaces and the service `kubernetes`.
    package func bootstrap(now: Timestamp) async throws(StatusError) {
        if let batch = tokenKeyBatch { await commit(batch) }
        for request in bootstrapRequests() {
            do throws(StatusError) {
                _ = try await perform(request, now: now)
            } catch where error.isAlreadyExists {}
        }
    }

    /// The same on an engine whose commits are done when they return.
    package func bootstrapNow(now: Timestamp) throws(StatusError) {
        if let batch = tokenKeyBatch { commitNow(batch) }
        for request in bootstrapRequests() {
            do throws(StatusError) {
                _ = try handle(request, now: now)
            } catch where error.isAlreadyExists {}
        }
    }

    private var tokenKeyBatch: CommitBatch? {
        configuration.newTokenKey.map { key in
            CommitBatch(
                compares: [.absent(key: ServiceAccountTokens.keyRecord)], writes: [.put(key: ServiceAccountTokens.keyRecord, value: key)])
        }
    }

    private func bootstrapRequests() -> [APIRequest] {
        let options = RequestOptions { $0.fieldManager = "skysail" }
        var requests = configuration.standingNamespaces.sorted().map { name in
            let namespace: JSONValue = ["kind": "Namespace", "apiVersion": "v1", "metadata": ["name": .string(name)]]
            return APIRequest(.create, Resource(plural: "namespaces"), body: namespace.bytes, options: options)
        }
        let labels: JSONValue = ["component": "apiserver", "provider": "kubernetes"]
        var port: JSONValue = ["name": "https", "port": 443, "protocol": "TCP"]
        if let advertised = configuration.advertised { port["targetPort"] = .number(advertised.port) }
        let service: JSONValue = [
            "kind": "Service", "apiVersion": "v1", "metadata": ["name": "kubernetes", "namespace": "default", "labels": labels],
            "spec": ["clusterIP": .string(configuration.serviceAddresses.address(at: 0)), "ports": [port]],
        ]
        requests.append(
            APIRequest(.create, Resource(plural: "services"), namespace: "default", body: service.bytes, options: options))
        if let advertised = configuration.advertised {
            let endpoints: JSONValue = [
                "kind": "Endpoints", "apiVersion": "v1", "metadata": ["name": "kubernetes", "namespace": "default"],
                "subsets": [
                    [
                        "addresses": [["ip": .string(advertised.address)]],
                        "ports": [["name": "https", "port": .number(advertised.port), "protocol": "TCP"]],
                    ]
                ],
            ]
            requests.append(
                APIRequest(.create, Resource(plural: "endpoints"), namespace: "default", body: endpoints.bytes, options: options))
        }
        return requests
    }
}
