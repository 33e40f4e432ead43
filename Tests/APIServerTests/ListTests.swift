import APIServer
import Bytes
import ClusterAPI
import Testing

@Suite("Lists and selectors")
struct ListTests {
    let api: Fixture

    init() throws {
        api = try Fixture()
        for number in 0..<10 {
            try api.create("pods", Manifest.pod("p\(number)", labels: ["n": .string("\(number)"), "odd": number % 2 == 1 ? "yes" : "no"], node: number < 4 ? "n1" : nil))
        }
    }

    @Test(
        "label selectors choose", arguments: [
            ("odd=yes", 5), ("odd!=yes", 5), ("n in (1,2,3)", 3), ("n notin (1,2,3)", 7), ("n", 10), ("!n", 0), ("n>7", 2), ("odd=yes,n in (1,2)", 1),
        ])
    func labels(selector: String, count: Int) throws {
        let options = RequestOptions { $0.labelSelector = try! LabelRequirements(parsing: selector) }
        #expect(try api.names("pods", options).count == count)
    }

    @Test(
        "field selectors choose", arguments: [
            ("spec.nodeName=n1", 4), ("spec.nodeName=", 6), ("spec.nodeName!=n1,status.phase=Pending", 6), ("metadata.name=p3", 1), ("metadata.name!=p3", 9),
            ("metadata.name=p3,spec.nodeName=n2", 0),
        ])
    func fields(selector: String, count: Int) throws {
        #expect(try api.names("pods", RequestOptions { $0.fieldSelector = try! FieldSelector(parsing: selector) }).count == count)
    }

    @Test("items of Kubernetes' kinds leave kind and version to the list, items of custom kinds have them")
    func itemTypes() throws {
        let pods = try api.send(APIRequest(.list, Resource(plural: "pods"), namespace: "default"))
        #expect(pods["kind"] == "PodList" && pods["apiVersion"] == "v1")
        #expect(pods["items"]?[0]?["kind"] == nil && pods["items"]?[0]?["apiVersion"] == nil)
        #expect(pods["items"]?[0]?["metadata"]?["name"] == "p0")
        let scaler: JSONValue = [
            "kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2", "metadata": ["name": "web"],
            "spec": ["scaleTargetRef": ["kind": "ReplicationController", "name": "web", "apiVersion": "v1"], "maxReplicas": 3],
        ]
        try api.create("horizontalpodautoscalers", scaler, group: "autoscaling")
        let old = try api.send(
            APIRequest(.list, Resource(group: "autoscaling", plural: "horizontalpodautoscalers"), version: "v1", namespace: "default"))
        #expect(old["apiVersion"] == "autoscaling/v1" && old["items"]?[0]?["kind"] == nil && old["items"]?[0]?["spec"]?["maxReplicas"] == 3)
        try api.create("dashboards", ["kind": "Dashboard", "apiVersion": "skysail.dev/v1", "metadata": ["name": "d"], "spec": ["json": [:]]], group: "skysail.dev")
        let dashboards = try api.send(APIRequest(.list, Resource(group: "skysail.dev", plural: "dashboards"), namespace: "default"))
        #expect(dashboards["items"]?[0]?["kind"] == "Dashboard")
    }

    @Test("a field that cannot be selected by is refused")
    func unknownField() throws {
        let request = APIRequest(
            .list, Resource(plural: "pods"), namespace: "default", options: RequestOptions { $0.fieldSelector = .field("spec.foo", equals: "x") })
        #expect(api.refusal(request)?.message == "field label not supported: spec.foo")
    }

    @Test("pages of a list show one revision, whatever is written meanwhile")
    func pages() throws {
        var names: [String] = []
        var options = RequestOptions { $0.limit = 4 }
        var revisions: Set<String> = []
        repeat {
            let page = try api.send(APIRequest(.list, Resource(plural: "pods"), namespace: "default", options: options))
            names += page["items"]?.arrayValue?.map { $0["metadata"]?["name"]?.stringValue ?? "" } ?? []
            revisions.insert(page["metadata"]?["resourceVersion"]?.stringValue ?? "")
            if names.count == 4 { #expect(page["metadata"]?["remainingItemCount"] == 6) }
            options.continueToken = page["metadata"]?["continue"]?.stringValue
            try api.create("pods", Manifest.pod("late\(names.count)"))
            if names.count == 4 { try api.send(APIRequest(.delete, Resource(plural: "pods"), namespace: "default", name: "p9")) }
        } while options.continueToken != nil
        #expect(names == (0..<10).map { "p\($0)" })
        #expect(revisions.count == 1)
    }

    @Test("a page that comes too late is refused with 410")
    func expiredToken() throws {
        let options = RequestOptions { $0.limit = 4 }
        let page = try api.send(APIRequest(.list, Resource(plural: "pods"), namespace: "default", options: options))
        try api.create("pods", Manifest.pod("late"))
        api.now = api.now + .seconds(400)
        let next = RequestOptions { $0.continueToken = page["metadata"]?["continue"]?.stringValue }
        let refusal = api.refusal(APIRequest(.list, Resource(plural: "pods"), namespace: "default", options: next))
        #expect(refusal?.code == 410 && refusal?.reason == .expired)
        let forged = RequestOptions { $0.continueToken = "bm9uc2Vuc2U" }
        #expect(api.refusal(APIRequest(.list, Resource(plural: "pods"), namespace: "default", options: forged))?.code == 400)
    }

    @Test("a list over all namespaces has all of them")
    func allNamespaces() throws {
        try api.create("pods", Manifest.pod("other"), namespace: "kube-system")
        #expect(try api.names("pods", namespace: nil).count == 11)
    }
}
