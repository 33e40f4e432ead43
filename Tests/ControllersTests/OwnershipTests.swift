import Bytes
import ClusterAPI
import Reconciliation
import Testing

@testable import Controllers

@Suite("Garbage collection")
struct OwnershipTests {
    @Test("an object whose owner the API no longer has is deleted; one whose owner is merely not seen yet stays")
    func background() {
        var bench = Bench(GarbageReconciler())
        #expect(bench.put(pod("web-1")) == ["get replicationcontrollers web"])
        #expect(bench.answer { _ in .success(APIResponse(body: controller("web", replicas: 1).jsonBytes)) } == [])
        #expect(bench.put(controller("web", replicas: 1)) == [])
        #expect(bench.remove(controller("web", replicas: 1)) == ["get replicationcontrollers web"])
        #expect(bench.fail(.notFound(ReplicationController.resource, "web")) == ["delete pods web-1"])
        #expect(bench.outstanding[0].request.options.preconditionUID == "web-1")
    }

    @Test("an owner of the same name but another uid is another object")
    func otherUID() {
        var bench = Bench(GarbageReconciler())
        bench.put(pod("web-1"))
        var other = controller("web", replicas: 1)
        other.metadata.uid = "another"
        #expect(bench.answer { _ in .success(APIResponse(body: other.jsonBytes)) } == ["delete pods web-1"])
    }

    @Test("of several owners the last one counts: before that only the dangling reference goes")
    func severalOwners() throws {
        var bench = Bench(GarbageReconciler())
        var second = controllerReference("api")
        second.controller = nil
        bench.put(controller("api", replicas: 1))
        let requests = bench.put(pod("web-1") { $0.metadata.ownerReferences.append(second) })
        #expect(requests == ["get replicationcontrollers web"])
        #expect(bench.fail(.notFound(ReplicationController.resource, "web")) == ["patch pods web-1"])
        let references = try JSONValue.parse(bench.outstanding[0].request.body).value(at: "metadata", "ownerReferences")?.arrayValue
        #expect(references?.compactMap { $0["uid"]?.stringValue } == ["rc-api"])
    }

    @Test("foreground: the dependents go first, then the owner's finalizer")
    func foreground() {
        var bench = Bench(GarbageReconciler())
        var owner = controller("web", replicas: 1)
        bench.put(owner, pod("web-1"))
        owner.metadata.deletionTimestamp = bench.now
        owner.metadata.finalizers = ["foregroundDeletion"]
        #expect(bench.put(owner) == ["delete pods web-1"])
        #expect(bench.outstanding[0].request.options.propagationPolicy == .foreground)
        bench.succeed()
        #expect(bench.remove(pod("web-1")) == ["patch replicationcontrollers web"])
    }

    @Test("orphan: the dependents forget their owner, then it may go")
    func orphan() {
        var bench = Bench(GarbageReconciler())
        var owner = controller("web", replicas: 1)
        bench.put(owner, pod("web-1"))
        owner.metadata.deletionTimestamp = bench.now
        owner.metadata.finalizers = ["orphan"]
        #expect(bench.put(owner) == ["patch pods web-1"])
        #expect(bench.succeed() == ["patch replicationcontrollers web"])
    }

    @Test("an owner of a kind that is not known is taken to be there")
    func unknownKind() {
        var bench = Bench(GarbageReconciler())
        let requests = bench.put(
            pod("web-1") { $0.metadata.ownerReferences[0].kind = "DaemonSet" }, pod("web-2") { $0.metadata.ownerReferences[0].apiVersion = "x/y/z" })
        #expect(requests == [])
    }
}

@Suite("Pods that nobody looks after")
struct PodGarbageTests {
    @Test("pods of a node that has been gone for a while are removed, and those that never had a node and are to go")
    func removes() {
        var bench = Bench(PodGarbageReconciler(terminatedLimit: 1))
        bench.put(Node { $0.metadata.name = "n1" })
        bench.put(pod("lost", node: "gone"), pod("fine", node: "n1"), pod("going") { $0.metadata.deletionTimestamp = .epoch })
        #expect(bench.advance(.seconds(5)) == ["delete pods going"])
        bench.succeed()
        bench.remove(pod("going"))
        for _ in 0..<7 { #expect(bench.advance(.seconds(5)) == []) }
        #expect(bench.advance(.seconds(5)) == ["get nodes gone"])
        #expect(bench.fail(.notFound(Node.resource, "gone")) == ["delete pods lost"])
        #expect(bench.outstanding[0].request.options.gracePeriodSeconds == 0)
    }

    @Test("pods of a node that the API has, though it is not seen here yet, stay")
    func unseenNode() {
        var bench = Bench(PodGarbageReconciler())
        bench.put(pod("fine", node: "late"))
        for _ in 0..<9 { bench.advance(.seconds(5)) }
        #expect(bench.outstanding.map(\.request.name) == ["late"])
        #expect(bench.succeed() == [])
        #expect(bench.advance(.seconds(5)) == ["get nodes late"])
        #expect(bench.fail(.timeout("no answer")) == [])
    }

    @Test("of too many ended pods the oldest go")
    func ended() {
        var bench = Bench(PodGarbageReconciler(terminatedLimit: 1))
        bench.put(Node { $0.metadata.name = "n1" })
        for (name, age) in [("young", 30), ("old", 10), ("middle", 20)] {
            bench.put(
                pod(name, node: "n1") {
                    $0.status.phase = "Succeeded"
                    $0.metadata.creationTimestamp = Timestamp(seconds: Int64(age))
                })
        }
        #expect(bench.advance(.seconds(5)) == ["delete pods old", "delete pods middle"])
    }
}
