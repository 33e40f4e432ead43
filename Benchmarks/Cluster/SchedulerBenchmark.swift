import Bytes
import ClusterAPI
import Reconciliation
import Scheduler

/// The scheduler's core as an actor: pods come in as watch events, bindings go out and are confirmed by the news of them.
struct SchedulerBenchmark {
    var nodes: Int
    var pods: Int

    func run() {
        let now = Timestamp(seconds: 1_700_000_000)
        var core = SchedulerCore(SchedulerConfiguration(seed: 1, bindingsInFlight: 512, podsPerTurn: 512))
        let objects = SampleObjects()
        for interest in core.watches { _ = core.handle(.synced(interest.resource), now: now) }
        for number in 0..<nodes { _ = core.handle(.objects(Node.resource, [.added(snapshot(objects.node(number)))]), now: now) }
        for kind in 0..<SampleObjects.kinds {
            _ = core.handle(.objects(ReplicationController.resource, [.added(snapshot(objects.controller(kind, replicas: 1)))]), now: now)
        }
        let waiting = (0..<pods).map { snapshot(objects.pod($0, node: nil)) }
        let processor = ProcessFigures(0)
        let (start, cpu) = (Stopwatch.now(), processor.cpuSeconds)
        var bound = 0
        var next = 0
        var effects: [ActorEffect] = []
        while bound < pods {
            if effects.isEmpty, next < pods {
                let batch = waiting[next..<min(pods, next + 512)]
                next += batch.count
                effects = core.handle(.objects(Pod.resource, batch.map { .added($0) }), now: now)
            }
            var following: [ActorEffect] = []
            for case .perform(let id, let request) in effects {
                guard request.subresource == "binding" else { continue }
                bound += 1
                following += core.handle(.reply(id, .success(APIResponse(body: []))), now: now)
            }
            if following.isEmpty, next >= pods { following = core.handle(.wake, now: now) }
            if following.isEmpty, next >= pods, bound < pods { break }
            effects = following
        }
        let seconds = Stopwatch.seconds(since: start)
        print(
            "scheduler core: \(bound) of \(pods) pods on \(nodes) nodes in \(seconds.short) s (\((processor.cpuSeconds - cpu).short) s CPU): "
                + "\(Int(Double(bound) / seconds)) pods/s; RSS \(processor.residentMegabytes) MB")
    }

    private func snapshot(_ object: some ClusterObject) -> ObjectSnapshot {
        ObjectSnapshot(key: object.key, uid: object.metadata.uid, revision: 1, bytes: object.jsonBytes)
    }
}

/// Nodes, pods and controllers of the size that users have.
struct SampleObjects {
    static let kinds = 100
    static let namespace = "default"

    func node(_ number: Int) -> Node {
        Node {
            ($0.metadata.name, $0.metadata.uid) = (Self.nodeName(number), "node-uid-\(number)")
            $0.metadata.labels = [
                "kubernetes.io/hostname": Self.nodeName(number), "kubernetes.io/os": "linux", "topology.kubernetes.io/zone": "zone-\(number % 3)",
            ]
            $0.status.capacity = ["cpu": Quantity(64), "memory": Quantity(256 << 30), "pods": Quantity(250)]
            $0.status.allocatable = $0.status.capacity
            $0.status.conditions = [NodeCondition { ($0.type, $0.status, $0.reason) = ("Ready", "True", "KubeletReady") }]
        }
    }

    static func nodeName(_ number: Int) -> String { "node-\(number)" }

    func labels(_ kind: Int) -> [String: String] { ["app": "app-\(kind)", "tier": "back"] }

    func pod(_ number: Int, node: String?) -> Pod {
        let kind = number % Self.kinds
        return Pod {
            ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid) = ("app-\(kind)-\(number)", Self.namespace, "pod-uid-\(number)")
            $0.metadata.labels = labels(kind)
            $0.spec = spec()
            $0.spec.nodeName = node
        }
    }

    func controller(_ kind: Int, replicas: Int) -> ReplicationController {
        ReplicationController {
            ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid) = ("app-\(kind)", Self.namespace, "rc-uid-\(kind)")
            $0.spec.replicas = replicas
            $0.spec.selector = labels(kind)
            $0.spec.template = PodTemplateSpec {
                $0.metadata.labels = labels(kind)
                $0.spec = spec()
            }
        }
    }

    private func spec() -> PodSpec {
        PodSpec {
            $0.containers = [
                Container { container in
                    (container.name, container.image) = ("main", "registry.example/app:1.2.3")
                    container.command = ["/bin/app", "--listen", "0.0.0.0:8080"]
                    container.ports = [ContainerPort { $0.containerPort = 8080 }]
                    container.env = (0..<6).map { number in
                        EnvVar { ($0.name, $0.value) = ("SETTING_\(number)", "value-\(number)") }
                    }
                    container.resources = ResourceRequirements { $0.requests = ["cpu": Quantity(milli: 100), "memory": Quantity(256 << 20)] }
                }
            ]
        }
    }
}
