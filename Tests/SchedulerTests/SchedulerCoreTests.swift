import Bytes
import ClusterAPI
import Reconciliation
import Testing

@testable import Scheduler

@Suite("Scheduler core")
struct SchedulerCoreTests {
    let now = Timestamp(seconds: 1_700_000_000)

    @Test("nothing is bound before everything is listed")
    func waitsForSync() {
        var rig = SchedulerRig(syncs: false)
        #expect(rig.tell([.added(rig.node("n1")), .added(rig.pod("web"))]).bindings.isEmpty)
        #expect(rig.sync().bindings == ["web→n1"])
    }

    @Test("a pod goes to the emptier node, and the next one counts it before the API confirms it")
    func assumes() {
        var rig = SchedulerRig()
        rig.tell([.added(rig.node("n1", cpu: "1")), .added(rig.node("n2", cpu: "1"))])
        let out = rig.tell([.added(rig.pod("a", cpu: "600m")), .added(rig.pod("b", cpu: "600m")), .added(rig.pod("c", cpu: "600m"))])
        #expect(Set(out.bindings) == ["a→n1", "b→n2"] || Set(out.bindings) == ["a→n2", "b→n1"])
        #expect(out.messages == ["0/2 nodes are available: 2 Insufficient cpu."])
    }

    @Test("an unschedulable pod says why in its condition and an event, and says it once while it stays true")
    func explains() {
        var rig = SchedulerRig()
        rig.tell([
            .added(rig.node("n1", cpu: "1")), .added(rig.node("n2") { $0.spec.unschedulable = true }),
            .added(rig.node("n3") { $0.spec.taints = [Taint { ($0.key, $0.value, $0.effect) = ("dedicated", "db", "NoSchedule") }] }),
        ])
        let out = rig.tell([.added(rig.pod("big", cpu: "3"))])
        let message =
            "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {dedicated: db}, 1 node(s) were unschedulable."
        #expect(out.messages == [message])
        #expect(out.events == ["FailedScheduling"])
        rig.now = rig.now + .seconds(20)
        let again = rig.tell([.added(rig.node("n4", cpu: "2"))])
        #expect(again.messages.count == 1, "one more node, so another message")
        rig.now = rig.now + .seconds(400)
        #expect(rig.wake().messages.isEmpty, "nothing changed, so the condition stays as it is")
    }

    @Test("without any node it says so")
    func noNodes() {
        var rig = SchedulerRig()
        #expect(rig.tell([.added(rig.pod("web"))]).messages == ["no nodes available to schedule pods"])
    }

    @Test("a refused binding frees the node at once, and the pod is tried again after its back-off")
    func forgets() {
        var rig = SchedulerRig()
        rig.tell([.added(rig.node("n1", cpu: "1"))])
        let out = rig.tell([.added(rig.pod("a", cpu: "800m"))])
        let refusal = StatusError.conflict(Pod.resource, "a", "pod is being deleted")
        #expect(rig.answer(out.ids[0], .failure(refusal)).bindings.isEmpty)
        #expect(rig.core.state.podCount == 0)
        rig.now = rig.now + .seconds(1)
        #expect(rig.wake().bindings == ["a→n1"])
    }

    @Test("a pod that the API shows on a node stays counted there, even when the answer to its binding was lost")
    func lostAnswer() {
        var rig = SchedulerRig()
        rig.tell([.added(rig.node("n1", cpu: "1"))])
        let out = rig.tell([.added(rig.pod("a", cpu: "800m"))])
        rig.tell([.modified(rig.pod("a", cpu: "800m", node: "n1"))])
        rig.answer(out.ids[0], .failure(.timeout("lost")))
        #expect(rig.core.state.node(ofPod: "a") == "n1")
        rig.now = rig.now + .seconds(30)
        #expect(rig.wake().bindings.isEmpty)
    }

