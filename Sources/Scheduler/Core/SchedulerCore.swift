package import Bytes
import ClusterAPI
package import Reconciliation

/// The scheduler as an actor: learns of nodes and pods, and answers each waiting pod with a binding or with the reason why there is none.
///
/// - Invariant: a pod that a decision was made about counts on its node until the API refuses the binding, so no node is filled twice. A
///   pod's node is written by the binding only, which the API accepts once.
package struct SchedulerCore: ActorCore {
    /// What is remembered of each pod that matters here.
    private struct KnownPod: Sendable {
        var requirements: PodRequirements
        var condition: PodCondition?
    }

    private struct Binding: Sendable {
        var pod: PodRequirements
        var node: String
        /// The request asks what became of the binding, whose own answer left that open.
        var isQuestion = false
    }

    /// How long to wait before asking again what became of a binding.
    private static let questionDelay = Duration.seconds(1)

    private let configuration: SchedulerConfiguration
    private var algorithms: [String: SchedulingAlgorithm] = [:]
    private var reserves: [any ReservePlugin] = []
    private var binders: [String: [any BindPlugin]] = [:]
    package private(set) var state = ClusterState()
    private var queue: SchedulingQueue
    private var pods: [NamespacedName: KnownPod] = [:]
    private var bindings: [RequestID: Binding] = [:]
    /// Requests that make something ready for a pod, and the plug-in that asked for them.
    private var preparations: [RequestID: (pod: PodRequirements, plugin: any PreBindPlugin)] = [:]
    /// Bindings to ask about, in the order of their times.
    private var questions: [(due: Timestamp, binding: Binding)] = []
    private var requestID = RequestID(0)
    private var unsynced: Set<Resource>
    private var askedWake: Timestamp?
    private var lastTime: Timestamp?

    package init(_ configuration: SchedulerConfiguration = SchedulerConfiguration()) {
        self.configuration = configuration
        queue = SchedulingQueue(sorts: Dictionary(uniqueKeysWithValues: configuration.profiles.map { ($0.schedulerName, $0.queueSort) }))
        // A pod that the API shows on a node was perhaps placed by another profile, or by nobody's: what any would set aside is.
        for profile in configuration.profiles {
            for plugin in profile.reserves where !reserves.contains(where: { type(of: $0).name == type(of: plugin).name }) { reserves.append(plugin) }
        }
        unsynced = Set(Self.interests.map(\.resource))
        for (index, profile) in configuration.profiles.enumerated() {
            algorithms[profile.schedulerName] = SchedulingAlgorithm(profile, seed: configuration.seed &+ UInt64(index))
            binders[profile.schedulerName] = profile.binders
        }
    }

    private static let interests = [
        WatchInterest(Node.resource), WatchInterest(Pod.resource), WatchInterest(Service.resource),
        WatchInterest(ReplicationController.resource), WatchInterest(PersistentVolume.resource),
        WatchInterest(PersistentVolumeClaim.resource), WatchInterest(StorageClass.resource),
    ]

    package var watches: [WatchInterest] { Self.interests }

    /// How many pods wait for a node or for the answer to their binding.
    package var waitingCount: Int { queue.count }

    package mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect] {
        if let lastTime, now < lastTime {
            queue.clockWasSetBack(now: now)
            askedWake = nil
        }
        lastTime = now
        var effects: [ActorEffect] = []
        switch event {
        case .objects(let resource, let events): absorb(resource, events, now: now)
        case .synced(let resource): unsynced.remove(resource)
        case .reply(let id, let result): answered(id, result, now: now, into: &effects)
        case .wake: askedWake = nil
        }
        ask(now: now, into: &effects)
        if unsynced.isEmpty { schedule(now: now, into: &effects) }
        return effects
    }

    // MARK: Deciding

    private mutating func schedule(now: Timestamp, into effects: inout [ActorEffect]) {
        var left = configuration.podsPerTurn
        while left > 0, bindings.count < configuration.bindingsInFlight, let pod = queue.pop(now: now) {
            left -= 1
            switch algorithms[pod.schedulerName]!.schedule(pod, &state) {
            case .node(let slot):
                if prepare(pod, on: slot, into: &effects) {
                    queue.failed(pod.uid, now: now)
                } else if let reason = reserve(pod, on: slot) {
                    refuse(pod, "0/\(state.nodeOrder().count) nodes are available: \(reason).", RejectionTally(), now: now, into: &effects)
                } else {
                    bind(pod, to: slot, now: now, into: &effects)
                }
            case .unschedulable(let message, let tally): refuse(pod, message, tally, now: now, into: &effects)
            }
        }
        if left == 0 {
            askWake(now, into: &effects)
        } else if let due = queue.nextDue() {
            askWake(due, into: &effects)
        }
    }

    private mutating func askWake(_ time: Timestamp, into effects: inout [ActorEffect]) {
        if let asked = askedWake, asked <= time { return }
        askedWake = time
        effects.append(.wake(at: time))
    }

    private mutating func refuse(
        _ pod: PodRequirements, _ message: String, _ tally: RejectionTally, now: Timestamp, into effects: inout [ActorEffect]
    ) {
        queue.refused(pod.uid, tally: tally, now: now)
        explain(pod, message, now: now, into: &effects)
    }

    /// Asks for what is not ready yet on the node; whether there was such a thing.
    private mutating func prepare(_ pod: PodRequirements, on slot: Int, into effects: inout [ActorEffect]) -> Bool {
        if pod.claims.isEmpty { return false }
        var isAsking = false
        for plugin in algorithms[pod.schedulerName]!.preparers {
            for request in plugin.prepare(pod, on: slot, &state) {
                let id = requestID.take()
                preparations[id] = (pod, plugin)
                effects.append(.perform(id, request))
                isAsking = true
            }
        }
        return isAsking
    }

    /// Counts a pod on its node and lets each plug-in set aside what it takes; the reason when one refuses, and then nothing is counted.
    private mutating func reserve(_ pod: PodRequirements, on slot: Int) -> String? {
        state.assume(pod, on: slot)
        for plugin in reserves {
            guard case .refused(let reason) = plugin.reserve(pod, on: slot, &state) else { continue }
            unreserve(pod)
            state.forget(pod.uid)
            return reason
        }
        return nil
    }

    private mutating func unreserve(_ pod: PodRequirements) {
        for plugin in reserves.reversed() { plugin.unreserve(pod, &state) }
    }

    private mutating func bind(_ pod: PodRequirements, to slot: Int, now: Timestamp, into effects: inout [ActorEffect]) {
        let node = state.nodes[slot].name
        for binder in binders[pod.schedulerName] ?? [] {
            guard let request = binder.bind(pod, to: node) else { continue }
            let id = requestID.take()
            bindings[id] = Binding(pod: pod, node: node)
            effects.append(.perform(id, request))
            return
        }
        unreserve(pod)
        state.forget(pod.uid)
        refuse(pod, "no plug-in of profile \(pod.schedulerName) binds this pod", RejectionTally(), now: now, into: &effects)
    }

    private mutating func answered(
        _ id: RequestID, _ result: Result<APIResponse, StatusError>, now: Timestamp, into effects: inout [ActorEffect]
    ) {
        if let (pod, plugin) = preparations.removeValue(forKey: id) {
            if case .failure = result {
                plugin.abandon(pod, &state)
                queue.changed(.volumes)
            }
            return
        }
        // Answers to status patches and the like need no answer.
        guard let binding = bindings.removeValue(forKey: id) else { return }
        switch result {
        case .success(let response):
            let node = binding.isQuestion ? (try? Pod(json: response.body))?.spec.nodeName ?? "" : binding.node
            if node == binding.node {
                queue.remove(binding.pod.uid)
                announce(binding, into: &effects)
            } else {
                refused(binding, isGone: false, now: now)
            }
        case .failure(let error):
            if error.code >= 500 {
                // The binding may have been made all the same. Until that is known the pod counts on its node, or another would be put there too.
                questions.append((now + Self.questionDelay, binding))
            } else {
                refused(binding, isGone: error.isNotFound, now: now)
            }
        }
    }

    /// Asks what became of bindings whose answers were lost.
    private mutating func ask(now: Timestamp, into effects: inout [ActorEffect]) {
        while let first = questions.first, first.due <= now {
            questions.removeFirst()
            // The news may have told meanwhile.
            guard state.isAssumed(first.binding.pod.uid) else { continue }
            let id = requestID.take()
            bindings[id] = Binding(pod: first.binding.pod, node: first.binding.node, isQuestion: true)
            let key = first.binding.pod.key
            effects.append(.perform(id, APIRequest(.get, ObjectKey(Pod.self, namespace: key.namespace, name: key.name))))
        }
        if let first = questions.first { askWake(first.due, into: &effects) }
    }

    /// Frees the node of a binding that was not made.
    private mutating func refused(_ binding: Binding, isGone: Bool, now: Timestamp) {
        let uid = binding.pod.uid
        let wasCounted = state.isAssumed(uid)
        if wasCounted { unreserve(binding.pod) }
        state.forget(uid)
        if isGone {
            queue.remove(uid)
        } else {
            queue.failed(uid, now: now)
        }
        if wasCounted { queue.changed(.podRemoved) }
    }

    private func announce(_ binding: Binding, into effects: inout [ActorEffect]) {
        effects.append(
            .record(
                Event(
                    about: reference(binding.pod), .normal, reason: "Scheduled",
                    message: "Successfully assigned \(binding.pod.key) to \(binding.node)")))
    }

    // MARK: Telling why not

    /// Writes the condition `PodScheduled` when it says something new, and tells an event.
    private mutating func explain(_ pod: PodRequirements, _ message: String, now: Timestamp, into effects: inout [ActorEffect]) {
        effects.append(
            .record(Event(about: reference(pod), .warning, reason: "FailedScheduling", message: message)))
        let old = pods[pod.key]?.condition
        if let old, old.status == "False", old.reason == "Unschedulable", old.message == message { return }
        let condition = PodCondition {
            $0.type = "PodScheduled"
            $0.status = "False"
            $0.reason = "Unschedulable"
            $0.message = message
            $0.lastTransitionTime = old?.status == "False" ? old?.lastTransitionTime : now
        }
        pods[pod.key]?.condition = condition
        let patch: JSONValue = ["metadata": ["uid": .string(pod.uid)], "status": ["conditions": [condition.jsonValue]]]
        effects.append(
            .perform(
                requestID.take(),
                .patch(Pod.self, pod.key, .strategic, patch, subresource: "status")))
    }

    private func reference(_ pod: PodRequirements) -> ObjectReference {
        ObjectReference {
            $0.kind = "Pod"
            $0.apiVersion = "v1"
            $0.namespace = pod.key.namespace
            $0.name = pod.key.name
            $0.uid = pod.uid
        }
    }
}

