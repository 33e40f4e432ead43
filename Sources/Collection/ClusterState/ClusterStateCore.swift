package import Bytes
import ClusterAPI
package import Reconciliation
package import Telemetry

/// The state of the cluster as series, under the names of kube-state-metrics, straight from the API server's objects.
///
/// An actor that only looks: it has no effects, its owner asks it for samples.
package struct ClusterStateCore: ActorCore {
    private var controllers = InformerCache<ReplicationController>()
    private var pods = InformerCache<Pod>()
    private var nodes = InformerCache<Node>()
    private var autoscalers = InformerCache<HorizontalPodAutoscaler>()
    private var services = InformerCache<Service>()
    /// Series of the last sweep: those that are gone end with a staleness marker.
    private var previous: Set<Labels> = []

    package init() {}

    package var watches: [WatchInterest] {
        [
            WatchInterest(ReplicationController.resource), WatchInterest(Pod.resource), WatchInterest(Node.resource),
            WatchInterest(HorizontalPodAutoscaler.resource), WatchInterest(Service.resource),
        ]
    }

    package mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect] {
        guard case .objects(let resource, let changes) = event else { return [] }
        switch resource {
        case ReplicationController.resource: _ = controllers.apply(changes)
        case Pod.resource: _ = pods.apply(changes)
        case Node.resource: _ = nodes.apply(changes)
        case HorizontalPodAutoscaler.resource: _ = autoscalers.apply(changes)
        case Service.resource: _ = services.apply(changes)
        default: break
        }
        return []
    }

    /// One sweep: every series with its value now, and the end of those that vanished.
    package mutating func samples(now: Timestamp) -> SampleWriteBatch {
        var sweep = Sweep(time: now.milliseconds)
        for controller in controllers.sortedObjects { add(controller, to: &sweep) }
        for pod in pods.sortedObjects { add(pod, to: &sweep) }
        for node in nodes.sortedObjects { add(node, to: &sweep) }
        for autoscaler in autoscalers.sortedObjects { add(autoscaler, to: &sweep) }
        for service in services.sortedObjects {
            sweep.add(
                "kube_service_info", 1,
                [("namespace", service.metadata.namespace ?? ""), ("service", service.metadata.name), ("cluster_ip", service.spec.clusterIP ?? "")])
        }
        sweep.end(previous.subtracting(sweep.written))
        previous = sweep.written
        return sweep.batch
    }

    /// Remembers what a sweep over a copy has written.
    package mutating func goOn(after sweep: ClusterStateCore) { previous = sweep.previous }

    private struct Sweep {
        var batch = SampleWriteBatch()
        var written: Set<Labels> = []
        let time: Int64

        init(time: Int64) { self.time = time }

        mutating func add(_ name: String, _ value: Double, _ labels: [(String, String)]) {
            var builder = LabelsBuilder()
            builder.set(Labels.metricName, name)
            for (label, text) in labels { builder.set(label, text) }
            let made = builder.labels
            guard written.insert(made).inserted else { return }
            batch.addSample(series: batch.addSeries(made), time: time, value: value)
        }

        mutating func end(_ gone: Set<Labels>) {
            for labels in gone.sorted() { batch.addSample(series: batch.addSeries(labels), time: time, value: StalenessMarker.value) }
        }
    }

    private func add(_ controller: ReplicationController, to sweep: inout Sweep) {
        let labels = [("namespace", controller.metadata.namespace ?? ""), ("replicationcontroller", controller.metadata.name)]
        sweep.add("kube_replicationcontroller_spec_replicas", Double(controller.spec.replicas ?? 1), labels)
        sweep.add("kube_replicationcontroller_status_replicas", Double(controller.status.replicas), labels)
        sweep.add("kube_replicationcontroller_status_ready_replicas", Double(controller.status.readyReplicas ?? 0), labels)
        sweep.add("kube_replicationcontroller_status_available_replicas", Double(controller.status.availableReplicas ?? 0), labels)
        sweep.add("kube_replicationcontroller_status_observed_generation", Double(controller.status.observedGeneration ?? 0), labels)
        sweep.add("kube_replicationcontroller_metadata_generation", Double(controller.metadata.generation ?? 0), labels)
    }

    private func add(_ pod: Pod, to sweep: inout Sweep) {
        let base = [("namespace", pod.metadata.namespace ?? ""), ("pod", pod.metadata.name), ("uid", pod.metadata.uid)]
        let owner = pod.metadata.ownerReferences.first { $0.controller == true }
        sweep.add(
            "kube_pod_info", 1,
            base + [
                ("node", pod.spec.nodeName ?? ""), ("pod_ip", pod.status.podIP ?? ""), ("host_ip", pod.status.hostIP ?? ""),
                ("created_by_kind", owner?.kind ?? ""), ("created_by_name", owner?.name ?? ""),
            ])
        for phase in ["Pending", "Running", "Succeeded", "Failed", "Unknown"] {
            sweep.add("kube_pod_status_phase", pod.status.phase == phase ? 1 : 0, base + [("phase", phase)])
        }
        if let ready = pod.status.conditions.first(where: { $0.type == "Ready" })?.status.lowercased() {
            for condition in ["true", "false", "unknown"] {
                sweep.add("kube_pod_status_ready", ready == condition ? 1 : 0, base + [("condition", condition)])
            }
        }
        if let start = pod.status.startTime { sweep.add("kube_pod_start_time", Double(start.seconds), base) }
        for status in pod.status.containerStatuses {
            sweep.add("kube_pod_container_status_restarts_total", Double(status.restartCount), base + [("container", status.name)])
            sweep.add("kube_pod_container_status_ready", status.ready ? 1 : 0, base + [("container", status.name)])
        }
        for container in pod.spec.containers {
            let labels = base + [("container", container.name), ("node", pod.spec.nodeName ?? "")]
            add(container.resources?.requests ?? [:], "kube_pod_container_resource_requests", labels, to: &sweep)
            add(container.resources?.limits ?? [:], "kube_pod_container_resource_limits", labels, to: &sweep)
        }
    }

    private func add(_ quantities: [String: Quantity], _ name: String, _ labels: [(String, String)], to sweep: inout Sweep) {
        for (resource, quantity) in quantities.sorted(by: { $0.key < $1.key }) {
            // Names as kube-state-metrics forms them: every other character is an underscore.
            let form = String(resource.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
            sweep.add(name, quantity.double, labels + [("resource", form), ("unit", unit(of: resource))])
        }
    }

    private func unit(of resource: String) -> String {
        if resource == "cpu" { return "core" }
        let isBytes = ["memory", "storage", "ephemeral-storage"].contains(resource) || resource.hasPrefix("hugepages-")
        return isBytes ? "byte" : "integer"
    }

    private func add(_ node: Node, to sweep: inout Sweep) {
        let base = [("node", node.metadata.name)]
        sweep.add("kube_node_info", 1, base)
        sweep.add("kube_node_spec_unschedulable", node.spec.unschedulable == true ? 1 : 0, base)
        for condition in node.status.conditions {
            for status in ["true", "false", "unknown"] {
                sweep.add(
                    "kube_node_status_condition", condition.status.lowercased() == status ? 1 : 0,
                    base + [("condition", condition.type), ("status", status)])
            }
        }
        add(node.status.capacity, "kube_node_status_capacity", base, to: &sweep)
        add(node.status.allocatable, "kube_node_status_allocatable", base, to: &sweep)
    }

    private func add(_ autoscaler: HorizontalPodAutoscaler, to sweep: inout Sweep) {
        let labels = [("namespace", autoscaler.metadata.namespace ?? ""), ("horizontalpodautoscaler", autoscaler.metadata.name)]
        sweep.add("kube_horizontalpodautoscaler_spec_min_replicas", Double(autoscaler.spec.minReplicas ?? 1), labels)
        sweep.add("kube_horizontalpodautoscaler_spec_max_replicas", Double(autoscaler.spec.maxReplicas), labels)
        sweep.add("kube_horizontalpodautoscaler_status_current_replicas", Double(autoscaler.status.currentReplicas ?? 0), labels)
        sweep.add("kube_horizontalpodautoscaler_status_desired_replicas", Double(autoscaler.status.desiredReplicas), labels)
    }
}