    @Test("a binding whose answer was lost is asked about, and its node stays taken until that is known", arguments: ["", "n1"])
    func asks(node: String) {
        var rig = SchedulerRig()
        rig.tell([.added(rig.node("n1", cpu: "1"))])
        let out = rig.tell([.added(rig.pod("a", cpu: "800m")), .added(rig.pod("b", cpu: "800m"))])
        rig.answer(out.ids[0], .failure(.timeout("lost")))
        #expect(rig.core.state.isAssumed("a"))
        rig.now = rig.now + .seconds(1)
        let question = rig.wake()
        #expect(question.questions.count == 1 && question.bindings.isEmpty)
        let answer = rig.pod("a", cpu: "800m", node: node.isEmpty ? nil : node).bytes
        rig.answer(question.questions[0], .success(APIResponse(body: answer)))
        #expect(rig.core.state.isAssumed("a") == !node.isEmpty)
    }

    @Test("a pod that ends or goes makes room for one that waits")
    func makesRoom() {
        var rig = SchedulerRig()
        rig.tell([.added(rig.node("n1", cpu: "1")), .added(rig.pod("old", cpu: "800m", node: "n1"))])
        #expect(rig.tell([.added(rig.pod("new", cpu: "800m"))]).bindings.isEmpty)
        rig.now = rig.now + .seconds(2)
        #expect(rig.tell([.modified(rig.pod("old", cpu: "800m", node: "n1") { $0.status.phase = "Succeeded" })]).bindings == ["new→n1"])
    }

    @Test("the higher priority goes first, then the one that came first")
    func priority() {
        var rig = SchedulerRig(syncs: false)
        rig.tell([
            .added(rig.node("n1")), .added(rig.pod("low")), .added(rig.pod("high") { $0.spec.priority = 10 }), .added(rig.pod("later")),
        ])
        #expect(rig.sync().bindings == ["high→n1", "low→n1", "later→n1"])
    }

    @Test("the pods of one controller are spread over nodes")
    func spreads() {
        var rig = SchedulerRig()
        rig.tell((1...4).map { .added(rig.node("n\($0)")) })
        rig.tell([
            .added(
                rig.snapshot(
                    ReplicationController {
                        $0.metadata.name = "web"
                        $0.metadata.namespace = "default"
                        $0.spec.selector = ["app": "web"]
                    }))
        ])
        let out = rig.tell((1...8).map { .added(rig.pod("web\($0)") { $0.metadata.labels = ["app": "web"] }) })
        var counts: [Substring: Int] = [:]
        for binding in out.bindings { counts[binding.split(separator: "→")[1], default: 0] += 1 }
        #expect(counts == ["n1": 2, "n2": 2, "n3": 2, "n4": 2])
    }

    @Test("a pod that is told to end is no sibling any more, but keeps its place until it is gone")
    func goingSibling() {
        var rig = SchedulerRig()
        let controller = ReplicationController {
            ($0.metadata.name, $0.metadata.namespace, $0.spec.selector) = ("web", "default", ["app": "web"])
        }
        func pod(_ name: String, on node: String?, isGoing: Bool = false) -> ObjectSnapshot {
            rig.pod(name, cpu: "1", node: node) { pod in
                pod.metadata.labels = ["app": "web"]
                if isGoing { pod.metadata.deletionTimestamp = .epoch }
            }
        }
        rig.tell([
            .added(rig.node("n1", cpu: "2")), .added(rig.node("n2", cpu: "2")), .added(rig.snapshot(controller)), .added(pod("a", on: "n1")),
            .added(pod("b", on: "n2")), .modified(pod("a", on: "n1", isGoing: true)),
        ])
        #expect(rig.tell([.added(pod("c", on: nil))]).bindings == ["c→n1"])
        // Of two CPUs the going pod and the new one have both.
        rig.tell([.modified(pod("b", on: "n2", isGoing: true)), .added(pod("d", on: "n2"))])
        #expect(rig.tell([.added(pod("e", on: nil))]).bindings == [])
        rig.tell([.deleted(pod("a", on: "n1", isGoing: true))])
        rig.now = rig.now + .seconds(2)
        #expect(rig.wake().bindings == ["e→n1"])
    }

    @Test("the same events and the same seed give the same bindings, another seed may choose otherwise")
    func deterministic() {
        func run(_ seed: UInt64) -> [String] {
            var rig = SchedulerRig(seed: seed)
            rig.tell((1...30).map { .added(rig.node("n\($0)")) })
            return rig.tell((1...30).map { .added(rig.pod("p\($0)")) }).bindings
        }
        #expect(run(1) == run(1))
        #expect(run(1) != run(2))
    }