// MARK: - What it learns

extension SchedulerCore {
    private mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) {
        for event in events {
            switch event {
            case .added(let snapshot), .modified(let snapshot): take(resource, snapshot, now: now)
            case .deleted(let snapshot): drop(resource, snapshot.key.namespacedName, now: now)
            case .bookmark, .failed: continue
            }
        }
    }

    /// An object that cannot be read is left as it was last seen.
    private mutating func take(_ resource: Resource, _ snapshot: ObjectSnapshot, now: Timestamp) {
        switch resource {
        case Pod.resource: if let pod = try? snapshot.object(as: Pod.self) { take(pod, now: now) }
        case Node.resource: if let node = try? snapshot.object(as: Node.self) { take(node, now: now) }
        case Service.resource:
            guard let service = try? snapshot.object(as: Service.self) else { return }
            setSelector(snapshot.key.namespacedName, isService: true, service.spec.selector)
        case ReplicationController.resource:
            guard let controller = try? snapshot.object(as: ReplicationController.self) else { return }
            setSelector(snapshot.key.namespacedName, isService: false, controller.spec.selector)
        case PersistentVolumeClaim.resource:
            guard let claim = try? snapshot.object(as: PersistentVolumeClaim.self) else { return }
            state.volumes.setClaim(
                snapshot.key.namespacedName, volume: claim.spec.volumeName ?? "", isBound: claim.status.phase == "Bound",
                isExclusive: claim.spec.accessModes.contains("ReadWriteOncePod"), isGoing: claim.metadata.deletionTimestamp != nil)
            state.volumes.offers.set(claim)
            queue.changed(.volumes)
        case PersistentVolume.resource:
            guard let volume = try? snapshot.object(as: PersistentVolume.self) else { return }
            state.volumes.setVolume(
                snapshot.key.name, terms: volume.spec.nodeAffinity?.required?.nodeSelectorTerms.map(NodeTerm.init))
            state.volumes.offers.set(volume)
            queue.changed(.volumes)
        case StorageClass.resource:
            guard let storageClass = try? snapshot.object(as: StorageClass.self) else { return }
            state.volumes.offers.set(storageClass)
            queue.changed(.volumes)
        default: return
        }
    }

    private mutating func drop(_ resource: Resource, _ key: NamespacedName, now: Timestamp) {
        switch resource {
        case Pod.resource:
            if let known = pods.removeValue(forKey: key) { leave(known.requirements) }
        case Node.resource: state.removeNode(key.name)
        case Service.resource: setSelector(key, isService: true, [:])
        case ReplicationController.resource: setSelector(key, isService: false, [:])
        case PersistentVolumeClaim.resource:
            state.volumes.removeClaim(key)
            state.volumes.offers.removeClaim(key)
        case PersistentVolume.resource:
            state.volumes.removeVolume(key.name)
            state.volumes.offers.removeVolume(key.name)
        case StorageClass.resource: state.volumes.offers.removeClass(key.name)
        default: return
        }
    }

    private mutating func take(_ pod: Pod, now: Timestamp) {
        let key = pod.namespacedName
        let node = pod.spec.nodeName ?? ""
        let isOver = pod.status.phase == "Succeeded" || pod.status.phase == "Failed"
        if let known = pods[key], known.requirements.uid != pod.metadata.uid { leave(known.requirements) }
        let isWaiting =
            node.isEmpty && pod.metadata.deletionTimestamp == nil && pod.spec.schedulingGates.isEmpty
            && algorithms[pod.spec.schedulerName ?? "default-scheduler"] != nil
        guard !isOver, !node.isEmpty || isWaiting else {
            if let known = pods.removeValue(forKey: key) { leave(known.requirements) }
            return
        }
        defer { if pod.metadata.deletionTimestamp != nil { state.markGoing(pod.metadata.uid) } }
        // Most news of a pod on its node are of its status, which decides nothing here.
        if !node.isEmpty, let known = pods[key]?.requirements, known.uid == pod.metadata.uid, state.node(ofPod: known.uid) == node,
            !state.isAssumed(known.uid), known.labels == pod.metadata.labels, known.request == PodRequirements.request(of: pod.spec)
        {
            return
        }
        let requirements = PodRequirements(pod)
        pods[key] = KnownPod(
            requirements: requirements, condition: isWaiting ? pod.status.conditions.first { $0.type == "PodScheduled" } : nil)
        if node.isEmpty {
            // While its binding is under way the answer decides, not an older state of the pod.
            if !state.isAssumed(requirements.uid) { queue.add(requirements, now: now) }
        } else {
            queue.remove(requirements.uid)
            state.add(requirements, on: node)
            if let slot = state.slot(of: node) {
                // What the pod has it has, whatever a plug-in says.
                for plugin in reserves { _ = plugin.reserve(requirements, on: slot, &state) }
            }
        }
    }

    private mutating func leave(_ pod: PodRequirements) {
        queue.remove(pod.uid)
        let wasPlaced = state.node(ofPod: pod.uid) != nil
        if wasPlaced { unreserve(pod) }
        state.remove(pod.uid)
        if wasPlaced { queue.changed(.podRemoved) }
    }

    private mutating func take(_ node: Node, now: Timestamp) {
        var taints = node.spec.taints.compactMap(NodeTaint.init)
        let isReady = node.status.conditions.first { $0.type == "Ready" }?.status == "True"
        // Before the node controller has put its taint on it, a node that does not report itself ready counts as if it had.
        if !isReady, !taints.contains(where: { $0.key.hasPrefix("node.kubernetes.io/") }) {
            taints.append(NodeTaint(key: "node.kubernetes.io/not-ready", effect: .noSchedule))
        }
        let allocatable = node.status.allocatable.isEmpty ? node.status.capacity : node.status.allocatable
        let isChanged = state.setNode(
            node.metadata.name, labels: node.metadata.labels, taints: taints, isUnschedulable: node.spec.unschedulable ?? false,
            allocatable: ResourceAmounts(allocatable), allocatablePods: allocatable["pods"]?.value ?? 0)
        if isChanged { queue.changed(.node) }
    }

    private mutating func setSelector(_ key: NamespacedName, isService: Bool, _ pairs: [String: String]) {
        state.classes.setSelector(
            PodClasses.Selector(name: key.name, isService: isService, pairs: pairs), in: key.namespace)
    }
}
