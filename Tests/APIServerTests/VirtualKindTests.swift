import APIServer
import Bytes
import ClusterAPI
import Testing

@Suite("Kinds that old tools ask for")
struct VirtualKindTests {
    private let api: Fixture

    init() throws { api = try Fixture() }

    @Test("the parts of the control plane are well, one by one and as a list, with the warning that Kubernetes gives")
    func componentStatuses() throws {
        let response = try api.server.handle(APIRequest(.list, Resource(plural: "componentstatuses")), now: api.now)
        #expect(response.warnings == ["v1 ComponentStatus is deprecated in v1.19+"])
        let list = try JSONValue.parse(response.body)
        #expect(list["kind"] == "ComponentStatusList")
        #expect(list["items"]?.arrayValue?.map { $0["metadata"]?["name"] } == ["controller-manager", "etcd-0", "scheduler"])
        let one = try api.get("componentstatuses", "scheduler", namespace: nil)
        #expect(one["kind"] == "ComponentStatus" && one["conditions"] == [["type": "Healthy", "status": "True", "message": "ok"]])
        #expect(api.refusal(APIRequest(.get, Resource(plural: "componentstatuses"), name: "x"))?.code == 404)
        #expect(api.refusal(APIRequest(.delete, Resource(plural: "componentstatuses"), name: "scheduler"))?.code == 405)
    }

    @Test("a pod template gets a pod's defaults, and is refused for what a pod is refused for")
    func podTemplates() throws {
        let template: JSONValue = [
            "kind": "PodTemplate", "apiVersion": "v1", "metadata": ["name": "t"],
            "template": ["metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "main", "image": "host"]]]],
        ]
        let made = try api.create("podtemplates", template)
        #expect(made["template"]?["spec"]?["restartPolicy"] == "Always")
        #expect(made["template"]?["spec"]?["containers"]?[0]?["imagePullPolicy"] == "Always")
        var wrong = template
        wrong.set([], at: ["template", "spec", "containers"])
        wrong.setName("u")
        let refusal = api.refusal(api.creation("podtemplates", wrong))
        #expect(refusal?.message == "PodTemplate \"u\" is invalid: template.spec.containers: Required value")
    }

    @Test("claims and volumes are made with the finalizers that protect them")
    func protection() throws {
        let claim: JSONValue = [
            "kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": ["name": "c"],
            "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
        ]
        #expect(try api.create("persistentvolumeclaims", claim)["metadata"]?["finalizers"] == ["kubernetes.io/pvc-protection"])
        let volume: JSONValue = [
            "kind": "PersistentVolume", "apiVersion": "v1", "metadata": ["name": "v"],
            "spec": ["capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"], "hostPath": ["path": "/tmp"]],
        ]
        #expect(try api.create("persistentvolumes", volume, namespace: nil)["metadata"]?["finalizers"] == ["kubernetes.io/pv-protection"])
    }
}

extension JSONValue {
    fileprivate mutating func setName(_ name: String) { set(.string(name), at: ["metadata", "name"]) }
}
