import Bytes
import ClusterAPI
import Reconciliation
import Testing

@testable import Controllers

@Suite("Node lifecycle")
struct NodeLifecycleTests {
    private func node(_ name: String, ready: String = "True", beat: Int64 = 1, taints: [Taint] = []) -> Node {
        Node {
            ($0.metadata.name, $0.metadata.uid) = (name, name)
            $0.spec.taints = taints
            $0.status.conditions = [
                NodeCondition {
                    ($0.type, $0.status) = ("Ready", ready)
                    $0.lastHeartbeatTime = Timestamp(seconds: beat)
                }
            ]
        }
    }

    private func lease(_ name: String, _ beat: Int64) -> Lease {
        Lease {
            ($0.metadata.name, $0.metadata.namespace) = (name, "kube-node-lease")
            $0.spec.renewTime = Timestamp(seconds: beat)
        }
    }

    private func taint(_ key: String, _ effect: String, added: Timestamp = .epoch) -> Taint {
        Taint {
            ($0.key, $0.effect) = (key, effect)
            $0.timeAdded = added
        }
    }

    /// Lets time pass in steps as a running process sees it.
    private func pass(_ seconds: Int, _ bench: inout Bench<NodeLifecycleReconciler>, beating: [String] = []) -> [String] {
        var requests: [String] = []
        for second in 0..<seconds / 5 {
            for name in beating { bench.put(lease(name, Int64(1000 + second))) }
            requests += bench.advance(.seconds(5))
            bench.settle()
        }
        return requests
    }

