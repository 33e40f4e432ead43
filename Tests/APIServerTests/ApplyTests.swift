@testable import APIServer
import Bytes
import ClusterAPI
import Testing

@Suite("Server-side apply and field ownership")
struct ApplyTests {
    let api: Fixture

    init() throws { api = try Fixture() }

    @discardableResult
    private func apply(_ object: JSONValue, by manager: String, force: Bool = false, plural: String = "configmaps") throws -> JSONValue {
        let name = object["metadata"]?["name"]?.stringValue ?? ""
        return try api.patch(plural, name, .apply, object, RequestOptions { $0.fieldManager = manager; $0.force = force })
    }

    private func owners(_ object: JSONValue) -> [String: JSONValue] {
        var owners: [String: JSONValue] = [:]
        for entry in object["metadata"]?["managedFields"]?.arrayValue ?? [] {
            owners["\(entry["manager"]?.stringValue ?? "") \(entry["operation"]?.stringValue ?? "")"] = entry["fieldsV1"]
        }
        return owners
    }

    @Test("an apply creates the object and owns what it names")
    func creation() throws {
        let made = try apply(Manifest.configMap("a", ["x": "1"]), by: "one")
        #expect(owners(made) == ["one Apply": ["f:data": ["f:x": [:]]]])
    }

    @Test("what a manager no longer names goes, unless another owns it too")
    func removal() throws {
        try apply(Manifest.configMap("a", ["x": "1", "y": "1"]), by: "one")
        try apply(Manifest.configMap("a", ["y": "1"]), by: "two")
        let object = try apply(Manifest.configMap("a", ["z": "1"]), by: "one")
        #expect(object["data"] == ["y": "1", "z": "1"])
        #expect(owners(object) == ["one Apply": ["f:data": ["f:z": [:]]], "two Apply": ["f:data": ["f:y": [:]]]])
    }

    @Test("a value that another owns is a conflict; force takes it")
    func conflict() throws {
        try apply(Manifest.configMap("a", ["x": "1"]), by: "one")
        let error = #expect(throws: StatusError.self) { try apply(Manifest.configMap("a", ["x": "2"]), by: "two") }
        #expect(error?.code == 409)
        #expect(error?.details?.causes == [.init(reason: "FieldManagerConflict", message: "conflict with \"one\"", field: ".data.x")])
        #expect(error?.message == "Apply failed with 1 conflict: conflict with \"one\": .data.x")
        let object = try apply(Manifest.configMap("a", ["x": "2"]), by: "two", force: true)
        #expect(object["data"] == ["x": "2"])
        #expect(owners(object) == ["two Apply": ["f:data": ["f:x": [:]]]])
    }

    @Test("a plain write takes what it changes, with or without a name of its own")
    func plainWrites() throws {
        try apply(Manifest.configMap("a", ["x": "1", "y": "1"]), by: "one")
        let named = try api.patch("configmaps", "a", .merge, ["data": ["x": "2"]], RequestOptions { $0.fieldManager = "editor" })
        #expect(owners(named) == ["one Apply": ["f:data": ["f:y": [:]]], "editor Update": ["f:data": ["f:x": [:]]]])
        let nameless = try api.patch("configmaps", "a", .merge, ["data": ["y": "2"]])
        #expect(owners(nameless) == ["editor Update": ["f:data": ["f:x": [:]]]])
        let error = #expect(throws: StatusError.self) { try apply(Manifest.configMap("a", ["x": "3"]), by: "one") }
        #expect(error?.details?.causes.first?.message == "conflict with \"editor\" using v1")
    }

    @Test("containers are owned one by one")
    func containers() throws {
        func controller(_ containers: JSONValue) -> JSONValue {
            [
                "kind": "ReplicationController", "apiVersion": "v1", "metadata": ["name": "web"],
                "spec": [
                    "selector": ["app": "web"],
                    "template": ["metadata": ["labels": ["app": "web"]], "spec": ["containers": containers]],
                ],
            ]
        }
        try apply(controller([["name": "a", "image": "host"], ["name": "b", "image": "host"]]), by: "one", plural: "replicationcontrollers")
        let object = try apply(controller([["name": "a", "image": "host"]]), by: "one", plural: "replicationcontrollers")
        let containers = object["spec"]?["template"]?["spec"]?["containers"]?.arrayValue ?? []
        #expect(containers.map { $0["name"] } == ["a"])
        let fields = owners(object)["one Apply"]?["f:spec"]?["f:template"]?["f:spec"]?["f:containers"]
        #expect(fields == [#"k:{"name":"a"}"#: [".": [:], "f:image": [:], "f:name": [:]]])
    }

    @Test("a replica count that an autoscaler writes is not the applier's any more")
    func scale() throws {
        var manifest = Manifest.controller("web", replicas: 2)
        manifest.set(["app": "web"], at: ["spec", "selector"])
        try apply(manifest, by: "one", plural: "replicationcontrollers")
        try api.patch("replicationcontrollers", "web", .merge, ["spec": ["replicas": 5]], subresource: "scale")
        manifest["spec"]?["replicas"] = nil
        let object = try apply(manifest, by: "one", plural: "replicationcontrollers")
        #expect(object["spec"]?["replicas"] == 5)
    }

    @Test("an apply that changes nothing changes no resource version")
    func idempotence() throws {
        let first = try apply(Manifest.configMap("a", ["x": "1"]), by: "one")
        api.now = api.now + .seconds(60)
        #expect(try apply(Manifest.configMap("a", ["x": "1"]), by: "one") == first)
    }

    @Test("an apply without a manager is refused")
    func managerless() throws {
        let request = APIRequest(
            .patch(.apply), Resource(plural: "configmaps"), namespace: "default", name: "a", body: Manifest.configMap("a").bytes)
        #expect(api.refusal(request)?.code == 422)
    }

    @Test("fieldsV1 reads back as it was written")
    func form() throws {
        let value: JSONValue = ["f:metadata": ["f:labels": [".": [:], "f:a": [:]]], "f:spec": ["f:x": [#"k:{"name":"n"}"#: [".": [:], "f:y": [:]]]]]
        #expect(FieldSet(value).value == value)
        #expect(FieldSet(value).paths == [".metadata.labels", ".metadata.labels.a", #".spec.x[name="n"]"#, #".spec.x[name="n"].y"#])
    }
}
