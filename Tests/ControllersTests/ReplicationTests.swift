import Bytes
import ClusterAPI
import Reconciliation
import Testing

@testable import Controllers

@Suite("Replication controller")
struct ReplicationTests {
    @Test("makes missing pods in batches that double, and not again while they are not seen yet")
    func slowStart() {
        var bench = Bench(ReplicationReconciler())
        #expect(bench.put(controller("web", replicas: 6, status: 0)) == ["create pods", "update replicationcontrollers/status web"])
        #expect(bench.succeed() == Array(repeating: "create pods", count: 2))
        #expect(bench.succeed() == Array(repeating: "create pods", count: 3))
        #expect(bench.succeed() == [])
        #expect(bench.put(controller("web", replicas: 6)) == ["update replicationcontrollers/status web"])
        bench.settle()
        for number in 1...5 {
            let requests = bench.put(pod("web-\(number)"))
            #expect(!requests.contains("create pods"))
        }
        bench.settle()
        #expect(bench.put(pod("web-6")) == ["update replicationcontrollers/status web"])
    }

    @Test("one refused pod stops the round, is told and written to the status, and is tried again with back-off")
    func refused() throws {
        var bench = Bench(ReplicationReconciler())
        bench.put(controller("web", replicas: 100))
        _ = bench.takeEvents()
        #expect(bench.fail(.forbidden(Pod.resource, "web-", "exceeded quota: q")) == [])
        #expect(bench.takeEvents() == ["FailedCreate: Error creating: pods \"web-\" is forbidden: exceeded quota: q"])
        #expect(bench.advance(.milliseconds(5)).first == "create pods")
        let request = try #require(bench.outstanding.last { $0.request.subresource == "status" }).request
        let status = try ReplicationController(json: request.body).status
        #expect(status.conditions.map(\.reason) == ["FailedCreate"])
    }

    @Test("a lost creation is made up for in time even when the clock is set back an hour meanwhile")
    func lostCreationAndClock() {
        var bench = Bench(ReplicationReconciler())
        bench.put(controller("web", replicas: 1))
        bench.fail(.timeout("no answer"))
        bench.advance(.seconds(-3600))
        bench.settle()
        var asked: [String] = []
        for _ in 0..<40 {
            asked += bench.advance(.seconds(1))
            bench.settle()
        }
        #expect(asked.contains("create pods"))
    }

