@testable import APIServer
import Bytes
import ClusterAPI
import ObjectStore
import Testing

/// A patch, what it is applied to, and what comes out.
struct PatchCase: Sendable, CustomTestStringConvertible {
    let name: String
    let object: JSONValue
    let patch: JSONValue
    /// nil when the patch is refused.
    let result: JSONValue?

    init(_ name: String, _ object: JSONValue, _ patch: JSONValue, _ result: JSONValue?) {
        self.name = name
        self.object = object
        self.patch = patch
        self.result = result
    }

    var testDescription: String { name }
}

@Suite("Patches")
struct PatchTests {
    /// - Source: RFC 7386, appendix A.
    static let merges: [PatchCase] = [
        PatchCase("replace", ["a": "b"], ["a": "c"], ["a": "c"]),
        PatchCase("add", ["a": "b"], ["b": "c"], ["a": "b", "b": "c"]),
        PatchCase("remove", ["a": "b", "b": "c"], ["a": .null], ["b": "c"]),
        PatchCase("list by value", ["a": ["b"]], ["a": "c"], ["a": "c"]),
        PatchCase("value by list", ["a": "c"], ["a": ["b"]], ["a": ["b"]]),
        PatchCase("inside", ["a": ["b": "c"]], ["a": ["b": "d", "c": .null]], ["a": ["b": "d"]]),
        PatchCase("lists whole", ["a": [["b": "c"]]], ["a": [1]], ["a": [1]]),
        PatchCase("object from a list", [1, 2], ["a": "b", "c": .null], ["a": "b"]),
        PatchCase("nested nulls are left out", [:], ["a": ["bb": ["ccc": .null]]], ["a": ["bb": [:]]]),
    ]

    @Test("a merge patch gives what RFC 7386 says", arguments: merges)
    func mergePatch(item: PatchCase) { #expect(MergePatch.applied(item.patch, to: item.object) == item.result) }

    /// - Source: RFC 6902, appendix A.
    static let operations: [PatchCase] = [
        PatchCase("A.1 add a member", ["foo": "bar"], [["op": "add", "path": "/baz", "value": "qux"]], ["baz": "qux", "foo": "bar"]),
        PatchCase("A.2 add an element", ["foo": ["bar", "baz"]], [["op": "add", "path": "/foo/1", "value": "qux"]], ["foo": ["bar", "qux", "baz"]]),
        PatchCase("A.3 remove a member", ["baz": "qux", "foo": "bar"], [["op": "remove", "path": "/baz"]], ["foo": "bar"]),
        PatchCase("A.4 remove an element", ["foo": ["bar", "qux", "baz"]], [["op": "remove", "path": "/foo/1"]], ["foo": ["bar", "baz"]]),
        PatchCase("A.5 replace", ["baz": "qux"], [["op": "replace", "path": "/baz", "value": "boo"]], ["baz": "boo"]),
        PatchCase(
            "A.6 move", ["foo": ["bar": "baz", "waldo": "fred"], "qux": ["corge": "grault"]],
            [["op": "move", "from": "/foo/waldo", "path": "/qux/thud"]], ["foo": ["bar": "baz"], "qux": ["corge": "grault", "thud": "fred"]]),
        PatchCase(
            "A.7 move an element", ["foo": ["all", "grass", "cows", "eat"]], [["op": "move", "from": "/foo/1", "path": "/foo/3"]],
            ["foo": ["all", "cows", "eat", "grass"]]),
        PatchCase("A.8 test", ["baz": "qux"], [["op": "test", "path": "/baz", "value": "qux"]], ["baz": "qux"]),
        PatchCase("A.9 test that fails", ["baz": "qux"], [["op": "test", "path": "/baz", "value": "bar"]], nil),
        PatchCase("A.12 add below what is not there", ["foo": "bar"], [["op": "add", "path": "/baz/bat", "value": "qux"]], nil),
        PatchCase("A.14 escapes", ["/": 9, "~1": 10], [["op": "test", "path": "/~01", "value": 10]], ["/": 9, "~1": 10]),
        PatchCase("A.16 append", ["foo": ["bar"]], [["op": "add", "path": "/foo/-", "value": ["abc"]]], ["foo": ["bar", ["abc"]]]),
        PatchCase("remove what is not there", ["a": 1], [["op": "remove", "path": "/b"]], nil),
        PatchCase("an index outside", ["a": [1]], [["op": "add", "path": "/a/2", "value": 1]], nil),
        PatchCase("an index with a leading zero", ["a": [1, 2]], [["op": "remove", "path": "/a/01"]], nil),
        PatchCase("an operation that is none", ["a": 1], [["op": "frob", "path": "/a"]], nil),
    ]

    @Test("a JSON patch gives what RFC 6902 says", arguments: operations)
    func jsonPatch(item: PatchCase) throws {
        if let result = item.result {
            #expect(try JSONPatch(item.patch, operationLimit: 100, copyLimit: 1000).applied(to: item.object) == result)
        } else {
            let error = #expect(throws: StatusError.self) { try JSONPatch(item.patch, operationLimit: 100, copyLimit: 1000).applied(to: item.object) }
            #expect(error?.code == 422)
        }
    }

    @Test("copies of copies are refused before they are large")
    func copyBomb() {
        let copies = (0..<40).map { number -> JSONValue in ["op": "copy", "from": "/a", "path": .string("/a/\(number)")] }
        let error = #expect(throws: StatusError.self) {
            try JSONPatch(.array(copies), operationLimit: 100, copyLimit: 1000).applied(to: ["a": ["b": "c"]])
        }
        #expect(error?.code == 422)
    }

