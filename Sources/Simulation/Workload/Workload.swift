package import Bytes
import ClusterAPI
import Reconciliation

/// What users do, at random: they make, scale and delete controllers and services, delete and relabel pods, cordon nodes.
package struct Workload: Sendable {
    var random: Xoshiro256
    /// The mean time between two deeds.
    var interval: Duration
    /// What all controllers together may want, so that there is room for it even with a node less.
    var podLimit: Int
    var until: Timestamp

    package init(seed: UInt64, interval: Duration = .seconds(5), podLimit: Int = 10, until: Timestamp) {
        random = Xoshiro256(seed: seed)
        self.interval = interval
        self.podLimit = podLimit
        self.until = until
    }
}

extension World {
    package mutating func begin(_ newWorkload: Workload) {
        workload = newWorkload
        agenda.add(.workload, at: now)
    }

    mutating func work() {
        guard var workload, now < workload.until else { return }
        deed(&workload)
        let pause = Duration.milliseconds(1 + workload.random.next(below: Int(workload.interval.wholeMilliseconds) * 2))
        self.workload = workload
        agenda.add(.workload, at: now + pause)
    }

    private mutating func deed(_ workload: inout Workload) {
        let names = ["api", "db", "web"]
        let name = names[workload.random.next(below: names.count)]
        let present = all(ReplicationController.self).filter { $0.metadata.namespace == "default" && names.contains($0.metadata.name) }
        let wanted = present.reduce(0) { $0 + ($1.spec.replicas ?? 0) }
        switch workload.random.next(below: 10) {
        case 0...2:
            guard !present.contains(where: { $0.metadata.name == name }) else { return scale(name, present, wanted, &workload) }
            apply(.create(Self.controller(name, replicas: min(1 + workload.random.next(below: 4), workload.podLimit - wanted))), by: "user")
        case 3...4: scale(name, present, wanted, &workload)
        case 5:
            guard let controller = present.first(where: { $0.metadata.name == name }) else { return }
            // Orphans would stay for ever, and nobody could say whether that is what was wanted.
            apply(.delete(controller, propagation: workload.random.next(below: 2) == 0 ? .background : .foreground), by: "user")
        case 6: if let pod = choosePod(&workload) { apply(.delete(pod), by: "user") }
        case 7:
            guard let pod = choosePod(&workload), pod.metadata.labels["app"] != nil else { return }
            let other = names[workload.random.next(below: names.count)]
            apply(.patch(Pod.self, pod.namespacedName, .merge, ["metadata": ["labels": ["app": .string(other)]]]), by: "user")
        case 8: apply(.create(Self.service(name)), by: "user")
        default:
            let nodes = all(Node.self)
            guard !nodes.isEmpty else { return }
            let node = nodes[workload.random.next(below: nodes.count)]
            let patch: JSONValue = ["spec": ["unschedulable": .bool(!(node.spec.unschedulable ?? false))]]
            apply(.patch(Node.self, node.namespacedName, .merge, patch), by: "user")
        }
    }

    private mutating func scale(_ name: String, _ present: [ReplicationController], _ wanted: Int, _ workload: inout Workload) {
        guard let controller = present.first(where: { $0.metadata.name == name }) else { return }
        let room = workload.podLimit - wanted + (controller.spec.replicas ?? 0)
        let replicas = workload.random.next(below: room + 1)
        setReplicas(name, replicas)
    }

    @discardableResult
    mutating func setReplicas(_ name: String, _ replicas: Int, namespace: String = "default") -> Result<APIResponse, StatusError> {
        apply(
            .patch(
                ReplicationController.self, NamespacedName(namespace: namespace, name: name), .merge,
                ["spec": ["replicas": .number(replicas)]], subresource: "scale"), by: "user")
    }

    private func choosePod(_ workload: inout Workload) -> Pod? {
        let pods = all(Pod.self).filter { $0.metadata.deletionTimestamp == nil }
        return pods.isEmpty ? nil : pods[workload.random.next(below: pods.count)]
    }

    /// Undoes what would keep the cluster from coming to rest: cordons, and pods that nobody owns.
    package mutating func tidyUp() {
        workload = nil
        for node in all(Node.self) where node.spec.unschedulable == true {
            apply(.patch(Node.self, node.namespacedName, .merge, ["spec": ["unschedulable": false]]), by: "user")
        }
        for pod in all(Pod.self) where pod.metadata.ownerReferences.isEmpty { apply(.delete(pod), by: "user") }
    }

    static func controller(
        _ name: String, replicas: Int, cpu: String = "500m", memory: String = "64Mi", namespace: String = "default"
    ) -> ReplicationController {
        ReplicationController {
            ($0.metadata.namespace, $0.metadata.name) = (namespace, name)
            $0.spec.replicas = replicas
            $0.spec.selector = ["app": name]
            $0.spec.template = PodTemplateSpec {
                $0.metadata.labels = ["app": name]
                $0.spec.containers = [
                    Container { container in
                        (container.name, container.image) = ("main", "host")
                        container.resources = ResourceRequirements { $0.requests = ["cpu": Quantity(cpu)!, "memory": Quantity(memory)!] }
                    }
                ]
            }
        }
    }

    static func service(_ name: String, port: Int = 80, namespace: String = "default") -> Service {
        Service {
            ($0.metadata.namespace, $0.metadata.name) = (namespace, name)
            $0.spec.selector = ["app": name]
            $0.spec.ports = [
                ServicePort {
                    $0.port = port
                    $0.targetPort = .int(8080)
                }
            ]
        }
    }
}