    @Test("a claim that is not bound yet holds its pod back until it is")
    func claims() {
        var rig = SchedulerRig()
        rig.tell([.added(rig.node("n1"))])
        let pod = rig.pod("db") { pod in
            pod.spec.volumes = [
                Volume { $0.persistentVolumeClaim = PersistentVolumeClaimVolumeSource { $0.claimName = "data" } }
            ]
        }
        #expect(rig.tell([.added(pod)]).messages == ["0/1 nodes are available: persistentvolumeclaim \"data\" not found."])
        rig.now = rig.now + .seconds(2)
        let claim = PersistentVolumeClaim {
            ($0.metadata.name, $0.metadata.namespace) = ("data", "default")
            ($0.spec.volumeName, $0.status.phase) = ("pv1", "Bound")
        }
        #expect(rig.tell([.added(rig.snapshot(claim))]).bindings == ["db→n1"])
    }

    @Test("a claim that waits for its first consumer gets a volume that the pod's node reaches, then the pod is bound; a lost race is run again")
    func waitingClaims() throws {
        var rig = SchedulerRig()
        let local = StorageClass {
            ($0.metadata.name, $0.provisioner, $0.volumeBindingMode) = ("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer")
        }
        func volume(_ name: String, node: String) -> PersistentVolume {
            PersistentVolume {
                ($0.metadata.name, $0.metadata.resourceVersion, $0.spec.storageClassName, $0.status.phase) = (name, "7", "local", "Available")
                $0.spec.capacity = ["storage": Quantity("10Gi")!]
                $0.spec.nodeAffinity = VolumeNodeAffinity {
                    $0.required = NodeSelector {
                        $0.nodeSelectorTerms = [
                            NodeSelectorTerm {
                                $0.matchFields = [NodeSelectorRequirement { ($0.key, $0.operator, $0.values) = ("metadata.name", "In", [node]) }]
                            }
                        ]
                    }
                }
            }
        }
        func claim(_ volume: String? = nil) -> PersistentVolumeClaim {
            PersistentVolumeClaim {
                ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid) = ("data", "default", "claim")
                ($0.spec.storageClassName, $0.spec.volumeName, $0.status.phase) = ("local", volume, volume == nil ? "Pending" : "Bound")
            }
        }
        let pod = rig.pod("db") { pod in
            pod.spec.volumes = [Volume { $0.persistentVolumeClaim = PersistentVolumeClaimVolumeSource { $0.claimName = "data" } }]
        }
        rig.tell([.added(rig.node("n1")), .added(rig.node("n2")), .added(rig.snapshot(local)), .added(rig.snapshot(claim()))])
        let refused = rig.tell([.added(pod)])
        #expect(refused.messages == ["0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind."])
        rig.now = rig.now + .seconds(2)
        var asked = rig.tell([.added(rig.snapshot(volume("disk", node: "n2")))])
        #expect(asked.bindings == [] && asked.requests == ["patch persistentvolumes disk"])
        // Somebody else was faster, and lets go again.
        rig.answer(try #require(asked.ids.first), .failure(.conflict(PersistentVolume.resource, "disk", "the object has been modified")))
        rig.now = rig.now + .seconds(11)
        asked = rig.wake()
        #expect(asked.requests == ["patch persistentvolumes disk"])
        rig.answer(try #require(asked.ids.first), .success(APIResponse(body: [])))
        var given = volume("disk", node: "n2")
        given.spec.claimRef = claim().reference
        rig.tell([.modified(rig.snapshot(given))])
        rig.now = rig.now + .seconds(11)
        #expect(rig.wake().bindings == [])
        rig.now = rig.now + .seconds(11)
        #expect(rig.tell([.modified(rig.snapshot(claim("disk")))]).bindings == ["db→n2"])
    }

    @Test("a ReadWriteOncePod claim goes to one pod, the next waits and says so, and gets it when the first has gone or could not be bound", arguments: [true, false])
    func exclusiveClaim(_ isBound: Bool) throws {
        var rig = SchedulerRig()
        func pod(_ name: String) -> ObjectSnapshot {
            rig.pod(name) { pod in
                pod.spec.volumes = [Volume { $0.persistentVolumeClaim = PersistentVolumeClaimVolumeSource { $0.claimName = "data" } }]
            }
        }
        let claim = PersistentVolumeClaim {
            ($0.metadata.name, $0.metadata.namespace) = ("data", "default")
            ($0.spec.volumeName, $0.spec.accessModes, $0.status.phase) = ("pv1", ["ReadWriteOncePod"], "Bound")
        }
        rig.tell([.added(rig.node("n1")), .added(rig.node("n2")), .added(rig.snapshot(claim))])
        let first = rig.tell([.added(pod("first"))])
        #expect(first.bindings.count == 1)
        let second = rig.tell([.added(pod("second"))])
        #expect(second.bindings.isEmpty)
        #expect(second.messages == ["0/2 nodes are available: persistentvolumeclaim \"data\" is ReadWriteOncePod and in use by another pod."])
        let id = try #require(first.ids.first)
        if isBound {
            rig.answer(id, .success(APIResponse(body: [])))
            rig.tell([.deleted(pod("first"))])
        } else {
            rig.answer(id, .failure(.conflict(Pod.resource, "first", "is being deleted")))
            rig.tell([.deleted(pod("first"))])
        }
        rig.now = rig.now + .seconds(11)
        #expect(rig.wake().bindings.map { String($0.prefix(6)) } == ["second"])
    }

    @Test("pods that the API shows with one ReadWriteOncePod claim keep it, both of them, and a third waits for both")
    func exclusiveClaimTwice() {
        var rig = SchedulerRig()
        func pod(_ name: String, on node: String?) -> ObjectSnapshot {
            rig.pod(name, node: node) { pod in
                pod.spec.volumes = [Volume { $0.persistentVolumeClaim = PersistentVolumeClaimVolumeSource { $0.claimName = "data" } }]
            }
        }
        let claim = PersistentVolumeClaim {
            ($0.metadata.name, $0.metadata.namespace) = ("data", "default")
            ($0.spec.volumeName, $0.spec.accessModes, $0.status.phase) = ("pv1", ["ReadWriteOncePod"], "Bound")
        }
        rig.tell([.added(rig.node("n1")), .added(rig.snapshot(claim)), .added(pod("a", on: "n1")), .added(pod("b", on: "n1"))])
        #expect(rig.tell([.added(pod("c", on: nil))]).bindings == [])
        rig.tell([.deleted(pod("a", on: "n1"))])
        rig.now = rig.now + .seconds(11)
        #expect(rig.wake().bindings == [])
        rig.tell([.deleted(pod("b", on: "n1"))])
        rig.now = rig.now + .seconds(11)
        #expect(rig.wake().bindings == ["c→n1"])
    }

    @Test("a profile sorts its own pods: by arrival the priority does not count")
    func queueSort() {
        var rig = SchedulerRig(profile: .classic())
        rig.tell([.added(rig.pod("low")), .added(rig.pod("high") { $0.spec.priority = 100 })])
        #expect(rig.tell([.added(rig.node("n1"))]).bindings == [])
        rig.now = rig.now + .seconds(2)
        #expect(rig.wake().bindings == ["low→n1", "high→n1"])
    }

    @Test("a pod that no plug-in of its profile binds stays off the nodes and says so")
    func noBinder() {
        struct NoBinder: BindPlugin {
            static let name = "NoBinder"
            func bind(_ pod: PodRequirements, to node: String) -> APIRequest? { nil }
        }
        var profile = SchedulingProfile.standard()
        profile.binders = [NoBinder()]
        var rig = SchedulerRig(profile: profile)
        rig.tell([.added(rig.node("n1"))])
        #expect(rig.tell([.added(rig.pod("a"))]).messages == ["no plug-in of profile default-scheduler binds this pod"])
        #expect(rig.core.state.podCount == 0)
    }

    @Test("pods of another scheduler, gated pods and pods that are going are left alone")
    func leavesAlone() {
        var rig = SchedulerRig()
        rig.tell([.added(rig.node("n1"))])
        let out = rig.tell([
            .added(rig.pod("other") { $0.spec.schedulerName = "mine" }),
            .added(rig.pod("gated") { $0.spec.schedulingGates = [PodSchedulingGate { $0.name = "wait" }] }),
            .added(rig.pod("going") { $0.metadata.deletionTimestamp = self.now }),
        ])
        #expect(out.bindings.isEmpty && out.messages.isEmpty)
    }
}