    @Test("a node whose lease is renewed stays as it is; one that is silent for the grace period is marked unknown, once")
    func silence() throws {
        var bench = Bench(NodeLifecycleReconciler())
        bench.put(node("alive"), node("silent"))
        #expect(pass(35, &bench, beating: ["alive"]) == [])
        bench.put(lease("alive", 1007))
        #expect(bench.advance(.seconds(5)) == ["update nodes/status silent"])
        let condition = try Node(json: try #require(bench.outstanding.first).request.body).condition("Ready")
        #expect(condition?.status == "Unknown" && condition?.reason == "NodeStatusUnknown")
        #expect(condition?.message == "Kubelet stopped posting node status.")
        bench.succeed()
        bench.put(node("silent", ready: "Unknown"))
        #expect(bench.outstanding.map(\.request.name) == ["silent"], "its taints follow")
    }

    @Test("a jump of the clock is nobody's silence")
    func clockJump() {
        var bench = Bench(NodeLifecycleReconciler())
        bench.put(node("a"), node("b"))
        #expect(bench.advance(.seconds(86_400 * 365)) == [])
        #expect(bench.advance(.seconds(-3600)) == [])
        #expect(pass(40, &bench) == [])
        #expect(bench.advance(.seconds(5)).sorted() == ["update nodes/status a", "update nodes/status b"])
    }

    @Test("a node that is not ready is tainted; pods leave when their patience ends, and at once when they have none")
    func evicts() throws {
        var bench = Bench(NodeLifecycleReconciler())
        bench.put(node("good1"), node("good2"))
        bench.put(node("bad", ready: "False"))
        let patch = try #require(bench.outstanding.first).request
        let taints = try JSONValue.parse(patch.body).value(at: "spec", "taints")?.arrayValue ?? []
        #expect(taints.compactMap { $0["effect"]?.stringValue } == ["NoSchedule", "NoExecute"])
        bench.succeed()
        let added = bench.now
        bench.put(
            node(
                "bad", ready: "False",
                taints: [taint(NodeTaints.notReady, "NoSchedule", added: added), taint(NodeTaints.notReady, "NoExecute", added: added)]))
        bench.put(pod("patient", node: "bad"))
        let hasty = pod("hasty", node: "bad") { pod in
            pod.spec.tolerations = [
                Toleration {
                    ($0.key, $0.operator) = (NodeTaints.notReady, "Exists")
                    $0.tolerationSeconds = 0
                }
            ]
        }
        #expect(bench.put(hasty) == ["delete pods hasty"])
        bench.remove(hasty)
        bench.settle()
        #expect(pass(290, &bench, beating: ["good1", "good2", "bad"]).filter { $0 == "delete pods patient" }.isEmpty)
        #expect(pass(20, &bench, beating: ["good1", "good2", "bad"]).contains("delete pods patient"))
    }

    @Test("when every node is lost at once, none is tainted to evict, and pods stay")
    func noMassEviction() throws {
        var bench = Bench(NodeLifecycleReconciler())
        for number in 1...5 { bench.put(node("n\(number)", ready: "Unknown")) }
        for (_, request) in bench.outstanding.dropFirst() {
            let taints = try JSONValue.parse(request.body).value(at: "spec", "taints")?.arrayValue ?? []
            let evicting = taints.contains { $0["effect"]?.stringValue == "NoExecute" }
            // Of the first ones seen, the others were not known yet.
            #expect(!evicting || request.name == "n1")
        }
    }

    struct Zone: Sendable, CustomTestStringConvertible {
        var ready: Int
        var notReady: Int
        var rate: Double
        var isClusterDisrupted = false
        var testDescription: String { "\(ready) ready, \(notReady) not\(isClusterDisrupted ? ", as most of the cluster" : ""): \(rate) nodes/s" }
    }

    @Test(
        "how fast a zone evicts",
        arguments: [
            Zone(ready: 3, notReady: 0, rate: 0.1), Zone(ready: 2, notReady: 1, rate: 0.1), Zone(ready: 1, notReady: 2, rate: 0.1),
            Zone(ready: 2, notReady: 3, rate: 0), Zone(ready: 0, notReady: 1, rate: 0.1), Zone(ready: 40, notReady: 60, rate: 0.01),
            Zone(ready: 60, notReady: 40, rate: 0.1), Zone(ready: 0, notReady: 100, rate: 0, isClusterDisrupted: true),
            Zone(ready: 0, notReady: 1, rate: 0, isClusterDisrupted: true),
        ])
    func zones(_ zone: Zone) {
        let state = ZoneState(ready: zone.ready, notReady: zone.notReady)
        #expect(state.evictionRate(nodeCount: zone.ready + zone.notReady, isClusterDisrupted: zone.isClusterDisrupted) == zone.rate)
    }

    struct Loss: Sendable, CustomTestStringConvertible {
        var lost: Int
        var of: Int
        var seconds: Int
        var evicted: ClosedRange<Int>
        var testDescription: String { "\(lost) of \(of) for \(seconds) s: \(evicted)" }
    }

    /// The first one is seen while the others are not known to be lost yet.
    @Test(
        "of nodes that are lost together one is sent into eviction every ten seconds; of most of a large zone one every hundred, of most of a small one none",
        arguments: [
            Loss(lost: 10, of: 30, seconds: 60, evicted: 6...7), Loss(lost: 60, of: 100, seconds: 300, evicted: 3...4),
            Loss(lost: 4, of: 6, seconds: 300, evicted: 0...1), Loss(lost: 5, of: 5, seconds: 300, evicted: 0...1),
        ])
    func rateLimit(_ loss: Loss) throws {
        var bench = Bench(NodeLifecycleReconciler())
        let good = (loss.lost..<loss.of).map { "good\($0)" }
        for name in good { bench.put(node(name)) }
        for number in 0..<loss.lost { bench.put(node("bad\(number)", ready: "Unknown")) }
        var evicted: Set<String> = []
        for second in 0..<loss.seconds / 5 {
            // The API does what is asked: taints are there from now on.
            while !bench.outstanding.isEmpty {
                var tainted: [Node] = []
                for (_, request) in bench.outstanding {
                    guard let name = request.name, let taints = try JSONValue.parse(request.body).value(at: "spec", "taints")?.arrayValue else { continue }
                    tainted.append(node(name, ready: "Unknown", taints: try taints.map { try Taint(json: $0.bytes) }))
                    if taints.contains(where: { $0["effect"] == "NoExecute" }) { evicted.insert(name) }
                }
                bench.succeed()
                for node in tainted { bench.put(node) }
            }
            for name in good { bench.put(lease(name, Int64(1000 + second))) }
            bench.advance(.seconds(5))
        }
        #expect(loss.evicted.contains(evicted.count), "\(evicted.sorted())")
    }

    private func zoned(_ name: String, _ zone: String, ready: String) -> Node {
        var zoned = node(name, ready: ready)
        zoned.metadata.labels["topology.kubernetes.io/zone"] = zone
        return zoned
    }

    @Test("a zone of one node that is lost is evicted while the other zones are well")
    func zoneOfOne() throws {
        var bench = Bench(NodeLifecycleReconciler())
        bench.put(zoned("a", "za", ready: "True"), zoned("b", "zb", ready: "True"))
        bench.settle()
        bench.put(zoned("c", "zc", ready: "Unknown"))
        let patch = try #require(bench.outstanding.last { $0.request.name == "c" && $0.request.verb != .update })
        let taints = try JSONValue.parse(patch.request.body).value(at: "spec", "taints")?.arrayValue ?? []
        #expect(taints.contains { $0["effect"] == "NoExecute" })
    }

    @Test("when most nodes of all zones go, no zone is evicted, not even one that is lost as a whole")
    func mostZones() throws {
        var bench = Bench(NodeLifecycleReconciler())
        bench.put(zoned("a", "za", ready: "True"))
        for (name, zone) in [("b", "zb"), ("c", "zc"), ("d", "zd")] { bench.put(zoned(name, zone, ready: "Unknown")) }
        bench.settle()
        bench.put(zoned("e", "ze", ready: "Unknown"))
        for (_, request) in bench.outstanding where request.name == "e" {
            let taints = try JSONValue.parse(request.body).value(at: "spec", "taints")?.arrayValue ?? []
            #expect(!taints.contains { $0["effect"] == "NoExecute" })
        }
        #expect(bench.outstanding.contains { $0.request.name == "e" })
    }
}
