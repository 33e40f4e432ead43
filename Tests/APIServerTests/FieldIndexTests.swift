import APIServer
import Bytes
import ClusterAPI
import Testing

@Suite("Objects found by an indexed field")
struct FieldIndexTests {
    private let api: Fixture

    init() throws { api = try Fixture() }

    private static func onNode(_ name: String, version: String = "", limit: Int? = nil) -> RequestOptions {
        RequestOptions {
            $0.fieldSelector = .field("spec.nodeName", equals: name)
            $0.resourceVersion = version
            $0.limit = limit
        }
    }

    /// What a walk over all pods finds.
    private func walked(_ node: String) throws -> [String] {
        let list = try api.send(APIRequest(.list, Resource(plural: "pods"), namespace: "default"))
        return (list["items"]?.arrayValue ?? []).filter { ($0["spec"]?["nodeName"]?.stringValue ?? "") == node }.compactMap { $0["metadata"]?["name"]?.stringValue }
    }

    @Test("a node's pods are those that a walk finds, while pods come, are bound, change and go")
    func sameAsWalk() throws {
        let nodes = ["", "n0", "n1", "n2"]
        for node in nodes.dropFirst() { try api.create("nodes", ["kind": "Node", "apiVersion": "v1", "metadata": ["name": .string(node)]], namespace: nil) }
        var generator = Xoshiro256(seed: 7)
        var living: [String] = []
        for step in 0..<300 {
            switch generator.next(below: 4) {
            case 0, 1:
                let name = "p\(step)"
                let node = nodes[generator.next(below: nodes.count)]
                try api.create("pods", Manifest.pod(name, node: node.isEmpty ? nil : node))
                living.append(name)
            case 2 where !living.isEmpty:
                let name = living.remove(at: generator.next(below: living.count))
                try api.send(
                    APIRequest(.delete, Resource(plural: "pods"), namespace: "default", name: name, options: RequestOptions { $0.gracePeriodSeconds = 0 }))
            default:
                for name in try walked("").prefix(1) {
                    let binding: JSONValue = [
                        "kind": "Binding", "apiVersion": "v1", "metadata": ["name": .string(name)], "target": ["kind": "Node", "name": "n1"],
                    ]
                    try api.send(
                        APIRequest(
                            .create, Resource(plural: "pods"), namespace: "default", name: name, subresource: "binding", body: binding.bytes))
                }
            }
            let node = nodes[step % nodes.count]
            #expect(try api.names("pods", Self.onNode(node)) == walked(node))
            // The first state of a watch is the same one.
            let cursor = try api.server.cursor(WatchRequest(Resource(plural: "pods"), options: Self.onNode(node, version: step % 2 == 0 ? "" : "0")))
            #expect(cursor.drain().compactMap { $0.snapshot?.key.name } == (try walked(node)))
        }
    }

    @Test("other conditions, the namespace and pages hold as well")
    func otherConditions() throws {
        try api.create("namespaces", ["kind": "Namespace", "apiVersion": "v1", "metadata": ["name": "other"]], namespace: nil)
        try api.create("pods", Manifest.pod("elsewhere", node: "n"), namespace: "other")
        for number in 0..<5 { try api.create("pods", Manifest.pod("p\(number)", labels: ["odd": .string("\(number % 2)")], node: "n")) }
        var options = Self.onNode("n")
        options.labelSelector = try LabelRequirements(parsing: "odd=1")
        #expect(try api.names("pods", options) == ["p1", "p3"])
        #expect(try api.names("pods", Self.onNode("n"), namespace: nil) == ["p0", "p1", "p2", "p3", "p4", "elsewhere"])
        options = Self.onNode("n")
        options.fieldSelector = try FieldSelector(parsing: "spec.nodeName=n,status.phase!=Pending")
        #expect(try api.names("pods", options) == [])
        let page = try api.send(APIRequest(.list, Resource(plural: "pods"), namespace: "default", options: Self.onNode("n", limit: 2)))
        #expect(page["items"]?.arrayValue?.count == 2)
        #expect(page["metadata"]?["continue"] != nil)
    }

    @Test("a watch of a node's pods begins where its first state ends")
    func watchGoesOn() throws {
        try api.create("pods", Manifest.pod("a", node: "n"))
        let cursor = try api.server.cursor(WatchRequest(Resource(plural: "pods"), options: Self.onNode("n", version: "0")))
        try api.create("pods", Manifest.pod("b", node: "n"))
        try api.create("pods", Manifest.pod("c", node: "m"))
        #expect(cursor.drain().map { "\($0.type) \($0.snapshot?.key.name ?? "")" } == ["ADDED a", "ADDED b"])
    }
}
