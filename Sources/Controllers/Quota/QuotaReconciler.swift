package import Bytes
package import ClusterAPI
package import Reconciliation

/// Recounts what each ResourceQuota's namespace uses, so that what was deleted or has ended is free again.
///
/// - Invariant: counts are made from lists that are newer than the version of the quota they are written to. Admission raises `used` with that
///   version, so a recount that overlaps with a creation is refused and made again; it never hides an object.
package struct QuotaReconciler: Reconciler {
    package typealias Key = NamespacedName

    private enum Phase: Sendable {
        case reading
        case counting(ResourceQuota)
    }

    /// A namespace is recounted at most this often while its objects come and go.
    private static let period = Duration.seconds(1)
    /// Everything is recounted this often even if nothing seems to have changed.
    private static let resync = Duration.seconds(300)

    private var quotas = InformerCache<ResourceQuota>(indexes: [ObjectIndex { [$0.metadata.namespace ?? ""] }])
    private var phases: [NamespacedName: Phase] = [:]
    private var ended: Set<String> = []
    private var countedAt: [NamespacedName: Timestamp] = [:]

    package init() {}

    package var watches: [WatchInterest] {
        [WatchInterest(ResourceQuota.resource), WatchInterest(Pod.resource)]
            + QuotaUsage.countedResources.map(\.resource).filter { $0 != ResourceQuota.resource }.map { WatchInterest($0) }
    }

    package mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [NamespacedName] {
        if resource == ResourceQuota.resource {
            return quotas.apply(events).filter { $0.old?.spec != $0.new?.spec || $0.new?.status.hard != $0.new?.spec.hard }.map(\.key)
        }
        var namespaces: Set<String> = []
        for event in events {
            guard let snapshot = event.snapshot, frees(event, isPod: resource == Pod.resource) else { continue }
            namespaces.insert(snapshot.key.namespace ?? "")
        }
        return namespaces.sorted().flatMap { quotas.keys(at: 0, $0) }
    }

    /// Whether an event gives something back: a deletion, or the end of a pod.
    private mutating func frees(_ event: WatchEvent, isPod: Bool) -> Bool {
        switch event {
        case .deleted(let snapshot):
            ended.remove(snapshot.uid)
            return true
        case .added(let snapshot), .modified(let snapshot):
            guard isPod, !ended.contains(snapshot.uid), let pod = try? snapshot.object(as: Pod.self), pod.isOver else { return false }
            ended.insert(snapshot.uid)
            return true
        case .bookmark, .failed: return false
        }
    }

    package mutating func reconcile(_ key: NamespacedName, now: Timestamp) -> ReconcileStep {
        guard quotas[key] != nil else {
            countedAt[key] = nil
            return .done
        }
        if let last = countedAt[key], now >= last, now - last < Self.period { return .again(after: last + Self.period - now) }
        countedAt[key] = now
        phases[key] = .reading
        return ReconcileStep([APIRequest(.get, ObjectKey(ResourceQuota.self, namespace: key.namespace, name: key.name))])
    }

    package mutating func proceed(_ key: NamespacedName, after answers: [RequestOutcome], now: Timestamp) -> ReconcileStep {
        let phase = phases.removeValue(forKey: key)
        if answers.contains(where: \.deservesRetry) { return .retry }
        switch phase {
        case .reading:
            guard case .success(let response) = answers[0].result, let quota = try? response.object(as: ResourceQuota.self) else { return .done }
            phases[key] = .counting(quota)
            return ReconcileStep(Self.lists(for: quota))
        case .counting(let quota):
            var status = quota.status
            status.hard = quota.spec.hard
            guard let used = Self.usage(of: quota, answers) else { return .retry }
            status.used = used
            if status == quota.status { return .again(after: Self.resync) }
            var updated = quota
            updated.status = status
            return ReconcileStep([.updateStatus(updated)], again: Self.resync)
        case nil: return .again(after: Self.resync)
        }
    }

    private static func lists(for quota: ResourceQuota) -> [APIRequest] {
        let names = Set(quota.spec.hard.keys)
        var resources = [Pod.resource]
        for (name, resource) in QuotaUsage.countedResources {
            let isClaims = resource == PersistentVolumeClaim.resource
            let isTracked = names.contains {
                $0 == name || $0 == "count/\(resource)" || $0.hasPrefix(name + ".") || (isClaims && $0.contains("storage"))
            }
            if isTracked { resources.append(resource) }
        }
        return resources.map { APIRequest(.list, $0, namespace: quota.metadata.namespace) }
    }

    private static func usage(of quota: ResourceQuota, _ answers: [RequestOutcome]) -> [String: Quantity]? {
        var usage = QuotaUsage(quota)
        for answer in answers {
            guard case .success(let response) = answer.result else { return nil }
            switch answer.request.resource {
            case Pod.resource:
                guard let list = try? response.list(of: Pod.self) else { return nil }
                for pod in list.items { usage.add(pod) }
            case Service.resource:
                guard let list = try? response.list(of: Service.self) else { return nil }
                usage.count(Service.resource, list.items.count)
                for service in list.items { usage.add(service) }
            case PersistentVolumeClaim.resource:
                guard let list = try? response.list(of: PersistentVolumeClaim.self) else { return nil }
                usage.count(PersistentVolumeClaim.resource, list.items.count)
                for claim in list.items { usage.add(claim) }
            case let resource:
                guard let page = try? ListPage(response, of: resource) else { return nil }
                usage.count(resource, page.items.count)
            }
        }
        return usage.used
    }
}
