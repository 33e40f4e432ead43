package import Bytes
package import ClusterAPI
package import Reconciliation

/// Carries out rolling updates from one ReplicationController to another.
///
/// ```
///                       ┌── Paused ◄──┐
///                       ▼             │   (phases are written by users)
///  (annotated) ──► Progressing ───────┴──► RollingBack ──► target deleted
///                       │ all pods of the target available
///                       ▼
///       autoscalers follow ──► source deleted ──► Complete
/// ```
/// - Invariant: it decides from the objects alone, and writes each with the version it decided on; so it may be stopped after any request,
///   and two of it could do no harm. A source is replaced by one target at a time.
package struct RollingUpdateReconciler: Reconciler {
    package typealias Key = NamespacedName

    /// How soon to look again for the news of an own write, should it not come by itself.
    private static let patience = Duration.seconds(1)
    private static let bySource = 0

    private var controllers = InformerCache<ReplicationController>(indexes: [
        ObjectIndex { controller in
            controller.metadata.annotations[RollingUpdate.sourceAnnotation].map { ["\(controller.metadata.namespace ?? "")/\($0)"] } ?? []
        }
    ])
    private var horizontals = InformerCache<HorizontalPodAutoscaler>(indexes: [ObjectIndex { [$0.metadata.namespace ?? ""] }])
    private var policies = InformerCache<AutoscalingPolicy>(indexes: [ObjectIndex { [$0.metadata.namespace ?? ""] }])
    /// The revision of the last own write of each controller: what the cache shows from before it is outdated.
    private var written: [NamespacedName: UInt64] = [:]

    package init() {}

    package var watches: [WatchInterest] {
        [
            WatchInterest(ReplicationController.resource), WatchInterest(HorizontalPodAutoscaler.resource),
            WatchInterest(AutoscalingPolicy.resource),
        ]
    }

    // MARK: Taking in

    package mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [NamespacedName] {
        switch resource {
        case ReplicationController.resource:
            return controllers.apply(events).flatMap { change -> [NamespacedName] in
                if change.new == nil { written[change.key] = nil }
                var keys = controllers.keys(at: Self.bySource, "\(change.key)")
                for state in [change.old, change.new] {
                    guard let source = state?.metadata.annotations[RollingUpdate.sourceAnnotation] else { continue }
                    // Whoever waits for the same source may have its turn now.
                    keys += [change.key] + controllers.keys(at: Self.bySource, "\(change.key.namespace)/\(source)")
                }
                return keys
            }
        case HorizontalPodAutoscaler.resource:
            return horizontals.apply(events).flatMap { updates(of: $0.latest.spec.scaleTargetRef, $0.key.namespace) }
        default:
            return policies.apply(events).flatMap { updates(of: $0.latest.spec.scaleTargetRef, $0.key.namespace) }
        }
    }

    /// The updates that an autoscaler of this target is concerned by.
    private func updates(of target: CrossVersionObjectReference, _ namespace: String) -> [NamespacedName] {
        let key = NamespacedName(namespace: namespace, name: target.name)
        return controllers.keys(at: Self.bySource, "\(key)") + (controllers[key].map { [$0.namespacedName] } ?? [])
    }

    // MARK: Deciding

    package mutating func reconcile(_ key: NamespacedName, now: Timestamp) -> ReconcileStep {
        guard let target = controllers[key], target.metadata.deletionTimestamp == nil else { return .done }
        let update: RollingUpdate
        do throws(RollingUpdate.Malformed) {
            guard let read = try RollingUpdate(of: target), read.isActive else { return .done }
            update = read
        } catch {
            return warn(target, "InvalidRollingUpdate", error.description)
        }
        let source = controllers[namespace: key.namespace, name: update.source].flatMap { $0.metadata.uid == update.sourceUID ? $0 : nil }
        if isOutdated(target) || (source.map(isOutdated) ?? false) { return .again(after: Self.patience) }
        if let source, source.metadata.annotations[RollingUpdate.targetAnnotation] != key.name {
            return update.phase == .rollingBack ? abandon(target) : claim(source, for: target, update)
        }
        if source == nil, update.phase != .rollingBack, update.replicas > 0, target.spec.replicas == 0 {
            // It never had its source, else it would have pods: grown beside whoever took the source, it would double the pods.
            return warn(target, "RollingUpdateImpossible", "Cannot begin: replication controller \(update.source) is gone")
        }
        // A source that somebody deletes counts no more, but while its pods are there they do.
        let exists = source.map { $0.metadata.deletionTimestamp == nil } ?? false
        let plan = RollingUpdatePlan(replicas: update.replicas, surge: update.surge, unavailable: update.unavailable)
        let (old, new) = (source.map(Self.side) ?? .gone, Self.side(target))
        switch update.phase {
        case .progressing:
            return carryOut(plan.next(from: old, to: new, sourceExists: exists), source, target) { finish(source, target) }
        case .paused:
            return carryOut(plan.paused(old, new, sourceExists: exists), source, target) { .done }
        case .rollingBack:
            guard exists, let source else {
                return warn(target, "RollbackImpossible", "Cannot roll back: replication controller \(update.source) is gone")
            }
            return carryOut(plan.next(from: new, to: old), target, source) { withdraw(source, target) }
        case .complete: return .done
        }
    }

    private func warn(_ target: ReplicationController, _ reason: String, _ message: String) -> ReconcileStep {
        ReconcileStep(events: [Event(about: target, .warning, reason: reason, message: message)])
    }

    private func isOutdated(_ controller: ReplicationController) -> Bool {
        guard let own = written[controller.namespacedName] else { return false }
        return (UInt64(controller.metadata.resourceVersion) ?? 0) < own
    }

    private static func side(_ controller: ReplicationController) -> RollingUpdatePlan.Side {
        RollingUpdatePlan.Side(
            wanted: controller.spec.replicas ?? 1, present: controller.status.replicas,
            available: controller.status.availableReplicas ?? 0)
    }

    /// Writes the target's name on the source: of two updates of one source the second waits.
    private func claim(_ source: ReplicationController, for target: ReplicationController, _ update: RollingUpdate) -> ReconcileStep {
        if let holder = source.metadata.annotations[RollingUpdate.targetAnnotation],
            let other = controllers[namespace: target.metadata.namespace, name: holder],
            let standing = try? RollingUpdate(of: other), standing.isActive, standing.sourceUID == update.sourceUID
        {
            return warn(target, "RollingUpdateBlocked", "Replication controller \(update.source) is being replaced by \(holder) already")
        }
        return ReconcileStep([Self.annotate(source, RollingUpdate.targetAnnotation, .string(target.metadata.name))])
    }

    private func carryOut(
        _ steps: [RollingUpdatePlan.Step], _ source: ReplicationController?, _ target: ReplicationController, finish: () -> ReconcileStep
    ) -> ReconcileStep {
        var result = ReconcileStep()
        for step in steps {
            switch step {
            case .scaleSource(let count): if let source { scale(source, to: count, into: &result) }
            case .scaleTarget(let count): scale(target, to: count, into: &result)
            case .finish: return finish()
            }
        }
        return result
    }

    private func scale(_ controller: ReplicationController, to count: Int, into step: inout ReconcileStep) {
        let old = controller.spec.replicas ?? 1
        step.requests.append(Self.patch(controller, ["spec": ["replicas": .number(count)]]))
        step.events.append(
            Event(
                about: controller, .normal, reason: "RollingUpdate",
                message: "Scaling \(count > old ? "up" : "down") \(controller.metadata.name) from \(old) to \(count)"))
    }

    // MARK: Ending

    /// The target has taken over: its autoscalers follow it, then the source goes, then the update is over.
    private func finish(_ source: ReplicationController?, _ target: ReplicationController) -> ReconcileStep {
        guard let source else {
            let done = Event(
                about: target, .normal, reason: "RollingUpdateComplete", message: "Replication controller \(target.metadata.name) has taken over")
            return ReconcileStep([Self.annotate(target, RollingUpdate.phaseAnnotation, .string(RollingUpdate.Phase.complete.rawValue))], events: [done])
        }
        let followers = followers(from: source.metadata.name, to: target)
        if !followers.isEmpty { return ReconcileStep(followers, again: Self.patience) }
        return source.metadata.deletionTimestamp == nil ? ReconcileStep([.delete(source, propagation: .background)]) : .done
    }

    /// The source has everything back: its autoscalers, and the target goes.
    private func withdraw(_ source: ReplicationController, _ target: ReplicationController) -> ReconcileStep {
        let followers = followers(from: target.metadata.name, to: source)
        if !followers.isEmpty { return ReconcileStep(followers, again: Self.patience) }
        let done = Event(
            about: source, .normal, reason: "RollingUpdateWithdrawn",
            message: "Rolled back from \(target.metadata.name) to \(source.metadata.name)")
        return ReconcileStep(
            [Self.annotate(source, RollingUpdate.targetAnnotation, .null), .delete(target, propagation: .background)], events: [done])
    }

    /// Takes a target back that never had, or no longer has, the source.
    private func abandon(_ target: ReplicationController) -> ReconcileStep {
        var step = ReconcileStep()
        if target.spec.replicas == 0, target.status.replicas == 0 {
            step.requests = [.delete(target, propagation: .background)]
        } else if target.spec.replicas != 0 {
            scale(target, to: 0, into: &step)
        }
        return step
    }

    /// The requests that point every autoscaler of one controller at another.
    private func followers(from name: String, to heir: ReplicationController) -> [APIRequest] {
        func concerns(_ target: CrossVersionObjectReference) -> Bool { target.kind == "ReplicationController" && target.name == name }
        let namespace = heir.metadata.namespace ?? ""
        let target: JSONValue = ["spec": ["scaleTargetRef": ["name": .string(heir.metadata.name)]]]
        return horizontals.objects(at: 0, namespace).filter { concerns($0.spec.scaleTargetRef) }.map { Self.patch($0, target) }
            + policies.objects(at: 0, namespace).filter { concerns($0.spec.scaleTargetRef) }.map { Self.patch($0, target) }
    }

    // MARK: Requests

    private static func annotate(_ controller: ReplicationController, _ name: String, _ value: JSONValue) -> APIRequest {
        patch(controller, ["metadata": ["annotations": [name: value]]])
    }

    /// A merge patch that is refused when the object has changed since it was seen, or another has its name.
    private static func patch<Object: ClusterObject>(_ object: Object, _ change: JSONValue) -> APIRequest {
        var body = change
        body.set(.string(object.metadata.uid), at: ["metadata", "uid"])
        body.set(.string(object.metadata.resourceVersion), at: ["metadata", "resourceVersion"])
        return .patch(Object.self, object.namespacedName, .merge, body)
    }

    package mutating func proceed(_ key: NamespacedName, after answers: [RequestOutcome], now: Timestamp) -> ReconcileStep {
        for answer in answers {
            guard answer.request.resource == ReplicationController.resource, case .patch = answer.request.verb,
                case .success(let response) = answer.result, let metadata = ObjectMeta(ofObject: response.body),
                let revision = UInt64(metadata.resourceVersion)
            else { continue }
            let name = NamespacedName(namespace: metadata.namespace ?? "", name: metadata.name)
            written[name] = max(written[name] ?? 0, revision)
        }
        return answers.contains(where: \.deservesRetry) ? .retry : .again(after: Self.patience)
    }
}
