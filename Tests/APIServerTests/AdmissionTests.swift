import APIServer
import Bytes
import ClusterAPI
import Testing

@Suite("Addresses, quotas and bindings")
struct AdmissionTests {
    let api: Fixture

    init() throws { api = try Fixture() }

    @Test("every Service has an address of its own, which is free again when it goes")
    func addresses() throws {
        var addresses: Set<String> = []
        for number in 0..<50 {
            let made = try api.create("services", Manifest.service("s\(number)"))
            let address = made["spec"]?["clusterIP"]?.stringValue ?? ""
            #expect(address.hasPrefix("127."))
            #expect(made["spec"]?["clusterIPs"] == [.string(address)])
            addresses.insert(address)
        }
        #expect(addresses.count == 50)
        #expect(!addresses.contains("127.96.0.1"))
        var wanted = Manifest.service("wish")
        wanted.set(try api.get("services", "s0")["spec"]?["clusterIP"], at: ["spec", "clusterIP"])
        #expect(api.refusal(api.creation("services", wanted))?.message.contains("provided IP is already allocated") == true)
        try api.send(APIRequest(.delete, Resource(plural: "services"), namespace: "default", name: "s0"))
        try api.create("services", wanted)
        wanted.set("10.0.0.1", at: ["spec", "clusterIP"])
        wanted.set("far", at: ["metadata", "name"])
        #expect(api.refusal(api.creation("services", wanted))?.code == 422)
    }

    @Test("node ports are given, kept over updates, and given back")
    func nodePorts() throws {
        let made = try api.create("services", Manifest.service("s", type: "NodePort"))
        let port = try #require(made["spec"]?["ports"]?[0]?["nodePort"]?.intValue)
        #expect((30000...32767).contains(port))
        var plain = Manifest.service("s", type: "NodePort")
        plain.set(made["metadata"]?["resourceVersion"], at: ["metadata", "resourceVersion"])
        let updated = try api.send(APIRequest(.update, Resource(plural: "services"), namespace: "default", name: "s", body: plain.bytes))
        #expect(updated["spec"]?["ports"]?[0]?["nodePort"]?.intValue == port)
        #expect(updated["spec"]?["clusterIP"] == made["spec"]?["clusterIP"])
        var rival = Manifest.service("rival", type: "NodePort")
        rival.set([["port": 80, "nodePort": .number(port)]], at: ["spec", "ports"])
        #expect(api.refusal(api.creation("services", rival))?.message.contains("provided port is already allocated") == true)
        try api.patch("services", "s", .merge, ["spec": ["type": "ClusterIP"]])
        try api.create("services", rival)
    }

    @Test("a pod is bound once")
    func binding() throws {
        try api.create("pods", Manifest.pod("p"))
        func bind(_ node: String) -> StatusError? {
            let body: JSONValue = ["metadata": ["name": "p"], "target": ["kind": "Node", "name": .string(node)]]
            return api.refusal(
                APIRequest(.create, Resource(plural: "pods"), namespace: "default", name: "p", subresource: "binding", body: body.bytes))
        }
        #expect(bind("") != nil)
        #expect(bind("n1") == nil)
        let refusal = bind("n2")
        #expect(refusal?.code == 409)
        #expect(refusal?.message.contains("pod p is already assigned to node \"n1\"") == true)
        let pod = try api.get("pods", "p")
        #expect(pod["spec"]?["nodeName"] == "n1")
        #expect(pod["status"]?["conditions"]?[0]?["type"] == "PodScheduled")
    }

