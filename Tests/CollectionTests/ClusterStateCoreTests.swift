import Bytes
import ClusterAPI
import Reconciliation
import Telemetry
import Testing

@testable import Collection

@Suite("The cluster's state as series")
struct ClusterStateCoreTests {
    private let now = Timestamp(seconds: 1_700_000_000)

    private func snapshot<Object: ClusterObject>(_ object: Object, revision: UInt64 = 1) -> ObjectSnapshot {
        ObjectSnapshot(
            key: ObjectKey(Object.self, namespace: object.metadata.namespace, name: object.metadata.name), uid: object.metadata.uid,
            revision: revision, bytes: object.jsonBytes)
    }

    private func pod(ready: String?) -> Pod {
        Pod {
            $0.metadata.namespace = "shop"
            $0.metadata.name = "web-1"
            $0.metadata.uid = "u1"
            $0.spec.nodeName = "n1"
            $0.spec.containers = [
                Container {
                    $0.name = "app"
                    $0.resources = ResourceRequirements {
                        $0.requests = ["cpu": Quantity(milli: 250), "memory": Quantity(milli: 64_000), "example.com/gpu": Quantity(milli: 1000)]
                    }
                }
            ]
            $0.status.phase = "Running"
            if let ready {
                $0.status.conditions = [
                    PodCondition {
                        $0.type = "Ready"
                        $0.status = ready
                    }
                ]
            }
            $0.status.containerStatuses = [
                ContainerStatus {
                    $0.name = "app"
                    $0.restartCount = 3
                    $0.ready = true
                }
            ]
        }
    }

    @Test("a pod is told under kube-state-metrics' names")
    func pods() {
        var core = ClusterStateCore()
        _ = core.handle(.objects(Pod.resource, [.added(snapshot(pod(ready: "True")))]), now: now)
        let written = WrittenSamples(core.samples(now: now))
        let expected: [(String, [String: String], Double)] = [
            ("kube_pod_info", ["namespace": "shop", "pod": "web-1", "node": "n1", "uid": "u1"], 1),
            ("kube_pod_status_phase", ["phase": "Running"], 1), ("kube_pod_status_phase", ["phase": "Failed"], 0),
            ("kube_pod_status_ready", ["condition": "true"], 1), ("kube_pod_status_ready", ["condition": "false"], 0),
            ("kube_pod_status_ready", ["condition": "unknown"], 0),
            ("kube_pod_container_status_restarts_total", ["container": "app"], 3),
            ("kube_pod_container_resource_requests", ["resource": "cpu", "unit": "core"], 0.25),
            ("kube_pod_container_resource_requests", ["resource": "memory", "unit": "byte"], 64),
            ("kube_pod_container_resource_requests", ["resource": "example_com_gpu", "unit": "integer"], 1),
        ]
        for (name, labels, value) in expected { #expect(written.value(name, labels) == value, "\(name) \(labels)") }
    }

    @Test("a controller and a node are told with their counts and conditions")
    func controllersAndNodes() {
        let controller = ReplicationController {
            $0.metadata.namespace = "shop"
            $0.metadata.name = "web"
            $0.metadata.uid = "c1"
            $0.spec.replicas = 5
            $0.status.replicas = 4
            $0.status.readyReplicas = 3
        }
        let node = Node {
            $0.metadata.name = "n1"
            $0.metadata.uid = "n1"
            $0.spec.unschedulable = true
            $0.status.capacity = ["pods": Quantity(milli: 110_000), "cpu": Quantity(milli: 2000)]
            $0.status.conditions = [
                NodeCondition {
                    $0.type = "Ready"
                    $0.status = "Unknown"
                }
            ]
        }
        var core = ClusterStateCore()
        _ = core.handle(.objects(ReplicationController.resource, [.added(snapshot(controller))]), now: now)
        _ = core.handle(.objects(Node.resource, [.added(snapshot(node))]), now: now)
        let written = WrittenSamples(core.samples(now: now))
        let expected: [(String, [String: String], Double)] = [
            ("kube_replicationcontroller_spec_replicas", ["namespace": "shop", "replicationcontroller": "web"], 5),
            ("kube_replicationcontroller_status_replicas", [:], 4), ("kube_replicationcontroller_status_ready_replicas", [:], 3),
            ("kube_node_spec_unschedulable", ["node": "n1"], 1),
            ("kube_node_status_condition", ["condition": "Ready", "status": "unknown"], 1),
            ("kube_node_status_condition", ["condition": "Ready", "status": "true"], 0),
            ("kube_node_status_capacity", ["resource": "pods", "unit": "integer"], 110),
            ("kube_node_status_capacity", ["resource": "cpu", "unit": "core"], 2),
        ]
        for (name, labels, value) in expected { #expect(written.value(name, labels) == value, "\(name) \(labels)") }
    }

    @Test("what vanishes ends with staleness markers, once")
    func deletion() {
        var core = ClusterStateCore()
        _ = core.handle(.objects(Pod.resource, [.added(snapshot(pod(ready: nil)))]), now: now)
        let alive = WrittenSamples(core.samples(now: now))
        #expect(alive.value("kube_pod_status_ready", ["condition": "true"]) == nil)
        _ = core.handle(.objects(Pod.resource, [.deleted(snapshot(pod(ready: nil), revision: 2))]), now: now)
        let gone = WrittenSamples(core.samples(now: now))
        #expect(gone.live.isEmpty)
        #expect(gone.stale.sorted() == alive.live.sorted())
        #expect(core.samples(now: now).isEmpty)
    }
}
