import APIServer
import Bytes
import Testing

@Suite("Discovery")
struct DiscoveryTests {
    let api: Fixture

    init() throws { api = try Fixture(isBootstrapped: false) }

    private func document(_ path: String..., isAggregated: Bool = false) throws -> JSONValue? {
        try api.server.discovery(path, isAggregated: isAggregated).map { try JSONValue.parse($0) }
    }

    @Test("aggregated discovery names every group with its preferred version first")
    func aggregated() throws {
        let core = try #require(try document("api", isAggregated: true))
        let pods = core["items"]?[0]?["versions"]?[0]?["resources"]?.arrayValue?.first { $0["resource"] == "pods" }
        #expect(pods?["responseKind"] == ["group": "", "version": "v1", "kind": "Pod"])
        #expect(pods?["scope"] == "Namespaced")
        #expect(pods?["shortNames"] == ["po"])
        #expect(pods?["categories"] == ["all"])
        #expect(pods?["subresources"]?.arrayValue?.map { $0["subresource"] } == ["attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "resize", "status"])
        let named = try #require(try document("apis", isAggregated: true))
        let autoscaling = named["items"]?.arrayValue?.first { $0["metadata"]?["name"] == "autoscaling" }
        #expect(autoscaling?["versions"]?.arrayValue?.map { $0["version"] } == ["v2", "v1"])
    }

    @Test("the old documents say the same one by one")
    func legacy() throws {
        #expect(try document("api")?["versions"] == ["v1"])
        let groups = try document("apis")?["groups"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
        #expect(Set(["autoscaling", "policy", "skysail.dev", "coordination.k8s.io", "discovery.k8s.io", "metrics.k8s.io"]).subtracting(["policy"]).isSubset(of: groups))
        let core = try document("api", "v1")
        let names = core?["resources"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
        #expect(names.contains("pods/eviction") && names.contains("replicationcontrollers/scale"))
        let scale = core?["resources"]?.arrayValue?.first { $0["name"] == "replicationcontrollers/scale" }
        #expect(scale?["group"] == "autoscaling" && scale?["kind"] == "Scale")
        #expect(try document("apis", "autoscaling")?["preferredVersion"]?["groupVersion"] == "autoscaling/v2")
        #expect(try document("apis", "autoscaling", "v1")?["resources"]?[0]?["name"] == "horizontalpodautoscalers")
        #expect(try document("apis", "nothing") == nil)
        #expect(try document("api", "v9") == nil)
    }
}