    @Test("an eviction deletes the pod")
    func eviction() throws {
        try api.create("pods", Manifest.pod("p", node: "n1"))
        let body: JSONValue = ["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": "p", "namespace": "default"]]
        try api.send(APIRequest(.create, Resource(plural: "pods"), namespace: "default", name: "p", subresource: "eviction", body: body.bytes))
        #expect(try api.get("pods", "p")["metadata"]?["deletionTimestamp"] != nil)
    }

    @Test("a quota is counted when it is made, charged by what is created, and refuses what exceeds it")
    func quota() throws {
        try api.create("configmaps", Manifest.configMap("early"))
        let made = try api.create("resourcequotas", ["metadata": ["name": "q"], "spec": ["hard": ["pods": "2", "cpu": "1", "configmaps": "2"]]])
        #expect(made["status"]?["used"] == ["configmaps": "1", "cpu": "0", "pods": "0"])
        #expect(
            api.refusal(api.creation("pods", Manifest.pod("silent")))?.message
                == "pods \"silent\" is forbidden: failed quota: q: must specify cpu for: main")
        try api.create("pods", Manifest.pod("a", resources: ["requests": ["cpu": "600m"]]))
        #expect(
            api.refusal(api.creation("pods", Manifest.pod("b", resources: ["requests": ["cpu": "600m"]])))?.message
                == "pods \"b\" is forbidden: exceeded quota: q, requested: cpu=600m, used: cpu=600m, limited: cpu=1")
        try api.create("configmaps", Manifest.configMap("late"))
        #expect(api.refusal(api.creation("configmaps", Manifest.configMap("more")))?.code == 403)
        #expect(try api.get("resourcequotas", "q")["status"]?["used"] == ["configmaps": "2", "cpu": "600m", "pods": "1"])
        try api.send(APIRequest(.delete, Resource(plural: "pods"), namespace: "default", name: "a"))
        // The collector's recount, whatever it believes the usage to be.
        let recount = try api.patch("resourcequotas", "q", .merge, ["status": ["used": ["pods": "77"]]], subresource: "status")
        #expect(recount["status"]?["used"] == ["configmaps": "2", "cpu": "0", "pods": "0"])
    }

    @Test("early LimitRanges are taken with a warning; defaultRequest of a pod stays an error")
    func earlyLimitRange() throws {
        let early: JSONValue = ["metadata": ["name": "l"], "spec": ["limits": [["type": "Pod", "default": ["cpu": "1024m"], "max": ["cpu": "2"]]]]]
        let response = try api.server.handle(api.creation("limitranges", early), now: api.now)
        #expect(!response.warnings.isEmpty)
        let pod = try api.create("pods", Manifest.pod("p"))
        #expect(pod["spec"]?["containers"]?[0]?["resources"]?["limits"]?["cpu"] == "1024m")
        let wrong: JSONValue = ["metadata": ["name": "w"], "spec": ["limits": [["type": "Pod", "defaultRequest": ["cpu": "1"]]]]]
        #expect(api.refusal(api.creation("limitranges", wrong))?.code == 422)
    }

    @Test("a claim without a class gets the default one, the newest of several; one that asks for the empty class gets none")
    func defaultStorageClass() throws {
        func storageClass(_ name: String) throws {
            let annotations: JSONValue = ["storageclass.kubernetes.io/is-default-class": "true"]
            let made = try api.create(
                "storageclasses", ["metadata": ["name": .string(name), "annotations": annotations], "provisioner": "kubernetes.io/no-provisioner"],
                group: "storage.k8s.io", namespace: nil)
            #expect(made["volumeBindingMode"] == "Immediate" && made["reclaimPolicy"] == "Delete")
        }
        func claim(_ name: String, _ storageClass: JSONValue? = nil) throws -> JSONValue? {
            var spec: JSONValue = ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]
            if let storageClass { spec["storageClassName"] = storageClass }
            return try api.create("persistentvolumeclaims", ["metadata": ["name": .string(name)], "spec": spec])["spec"]?["storageClassName"]
        }
        #expect(try claim("early") == nil)
        try storageClass("b")
        #expect(try claim("first") == "b")
        api.now = api.now + .seconds(1)
        try storageClass("c")
        #expect(try claim("of-two") == "c")
        #expect(try claim("none", "") == "")
        let patch = APIRequest(
            .patch(.merge), StorageClass.resource, name: "c", body: Array(#"{"volumeBindingMode":"WaitForFirstConsumer"}"#.utf8))
        #expect(api.refusal(patch)?.message.contains("volumeBindingMode: Invalid value: \"WaitForFirstConsumer\": field is immutable") == true)
    }

    @Test("a review answers who asks and that it may")
    func reviews() throws {
        let who = try api.send(
            APIRequest(
                .create, Resource(group: "authentication.k8s.io", plural: "selfsubjectreviews"), body: Array("{}".utf8),
                user: UserIdentity(name: "ann", groups: ["g"])))
        #expect(who["status"]?["userInfo"] == ["username": "ann", "groups": ["g"]])
        // kubectl 1.27 asks in the version before.
        let early = try api.send(
            APIRequest(
                .create, Resource(group: "authentication.k8s.io", plural: "selfsubjectreviews"), version: "v1beta1",
                body: Array(#"{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1beta1"}"#.utf8), user: UserIdentity(name: "ann")))
        #expect(early["apiVersion"] == "authentication.k8s.io/v1beta1" && early["status"]?["userInfo"] == ["username": "ann"])
        let may = try api.send(
            APIRequest(.create, Resource(group: "authorization.k8s.io", plural: "selfsubjectaccessreviews"), body: Array(#"{"spec":{}}"#.utf8)))
        #expect(may["status"]?["allowed"] == true)
    }
}