    static let strategic: [PatchCase] = [
        PatchCase(
            "containers are merged by name",
            ["spec": ["containers": [["name": "a", "image": "1"], ["name": "b", "image": "1"]]]],
            ["spec": ["containers": [["name": "b", "image": "2"]]]],
            ["spec": ["containers": [["name": "a", "image": "1"], ["name": "b", "image": "2"]]]]),
        PatchCase(
            "an element is deleted by a directive",
            ["spec": ["containers": [["name": "a"], ["name": "b"]]]],
            ["spec": ["containers": [["$patch": "delete", "name": "a"]]]],
            ["spec": ["containers": [["name": "b"]]]]),
        PatchCase(
            "a list is replaced by a directive",
            ["spec": ["containers": [["name": "a"], ["name": "b"]]]],
            ["spec": ["containers": [["name": "c"], ["$patch": "replace"]]]],
            ["spec": ["containers": [["name": "c"]]]]),
        PatchCase(
            "an order is kept, and what the server added stays behind its neighbour",
            ["spec": ["containers": [["name": "a"], ["name": "injected"], ["name": "b"]]]],
            ["spec": ["$setElementOrder/containers": [["name": "b"], ["name": "a"]], "containers": [["name": "a", "image": "2"]]]],
            ["spec": ["containers": [["name": "b"], ["name": "a", "image": "2"], ["name": "injected"]]]]),
        PatchCase(
            "one volume source replaces another by retainKeys",
            ["spec": ["volumes": [["name": "v", "emptyDir": [:]]]]],
            ["spec": ["volumes": [["name": "v", "hostPath": ["path": "/x"], "$retainKeys": ["name", "hostPath"]]]]],
            ["spec": ["volumes": [["name": "v", "hostPath": ["path": "/x"]]]]]),
        PatchCase(
            "finalizers are a set of texts",
            ["metadata": ["finalizers": ["a", "b"]]],
            ["metadata": ["finalizers": ["c"], "$deleteFromPrimitiveList/finalizers": ["a"]]],
            ["metadata": ["finalizers": ["b", "c"]]]),
        PatchCase("tolerations are replaced whole", ["spec": ["tolerations": [["key": "a"]]]], ["spec": ["tolerations": [["key": "b"]]]], ["spec": ["tolerations": [["key": "b"]]]]),
        PatchCase("null removes", ["spec": ["nodeName": "n"]], ["spec": ["nodeName": .null]], ["spec": [:]]),
        PatchCase("a map is replaced by a directive", ["spec": ["nodeSelector": ["a": "1"]]], ["spec": ["nodeSelector": ["$patch": "replace", "b": "2"]]], ["spec": ["nodeSelector": ["b": "2"]]]),
        PatchCase("an element without its key", ["spec": ["containers": []]], ["spec": ["containers": [["image": "x"]]]], nil),
    ]

