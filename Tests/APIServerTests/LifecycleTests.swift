import APIServer
import Bytes
import ClusterAPI
import Testing

@Suite("Objects from creation to deletion")
struct LifecycleTests {
    let api: Fixture

    init() throws { api = try Fixture() }

    @Test("a created object has a name, a uid, a time and a resource version")
    func creation() throws {
        let made = try api.create("configmaps", Manifest.configMap("a", ["k": "v"]))
        #expect(made["metadata"]?["uid"]?.stringValue?.count == 36)
        #expect(made["metadata"]?["creationTimestamp"] == "2026-11-24T12:00:00Z")
        #expect(made["metadata"]?["namespace"] == "default")
        #expect(made["metadata"]?["resourceVersion"]?.stringValue == String(api.server.revision))
        #expect(try api.get("configmaps", "a") == made)
    }

    @Test("an Event goes when nothing has touched it for its lifetime, one from before a restart too")
    func eventExpiry() async throws {
        func event(_ name: String, seen: String) throws {
            api.now = Timestamp(rfc3339: seen)!
            let pod: JSONValue = ["kind": "Pod", "namespace": "default", "name": "p"]
            try api.create("events", ["metadata": ["name": .string(name)], "involvedObject": pod, "lastTimestamp": .string(seen)])
        }
        // The first look at the store is the first minute after a start: what is there then says itself when it was last seen.
        try event("stale", seen: "2026-11-24T10:59:00Z")
        try event("recent", seen: "2026-11-24T11:30:00Z")
        api.now = Timestamp(rfc3339: "2026-11-24T12:00:00Z")!
        await api.server.expireEvents(now: api.now)
        #expect(try api.names("events") == ["recent"])
        try event("young", seen: "2026-11-24T12:00:00Z")
        try event("touched", seen: "2026-11-24T12:00:00Z")
        for minute in 1...61 {
            let now = api.now + .seconds(60 * minute)
            if minute == 30 { try api.patch("events", "touched", .merge, ["reason": "Again"]) }
            await api.server.expireEvents(now: now)
            if minute == 31 { #expect(try api.names("events") == ["touched", "young"]) }
        }
        #expect(try api.names("events") == ["touched", "young"])
        await api.server.expireEvents(now: api.now + .seconds(60 * 62))
        #expect(try api.names("events") == ["touched"])
        await api.server.expireEvents(now: api.now + .seconds(60 * 92))
        #expect(try api.names("events") == [])
    }

    @Test("generateName is completed by five characters")
    func generateName() throws {
        let object: JSONValue = ["metadata": ["generateName": "web-"]]
        let name = try api.create("configmaps", object)["metadata"]?["name"]?.stringValue ?? ""
        #expect(name.hasPrefix("web-") && name.count == 9)
    }

    @Test("what Kubernetes refuses is refused with its code, reason and words")
    func refusals() throws {
        try api.create("configmaps", Manifest.configMap("a"))
        let repeated = api.refusal(api.creation("configmaps", Manifest.configMap("a")))
        #expect(repeated?.code == 409 && repeated?.message == "configmaps \"a\" already exists")
        let missing = api.refusal(APIRequest(.get, Resource(plural: "pods"), namespace: "default", name: "x"))
        #expect(missing?.code == 404 && missing?.message == "pods \"x\" not found")
        let homeless = api.refusal(api.creation("configmaps", Manifest.configMap("a"), namespace: "nowhere"))
        #expect(homeless?.code == 404 && homeless?.message == "namespaces \"nowhere\" not found")
        var other = Manifest.configMap("b")
        other.set("kube-system", at: ["metadata", "namespace"])
        #expect(api.refusal(api.creation("configmaps", other))?.code == 400)
        let nameless = api.refusal(api.creation("configmaps", ["data": [:]]))
        #expect(nameless?.code == 422)
        #expect(nameless?.message == "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required")
        #expect(api.refusal(APIRequest(.list, Resource(plural: "nothings")))?.code == 404)
    }

    @Test("an update with an old resource version is a conflict; one without overwrites")
    func optimisticConcurrency() throws {
        var object = try api.create("configmaps", Manifest.configMap("a", ["k": "1"]))
        let first = object
        object.set("2", at: ["data", "k"])
        let update = APIRequest(.update, Resource(plural: "configmaps"), namespace: "default", name: "a", body: object.bytes)
        try api.send(update)
        var stale = update
        stale.body = first.bytes
        let refusal = api.refusal(stale)
        #expect(refusal?.code == 409)
        #expect(refusal?.message == "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again")
        try api.send(APIRequest(.update, Resource(plural: "configmaps"), namespace: "default", name: "a", body: Manifest.configMap("a").bytes))
        #expect(try api.get("configmaps", "a")["data"]?["k"] == nil)
    }

    @Test("writing what is there already changes no resource version")
    func idleWrite() throws {
        let made = try api.create("configmaps", Manifest.configMap("a", ["k": "1"]))
        let patched = try api.patch("configmaps", "a", .merge, ["data": ["k": "1"]])
        #expect(patched == made)
    }

    @Test("the status is written through its own resource, and only there")
    func status() throws {
        try api.create("replicationcontrollers", Manifest.controller("web", replicas: 3))
        var object = try api.get("replicationcontrollers", "web")
        #expect(object["metadata"]?["generation"] == 1)
        object.set(9, at: ["status", "replicas"])
        object.set(5, at: ["spec", "replicas"])
        let request = APIRequest(
            .update, Resource(plural: "replicationcontrollers"), namespace: "default", name: "web", body: object.bytes)
        var written = try api.send(request)
        #expect(written["spec"]?["replicas"] == 5)
        #expect(written["status"]?["replicas"] == 0)
        #expect(written["metadata"]?["generation"] == 2)
        written.set(7, at: ["status", "replicas"])
        written.set(1, at: ["spec", "replicas"])
        var status = request
        status.subresource = "status"
        status.body = written.bytes
        written = try api.send(status)
        #expect(written["spec"]?["replicas"] == 5)
        #expect(written["status"]?["replicas"] == 7)
        #expect(written["metadata"]?["generation"] == 2)
    }

    @Test("a dry run is answered and leaves nothing")
    func dryRun() throws {
        var request = api.creation("configmaps", Manifest.configMap("a"))
        request.options.isDryRun = true
        let revision = api.server.revision
        #expect(try api.send(request)["metadata"]?["name"] == "a")
        #expect(api.server.revision == revision)
        #expect(try api.names("configmaps").isEmpty)
    }

    // MARK: Deletion

    @Test("a pod on a node dies in two steps, one on no node at once")
    func gracefulDeletion() throws {
        try api.create("pods", Manifest.pod("free"))
        try api.create("pods", Manifest.pod("bound", node: "n1"))
        let gone = try api.send(APIRequest(.delete, Resource(plural: "pods"), namespace: "default", name: "free"))
        #expect(gone["kind"] == "Pod" && gone["metadata"]?["deletionGracePeriodSeconds"] == 0)
        let dying = try api.send(APIRequest(.delete, Resource(plural: "pods"), namespace: "default", name: "bound"))
        #expect(dying["metadata"]?["deletionTimestamp"] == "2026-11-24T12:00:30Z")
        #expect(dying["metadata"]?["deletionGracePeriodSeconds"] == 30)
        #expect(try api.names("pods") == ["bound"])
        var last = APIRequest(.delete, Resource(plural: "pods"), namespace: "default", name: "bound")
        last.options.gracePeriodSeconds = 0
        last.options.preconditionUID = "another"
        #expect(api.refusal(last)?.code == 409)
        last.options.preconditionUID = dying["metadata"]?["uid"]?.stringValue
        try api.send(last)
        #expect(try api.names("pods").isEmpty)
    }

    @Test("an object with finalizers goes when the last of them does")
    func finalizers() throws {
        var object = Manifest.configMap("a")
        object.set(["example.com/x", "example.com/y"], at: ["metadata", "finalizers"])
        try api.create("configmaps", object)
        try api.send(APIRequest(.delete, Resource(plural: "configmaps"), namespace: "default", name: "a"))
        #expect(try api.get("configmaps", "a")["metadata"]?["deletionTimestamp"] != nil)
        try api.patch("configmaps", "a", .merge, ["metadata": ["finalizers": ["example.com/x", "example.com/new"]]])
        #expect(try api.get("configmaps", "a")["metadata"]?["finalizers"] == ["example.com/x"])
        try api.patch("configmaps", "a", .merge, ["metadata": ["finalizers": nil]])
        #expect(try api.names("configmaps").isEmpty)
    }

    @Test(
        "propagation policies leave their finalizers for the collector",
        arguments: [(RequestOptions.PropagationPolicy.orphan, "orphan"), (.foreground, "foregroundDeletion")])
    func propagation(policy: RequestOptions.PropagationPolicy, finalizer: String) throws {
        try api.create("replicationcontrollers", Manifest.controller("web"))
        var request = APIRequest(.delete, Resource(plural: "replicationcontrollers"), namespace: "default", name: "web")
        request.options.propagationPolicy = policy
        #expect(try api.send(request)["metadata"]?["finalizers"] == [.string(finalizer)])
    }

    @Test("a namespace goes when its contents are finalized, and takes nothing new meanwhile")
    func namespaces() throws {
        try api.create("namespaces", ["metadata": ["name": "team"]], namespace: nil)
        let marked = try api.send(APIRequest(.delete, Resource(plural: "namespaces"), name: "team"))
        #expect(marked["status"]?["phase"] == "Terminating")
        let refusal = api.refusal(api.creation("configmaps", Manifest.configMap("a"), namespace: "team"))
        #expect(refusal?.code == 403)
        #expect(refusal?.message == "configmaps \"a\" is forbidden: unable to create new content in namespace team because it is being terminated")
        var finalized = marked
        finalized.set([], at: ["spec", "finalizers"])
        try api.send(APIRequest(.update, Resource(plural: "namespaces"), name: "team", subresource: "finalize", body: finalized.bytes))
        #expect(try api.names("namespaces", namespace: nil) == ["default", "kube-node-lease", "kube-public", "kube-system"])
        #expect(api.refusal(APIRequest(.delete, Resource(plural: "namespaces"), name: "default"))?.code == 403)
    }

    @Test("a collection is deleted as its selector says")
    func deleteCollection() throws {
        for number in 0..<6 { try api.create("pods", Manifest.pod("p\(number)", labels: ["odd": .string(number % 2 == 1 ? "yes" : "no")])) }
        var request = APIRequest(.deleteCollection, Resource(plural: "pods"), namespace: "default")
        request.options.labelSelector = try LabelRequirements(parsing: "odd=yes")
        let deleted = try api.send(request)
        #expect(deleted["kind"] == "PodList" && deleted["items"]?.arrayValue?.count == 3)
        #expect(try api.names("pods") == ["p0", "p2", "p4"])
    }
}