    @Test("a template makes pods with its labels, a generated name, and the controller as owner")
    func template() throws {
        var bench = Bench(ReplicationReconciler())
        bench.put(controller("web", replicas: 1))
        let made = try Pod(json: try #require(bench.outstanding.first).request.body)
        #expect(made.metadata.generateName == "web-" && made.metadata.labels == ["app": "web"])
        #expect(made.metadata.ownerReferences == [controllerReference("web")])
    }

    @Test("adopts a matching pod that nobody owns, and counts it")
    func adopts() {
        var bench = Bench(ReplicationReconciler())
        bench.put(pod("stray", owned: false))
        let web = controller("web", replicas: 1)
        #expect(bench.put(web) == ["get replicationcontrollers web", "update replicationcontrollers/status web"])
        #expect(bench.answer { .success(APIResponse(body: $0.verb == .get ? web.jsonBytes : $0.body)) } == ["patch pods stray"])
    }

    @Test("a pod let go by the end of its controller is not adopted again by a cache that does not know of the end yet")
    func noAdoptionAtTheEnd() {
        var bench = Bench(ReplicationReconciler())
        let web = controller("web", replicas: 1)
        bench.put(pod("web-1"), web)
        bench.settle()
        #expect(bench.put(pod("web-1", owned: false)).first == "get replicationcontrollers web")
        var going = web
        going.metadata.deletionTimestamp = .epoch
        #expect(bench.answer { _ in .success(APIResponse(body: going.jsonBytes)) } == [])
        bench.advance(.milliseconds(5))
        #expect(bench.fail(.notFound(ReplicationController.resource, "web")) == [])
    }

    @Test("a late pod of an earlier controller of the same name is not taken for one that was asked for")
    func earlierController() {
        var bench = Bench(ReplicationReconciler())
        bench.put(controller("web", replicas: 1))
        bench.settle()
        bench.put(
            pod("old") {
                $0.metadata.ownerReferences[0].uid = "rc-before"
            })
        // Had it been taken for the pod asked for, the controller would think nothing is on its way, and ask again.
        let requests = bench.advance(.seconds(1))
        #expect(!requests.contains("create pods") && !bench.outstanding.contains { $0.request.verb == .create })
    }

    @Test("a creation that failed inside the API may have happened: nothing is asked for again until that is clear")
    func openOutcome() {
        var bench = Bench(ReplicationReconciler())
        bench.put(controller("web", replicas: 1))
        bench.fail(.internalError("the disk did not answer"))
        for _ in 0..<20 {
            let requests = bench.advance(.seconds(1))
            #expect(!requests.contains("create pods"))
            bench.settle()
        }
        var asked: [String] = []
        for _ in 0..<15 { asked += bench.advance(.seconds(1)) }
        #expect(asked.contains("create pods"))
    }

    @Test("lets a pod go whose labels no longer match, and makes another")
    func releases() {
        var bench = Bench(ReplicationReconciler())
        bench.put(pod("web-1"), controller("web", replicas: 1, status: 1))
        bench.succeed()
        let requests = bench.put(pod("web-1") { $0.metadata.labels = ["app": "debug"] })
        #expect(requests.prefix(2) == ["patch pods web-1", "create pods"])
    }

    @Test("removes surplus pods by their uid, and not more while these are not seen to go")
    func removes() throws {
        var bench = Bench(ReplicationReconciler())
        bench.put(pod("web-1", node: "n1") { $0.setReady(true) }, pod("web-2"), pod("web-3"))
        #expect(bench.put(controller("web", replicas: 1)).prefix(2) == ["delete pods web-2", "delete pods web-3"])
        #expect(bench.outstanding[0].request.options.preconditionUID == "web-2")
        bench.succeed()
        #expect(!bench.put(controller("web", replicas: 0)).contains("delete pods web-1"))
        bench.succeed()
        bench.put(pod("web-2") { $0.metadata.deletionTimestamp = .epoch })
        bench.succeed()
        #expect(bench.remove(pod("web-3")).contains("delete pods web-1"))
    }

    @Test("an ended pod is replaced, and one that is told to end counts no more")
    func replaces() {
        var bench = Bench(ReplicationReconciler())
        bench.put(pod("web-1"), pod("web-2"), controller("web", replicas: 2, status: 2))
        bench.succeed()
        #expect(bench.put(pod("web-1") { $0.status.phase = "Failed" }).first == "create pods")
        bench.succeed()
        bench.put(pod("web-3"))
        bench.succeed()
        #expect(bench.put(pod("web-2") { $0.metadata.deletionTimestamp = .epoch }).first == "create pods")
    }

    @Test("a pod counts as available when it has been ready for minReadySeconds")
    func available() throws {
        var bench = Bench(ReplicationReconciler())
        bench.put(controller("web", replicas: 1, minReady: 10))
        bench.succeed()
        let since = bench.now
        bench.put(pod("web-1") { $0.setReady(true, since: since) })
        #expect(try status(bench).readyReplicas == 1)
        #expect(try status(bench).availableReplicas == 0)
        bench.succeed()
        bench.advance(.seconds(10))
        #expect(try status(bench).availableReplicas == 1)
    }

    private func status(_ bench: Bench<ReplicationReconciler>) throws -> ReplicationControllerStatus {
        try ReplicationController(json: try #require(bench.outstanding.last).request.body).status
    }

    struct Ranked: Sendable, CustomTestStringConvertible {
        var rule: String
        var first: Pod
        var second: Pod
        var testDescription: String { rule }

        init(_ rule: String, _ first: Pod, before second: Pod) { (self.rule, self.first, self.second) = (rule, first, second) }
    }

    static let ranks: [Ranked] = [
        Ranked("unassigned before assigned", plain("b"), before: plain("a", node: "n")),
        Ranked("pending before running", plain("b", node: "n") { $0.status.phase = "Pending" }, before: running("a")),
        Ranked("not ready before ready", running("b"), before: ready("a")),
        Ranked("cheaper to delete before dearer", running("b", cost: -5), before: running("a", cost: 3)),
        Ranked("ready for a shorter time before a longer", ready("b", since: 500), before: ready("a", since: 100)),
        Ranked("more restarts before fewer", running("b", restarts: 3), before: running("a")),
        Ranked("younger before older", running("b", created: 900), before: running("a", created: 100)),
    ]

    @Test("which pod goes first", arguments: ranks)
    func ranking(_ item: Ranked) {
        #expect(PodRanking.sorted([item.second, item.first]).map(\.metadata.name) == [item.first.metadata.name, item.second.metadata.name])
        #expect(PodRanking.sorted([item.first, item.second]).map(\.metadata.name) == [item.first.metadata.name, item.second.metadata.name])
    }

    @Test("of equal pods, the node with more of them gives one up")
    func doubledUp() {
        let sorted = PodRanking.sorted([Self.ready("a", node: "n1"), Self.ready("b", node: "n2"), Self.ready("c", node: "n2")])
        #expect(sorted.last?.metadata.name == "a")
    }

    private static func plain(_ name: String, node: String? = nil, _ fill: (inout Pod) -> Void = { _ in }) -> Pod {
        pod(name, node: node, fill)
    }

    private static func running(_ name: String, cost: Int? = nil, restarts: Int = 0, created: Int64 = 100) -> Pod {
        pod(name, node: "n") {
            $0.setReady(false)
            if let cost { $0.metadata.annotations["controller.kubernetes.io/pod-deletion-cost"] = String(cost) }
            $0.status.containerStatuses = [ContainerStatus { $0.restartCount = restarts }]
            $0.metadata.creationTimestamp = Timestamp(seconds: created)
        }
    }

    private static func ready(_ name: String, since: Int64 = 100, node: String = "n") -> Pod {
        pod(name, node: node) { $0.setReady(true, since: Timestamp(seconds: since)) }
    }
}