    @Test("a strategic merge patch knows the lists of pods", arguments: strategic)
    func strategicMerge(item: PatchCase) throws {
        let patch = StrategicMergePatch(table: .standard)
        let object = try #require(item.object.objectValue)
        let change = try #require(item.patch.objectValue)
        if let result = item.result {
            #expect(JSONValue.object(try patch.applied(change, to: object, structure: "Pod")) == result)
        } else {
            #expect(throws: StatusError.self) { try patch.applied(change, to: object, structure: "Pod") }
        }
    }

    @Test("kubectl's own patches work on a stored object")
    func throughTheAPI() throws {
        let api = try Fixture()
        try api.create("replicationcontrollers", Manifest.controller("web"))
        try api.create("nodes", ["metadata": ["name": "n1"]], namespace: nil)
        // label, set image, scale, cordon
        try api.patch("replicationcontrollers", "web", .merge, ["metadata": ["labels": ["tier": "front"]]])
        try api.patch(
            "replicationcontrollers", "web", .strategic,
            [
                "spec": [
                    "template": ["spec": ["$setElementOrder/containers": [["name": "main"]], "containers": [["name": "main", "image": "host:2"]]]]
                ]
            ])
        let scale = try api.patch("replicationcontrollers", "web", .merge, ["spec": ["replicas": 4]], subresource: "scale")
        #expect(scale["kind"] == "Scale" && scale["spec"]?["replicas"] == 4 && scale["status"]?["selector"] == "app=web")
        let web = try api.get("replicationcontrollers", "web")
        #expect(web["spec"]?["replicas"] == 4)
        #expect(web["metadata"]?["labels"] == ["app": "web", "tier": "front"])
        #expect(web["spec"]?["template"]?["spec"]?["containers"]?[0]?["image"] == "host:2")
        let cordon = APIRequest(
            .patch(.strategic), Resource(plural: "nodes"), name: "n1", body: Array(#"{"spec":{"unschedulable":true}}"#.utf8))
        #expect(try api.send(cordon)["spec"]?["unschedulable"] == true)
    }

    @Test("a patch that names an old resource version, another name or an unknown field is refused")
    func refusals() throws {
        let api = try Fixture()
        try api.create("configmaps", Manifest.configMap("a"))
        func refusal(_ patch: JSONValue, _ options: RequestOptions = RequestOptions()) -> StatusError? {
            api.refusal(
                APIRequest(
                    .patch(.merge), Resource(plural: "configmaps"), namespace: "default", name: "a", body: patch.bytes, options: options))
        }
        #expect(refusal(["metadata": ["resourceVersion": "1"]])?.code == 409)
        #expect(refusal(["metadata": ["name": "b"]])?.code == 400)
        let strict = refusal(["dada": ["k": "v"]], RequestOptions { $0.fieldValidation = .strict })
        #expect(strict?.code == 400 && strict?.message.contains("strict decoding error: unknown field \"dada\"") == true)
        #expect(refusal([1])?.code == 400)
    }

    @Test("nothing that is stored holds a null")
    func noNulls() throws {
        let api = try Fixture()
        try api.create("configmaps", Manifest.configMap("a", ["k": "v"]))
        try api.create("pods", Manifest.pod("p", node: "n"))
        try api.create("services", Manifest.service("s", type: "NodePort"))
        try api.patch("configmaps", "a", .merge, ["data": ["k": .null]])
        try api.send(APIRequest(.delete, Resource(plural: "pods"), namespace: "default", name: "p"))
        for record in api.engine.index.records(prefix: "/") {
            #expect(!String(decoding: record.value, as: UTF8.self).contains("null"), "\(record.key)")
        }
    }
}
