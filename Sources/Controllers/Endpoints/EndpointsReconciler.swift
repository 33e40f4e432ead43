package import Bytes
package import ClusterAPI
package import Reconciliation

/// Keeps the Endpoints and EndpointSlices of each Service with a selector in step with the pods behind it.
///
/// Services without a selector are left alone: their Endpoints are somebody else's.
package struct EndpointsReconciler: Reconciler {
    package typealias Key = NamespacedName

    /// Tells the Endpoints made here from those of others, which may stand without a Service (Kubernetes' label from 1.33 on).
    private static let managerLabel = "endpoints.kubernetes.io/managed-by"
    private static let manager = "endpoint-controller"
    private static let capacityAnnotation = "endpoints.kubernetes.io/over-capacity"

    private var services = InformerCache<Service>(indexes: [ObjectIndex { [$0.metadata.namespace ?? ""] }])
    private var pods = InformerCache<Pod>(indexes: [ObjectIndex { [$0.metadata.namespace ?? ""] }])
    private var endpoints = InformerCache<Endpoints>()
    private var slices = InformerCache<EndpointSlice>(indexes: [
        ObjectIndex { slice in
            guard slice.metadata.labels[EndpointSlicePlan.managerLabel] == EndpointSlicePlan.manager else { return [] }
            return [(slice.metadata.namespace ?? "") + "/" + (slice.metadata.labels[EndpointSlicePlan.serviceLabel] ?? "")]
        }
    ])

    package init() {}

    package var watches: [WatchInterest] {
        [
            WatchInterest(Service.resource), WatchInterest(Pod.resource), WatchInterest(Endpoints.resource),
            WatchInterest(EndpointSlice.resource),
        ]
    }

    // MARK: Taking in

    package mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [NamespacedName] {
        switch resource {
        case Service.resource: return services.apply(events).map(\.key)
        case Endpoints.resource:
            // Somebody else's change is set right; our own answers come by here too and change nothing.
            return endpoints.apply(events).map(\.key).filter { services[$0] != nil }
        case EndpointSlice.resource:
            return slices.apply(events).compactMap { change in
                change.latest.metadata.labels[EndpointSlicePlan.serviceLabel].map {
                    NamespacedName(namespace: change.key.namespace, name: $0)
                }
            }
        default: return pods.apply(events).flatMap { concerned(by: $0) }
        }
    }

    /// Endpoints whose Service went while nobody looked.
    package mutating func started(now: Timestamp) -> [NamespacedName] {
        endpoints.sortedObjects.filter { $0.metadata.labels[Self.managerLabel] == Self.manager && services[$0.namespacedName] == nil }
            .map(\.namespacedName)
    }

    private func concerned(by change: ObjectChange<Pod>) -> [NamespacedName] {
        let labelsChanged = change.old?.metadata.labels != change.new?.metadata.labels
        guard labelsChanged || Self.isRelevant(change) else { return [] }
        return services.objects(at: 0, change.key.namespace).compactMap { service in
            let selector = service.spec.selector
            let concerns =
                change.new.map { matches($0.metadata.labels, selector) } ?? false
                || change.old.map { matches($0.metadata.labels, selector) } ?? false
            return concerns ? service.namespacedName : nil
        }
    }

    /// Whether a change of a pod can show in its Services' addresses.
    private static func isRelevant(_ change: ObjectChange<Pod>) -> Bool {
        guard let old = change.old, let new = change.new else { return true }
        return old.status.podIP != new.status.podIP || old.isReady != new.isReady || old.isGoing != new.isGoing
            || old.isOver != new.isOver || old.spec.nodeName != new.spec.nodeName || old.metadata.uid != new.metadata.uid
    }

    // MARK: Deciding

    package mutating func reconcile(_ key: NamespacedName, now: Timestamp) -> ReconcileStep {
        guard let service = services[key] else {
            // Slices go with their owner, the Service; Endpoints have none and are removed here.
            return ReconcileStep(endpoints[key].map { [.delete($0)] } ?? [])
        }
        guard !service.spec.selector.isEmpty, service.spec.type != "ExternalName" else { return .done }
        let backends = pods.objects(at: 0, key.namespace).filter { matches($0.metadata.labels, service.spec.selector) }
        var step = ReconcileStep()
        if let request = endpointsRequest(service, backends) { step.requests.append(request) }
        let present = slices.objects(at: 0, "\(key.namespace)/\(key.name)")
        step.requests += EndpointSlicePlan(service, backends).requests(from: present)
        return step
    }

    private func endpointsRequest(_ service: Service, _ backends: [Pod]) -> APIRequest? {
        let (subsets, isTruncated) = EndpointSubsets.limited(EndpointSubsets.subsets(of: service, backends))
        var labels = service.metadata.labels
        labels[Self.managerLabel] = Self.manager
        if service.spec.clusterIP == "None" { labels["service.kubernetes.io/headless"] = "" }
        guard var present = endpoints[service.namespacedName] else {
            return .create(
                Endpoints {
                    $0.metadata.namespace = service.metadata.namespace
                    $0.metadata.name = service.metadata.name
                    $0.metadata.labels = labels
                    if isTruncated { $0.metadata.annotations[Self.capacityAnnotation] = "truncated" }
                    $0.subsets = subsets
                })
        }
        let mark = isTruncated ? "truncated" : nil
        if present.subsets == subsets, present.metadata.labels == labels, present.metadata.annotations[Self.capacityAnnotation] == mark { return nil }
        present.metadata.annotations[Self.capacityAnnotation] = mark
        present.subsets = subsets
        present.metadata.labels = labels
        return .update(present)
    }
}
