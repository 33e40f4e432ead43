package import Bytes
package import ClusterAPI
package import Reconciliation

/// Keeps as many pods of each ReplicationController as it wants: adopts, releases, makes and removes them, and counts them.
///
/// - Invariant: what was asked for and is not seen yet is counted (`Expectations`), so a slow cache never leads to too many pods or too few.
package struct ReplicationReconciler: Reconciler {
    package typealias Key = NamespacedName

    /// Pods made or removed for one controller before looking again.
    /// - Source: Kubernetes' `BurstReplicas`.
    static let burst = 500

    /// What is left of a round that makes pods in growing batches.
    private struct Round: Sendable {
        var left: Int
        var batch: Int
        var template: Pod
    }

    private static let ownerIndex = 0
    private static let orphanIndex = 1

    private var controllers = InformerCache<ReplicationController>(indexes: [ObjectIndex { [$0.metadata.namespace ?? ""] }])
    private var pods = InformerCache<Pod>(indexes: [
        ObjectIndex { $0.metadata.controller.map { [$0.uid] } ?? [] },
        ObjectIndex { $0.metadata.controller == nil ? [$0.metadata.namespace ?? ""] : [] },
    ])
    private var expectations = Expectations<NamespacedName>()
    private var rounds: [NamespacedName: Round] = [:]
    private var failures: [NamespacedName: ReplicationFailure] = [:]

    package init() {}

    package var watches: [WatchInterest] { [WatchInterest(ReplicationController.resource), WatchInterest(Pod.resource)] }

    // MARK: Taking in

    package mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [NamespacedName] {
        if resource == ReplicationController.resource {
            return controllers.apply(events).map { change in
                if change.new == nil || (change.old != nil && change.old?.metadata.uid != change.new?.metadata.uid) {
                    expectations.forget(change.key)
                    failures[change.key] = nil
                }
                return change.key
            }
        }
        return pods.apply(events).flatMap { concerned(by: $0) }
    }

    private mutating func concerned(by change: ObjectChange<Pod>) -> [NamespacedName] {
        var keys: [NamespacedName] = []
        let oldOwner = change.old.flatMap(owner)
        let newOwner = change.new.flatMap(owner)
        if let oldOwner, oldOwner != newOwner { keys.append(oldOwner.name) }
        if let newOwner { keys.append(newOwner.name) }
        // Pods of a controller that had the name before are nothing that this one waits for.
        if change.old == nil, let newOwner, newOwner.isPresent { expectations.observeCreation(newOwner.name) }
        if change.new == nil || (change.new!.isGoing && change.old?.isGoing != true), let owner = newOwner ?? oldOwner {
            expectations.observeDeletion(owner.name, uid: change.latest.metadata.uid)
        }
        if let pod = change.new, pod.metadata.controller == nil {
            for controller in controllers.objects(at: 0, change.key.namespace)
            where matches(pod.metadata.labels, controller.spec.selector) {
                keys.append(controller.namespacedName)
            }
        }
        return keys
    }

    private struct Owner: Equatable {
        var name: NamespacedName
        /// Whether it is the very controller that has the name now.
        var isPresent: Bool
    }

    private func owner(of pod: Pod) -> Owner? {
        guard let owner = pod.metadata.controller, owner.kind == "ReplicationController", owner.apiVersion == "v1" else { return nil }
        let name = NamespacedName(namespace: pod.metadata.namespace ?? "", name: owner.name)
        return Owner(name: name, isPresent: controllers[name]?.metadata.uid == owner.uid)
    }

    // MARK: Deciding

    package mutating func reconcile(_ key: NamespacedName, now: Timestamp) -> ReconcileStep {
        rounds[key] = nil
        guard let controller = controllers[key] else { return .done }
        let isGoing = controller.metadata.deletionTimestamp != nil
        var step = ReconcileStep()
        let mine = claim(controller, isGoing: isGoing, into: &step)

        let active = mine.filter(\.isActive)
        let wanted = controller.spec.replicas ?? 1
        let isSettled = expectations.isFulfilled(key, now: now)
        if !isGoing, isSettled {
            if active.count == wanted { failures[key] = nil }
            if active.count < wanted {
                let missing = min(wanted - active.count, Self.burst)
                rounds[key] = Round(left: missing, batch: 1, template: controller.makePod())
                step.requests += nextBatch(key, now: now)
            } else if active.count > wanted {
                let surplus = PodRanking.sorted(active).prefix(min(active.count - wanted, Self.burst))
                expectations.expect(key, deletions: surplus.map(\.metadata.uid), now: now)
                step.requests += surplus.map { .delete($0) }
            }
        }
        let status = controller.status(of: mine, failure: failures[key], now: now)
        if status != controller.status {
            var updated = controller
            updated.status = status
            step.requests.append(.updateStatus(updated))
        }
        step.again = nextLook(controller, active, now: now)
        if !isSettled, let deadline = expectations.deadline(of: key) { step.again = min(step.again ?? .seconds(3600), deadline - now) }
        return step
    }

    /// The pods that are the controller's, and the requests that make or leave them so.
    private func claim(_ controller: ReplicationController, isGoing: Bool, into step: inout ReconcileStep) -> [Pod] {
        var mine: [Pod] = []
        for pod in pods.objects(at: Self.ownerIndex, controller.metadata.uid) {
            if matches(pod.metadata.labels, controller.spec.selector) {
                mine.append(pod)
            } else if !isGoing, !pod.isGoing {
                step.requests.append(.patch(Pod.self, pod.namespacedName, .strategic, controller.release(of: pod)))
            }
        }
        guard !isGoing else { return mine }
        let orphans = orphans(of: controller)
        if !orphans.isEmpty {
            // The cache may not know yet that the controller is going and just let these pods go: adopted now they would go with it.
            step.requests.append(APIRequest(.get, controller.key))
        }
        return mine + orphans
    }

    private func orphans(of controller: ReplicationController) -> [Pod] {
        pods.objects(at: Self.orphanIndex, controller.metadata.namespace ?? "")
            .filter { $0.isActive && matches($0.metadata.labels, controller.spec.selector) }
    }

    /// Takes the pods that nobody owns, when the API says that the controller is still the one that was seen, and is to stay.
    private func adopt(_ key: NamespacedName, _ answer: RequestOutcome, into step: inout ReconcileStep) {
        guard let controller = controllers[key], case .success(let response) = answer.result,
            let metadata = ObjectMeta(ofObject: response.body), metadata.uid == controller.metadata.uid, metadata.deletionTimestamp == nil
        else {
            step.failed = true
            return
        }
        for pod in orphans(of: controller) {
            step.requests.append(.patch(Pod.self, pod.namespacedName, .strategic, controller.adoption(of: pod)))
        }
    }

    /// When a pod that is ready will have been so for long enough to count as available.
    private func nextLook(_ controller: ReplicationController, _ active: [Pod], now: Timestamp) -> Duration? {
        let seconds = controller.spec.minReadySeconds ?? 0
        guard seconds > 0 else { return nil }
        return active.compactMap { $0.availableTime(minReadySeconds: seconds) }.filter { $0 > now }.min().map { $0 - now }
    }

    /// Slow start: 1, 2, 4, … pods at a time, so that a quota or a broken template refuses one pod and not five hundred.
    private mutating func nextBatch(_ key: NamespacedName, now: Timestamp) -> [APIRequest] {
        guard var round = rounds[key] else { return [] }
        let count = min(round.batch, round.left)
        round.left -= count
        round.batch *= 2
        rounds[key] = round.left > 0 ? round : nil
        expectations.expect(key, creations: count, now: now)
        return Array(repeating: .create(round.template), count: count)
    }

    // MARK: Going on

    package mutating func proceed(_ key: NamespacedName, after answers: [RequestOutcome], now: Timestamp) -> ReconcileStep {
        var step = ReconcileStep()
        var isRefused = false
        for answer in answers {
            switch answer.request.verb {
            case .create:
                if !created(key, answer, into: &step) { isRefused = true }
            case .delete: removed(key, answer, into: &step)
            case .get: adopt(key, answer, into: &step)
            default: step.failed = step.failed || answer.deservesRetry
            }
        }
        if isRefused {
            rounds[key] = nil
        } else if !step.failed {
            step.requests += nextBatch(key, now: now)
        }
        // A step with requests goes on when they are answered; what failed is then found anew from the cache.
        if step.failed { step.requests = [] }
        return step
    }

    /// Notes what became of a creation; false when it was refused.
    private mutating func created(_ key: NamespacedName, _ answer: RequestOutcome, into step: inout ReconcileStep) -> Bool {
        switch answer.result {
        case .success(let response):
            failures[key] = nil
            if let pod = try? Pod(json: response.body) {
                tell(key, .normal, "SuccessfulCreate", "Created pod: \(pod.metadata.name)", into: &step)
            }
            return true
        case .failure(let error):
            // Whether a request that timed out made a pod is only seen in the cache, so it stays expected.
            if !error.leavesOutcomeOpen { expectations.observeCreation(key) }
            step.failed = true
            // In a namespace that goes, nothing can be made, and nobody needs to be told.
            if error.reason == .forbidden, error.message.contains("being terminated") { return false }
            failures[key] = ReplicationFailure(reason: "FailedCreate", message: error.message)
            tell(key, .warning, "FailedCreate", "Error creating: \(error.message)", into: &step)
            return false
        }
    }

    private mutating func removed(_ key: NamespacedName, _ answer: RequestOutcome, into step: inout ReconcileStep) {
        let name = answer.request.name ?? ""
        let uid = answer.request.options.preconditionUID ?? ""
        guard let error = answer.error else {
            tell(key, .normal, "SuccessfulDelete", "Deleted pod: \(name)", into: &step)
            return
        }
        if !error.leavesOutcomeOpen { expectations.observeDeletion(key, uid: uid) }
        if error.isNotFound || error.isConflict { return }
        step.failed = true
        failures[key] = ReplicationFailure(reason: "FailedDelete", message: error.message)
        tell(key, .warning, "FailedDelete", "Error deleting: \(error.message)", into: &step)
    }

    private func tell(
        _ key: NamespacedName, _ severity: Event.Severity, _ reason: String, _ message: String, into step: inout ReconcileStep
    ) {
        guard let controller = controllers[key] else { return }
        step.events.append(Event(about: controller, severity, reason: reason, message: message))
    }
}

extension StatusError {
    /// Whether what was asked for may have been done all the same. A store that is full or read-only has done nothing.
    fileprivate var leavesOutcomeOpen: Bool { code >= 500 && code != 507 }
}
