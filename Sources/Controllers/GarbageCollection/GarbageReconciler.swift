package import Bytes
package import ClusterAPI
package import Reconciliation

/// Deletes what has lost its owners, and carries out cascading deletions.
///
/// - Background: the owner is gone at once; whoever it owned alone follows.
/// - Foreground: the owner waits, with a finalizer, until its blocking dependents are gone.
/// - Orphan: the owner waits until its dependents no longer name it.
/// - Invariant: nothing is deleted for want of an owner unless the API, asked for that owner just now, does not have it: watches of different
///   resources do not keep step.
package struct GarbageReconciler: Reconciler {
    package typealias Key = String

    static let foregroundFinalizer = "foregroundDeletion"
    static let orphanFinalizer = "orphan"

    private enum Phase: Sendable {
        /// Owners are being asked for, in this order.
        case verifying([OwnerReference])
        case orphaning
    }

    /// How soon to look again when the API has an owner that is not seen here yet.
    private static let patience = Duration.seconds(1)

    private let kinds: [KindSchema]
    private var graph = OwnershipGraph()
    private var phases: [String: Phase] = [:]

    /// - Parameter table: its kinds are watched, but for events, which own nothing and are many.
    package init(_ table: SchemaTable = .standard) {
        var seen: Set<Resource> = [Event.resource]
        kinds = table.kinds.filter {
            $0.verbs.contains("watch") && $0.verbs.contains("delete") && seen.insert($0.resource).inserted
        }
    }

    package var watches: [WatchInterest] { kinds.map { WatchInterest($0.resource) } }

    // MARK: Taking in

    package mutating func absorb(_ resource: Resource, _ events: [WatchEvent], now: Timestamp) -> [String] {
        events.flatMap { event -> [String] in
            switch event {
            case .added(let snapshot), .modified(let snapshot):
                guard let metadata = ObjectMeta(ofObject: snapshot.bytes) else { return [] }
                let item = OwnershipGraph.Item(
                    key: snapshot.key, uid: snapshot.uid, revision: snapshot.revision, owners: metadata.ownerReferences,
                    finalizers: metadata.finalizers, isGoing: metadata.deletionTimestamp != nil)
                let old = graph.put(item)
                // An owner's new dependent may be one more to wait for; one that lets go, one less.
                let owners = Set(item.owners.map(\.uid)).symmetricDifference(old?.owners.map(\.uid) ?? []).sorted()
                return [item.uid] + owners.filter { graph[$0]?.isGoing == true }
            case .deleted(let snapshot):
                let dependents = graph.dependents(of: snapshot.uid).map(\.uid)
                let owners = graph.remove(snapshot.uid)?.owners.map(\.uid) ?? []
                return dependents + owners.filter { graph[$0] != nil }
            case .bookmark, .failed: return []
            }
        }
    }

    // MARK: Deciding

    package mutating func reconcile(_ key: String, now: Timestamp) -> ReconcileStep {
        phases[key] = nil
        guard let item = graph[key] else { return .done }
        if item.isOrphaning { return orphanDependents(of: item) }
        if item.isGoingForeground { return deleteDependents(of: item) }
        if item.isGoing || item.owners.isEmpty { return .done }
        let absent = item.owners.filter { graph[$0.uid] == nil && ownerRequest($0, of: item) != nil }
        guard !absent.isEmpty else { return followOwners(item) }
        phases[key] = .verifying(absent)
        return ReconcileStep(absent.map { ownerRequest($0, of: item)! })
    }

    package mutating func proceed(_ key: String, after answers: [RequestOutcome], now: Timestamp) -> ReconcileStep {
        switch phases.removeValue(forKey: key) {
        case .verifying(let asked): return verified(key, asked, answers)
        case .orphaning:
            if answers.contains(where: \.deservesRetry) { return .retry }
            guard let item = graph[key] else { return .done }
            return ReconcileStep([withoutFinalizer(Self.orphanFinalizer, item)])
        case nil: return answers.contains(where: \.deservesRetry) ? .retry : .done
        }
    }

    private mutating func verified(_ key: String, _ asked: [OwnerReference], _ answers: [RequestOutcome]) -> ReconcileStep {
        var gone: Set<String> = []
        for (owner, answer) in zip(asked, answers) {
            switch answer.result {
            case .failure(let error) where error.isNotFound: gone.insert(owner.uid)
            case .failure: return .retry
            case .success(let response):
                if let metadata = ObjectMeta(ofObject: response.body), metadata.uid != owner.uid { gone.insert(owner.uid) }
            }
        }
        guard let item = graph[key], !item.isGoing else { return .done }
        if gone.isEmpty { return .again(after: Self.patience) }
        let left = item.owners.filter { !gone.contains($0.uid) }
        if left.isEmpty { return ReconcileStep([delete(item, .background)]) }
        // Another owner still wants it: only the dangling references go.
        return ReconcileStep([patch(item, ["ownerReferences": .array(left.map(\.jsonValue))])])
    }

    /// All owners are there; if each of them is going and waits for its dependents, this one goes, too.
    private func followOwners(_ item: OwnershipGraph.Item) -> ReconcileStep {
        let owners = item.owners.compactMap { graph[$0.uid] }
        guard owners.count == item.owners.count, owners.allSatisfy(\.isGoingForeground) else { return .done }
        return ReconcileStep([delete(item, .foreground)])
    }

    private func deleteDependents(of item: OwnershipGraph.Item) -> ReconcileStep {
        let dependents = graph.dependents(of: item.uid)
        let isBlocked = dependents.contains { dependent in
            dependent.owners.contains { $0.uid == item.uid && $0.blockOwnerDeletion == true }
        }
        guard isBlocked else { return ReconcileStep([withoutFinalizer(Self.foregroundFinalizer, item)]) }
        // Those with other owners that stay are kept; they look after themselves when this owner is gone.
        return ReconcileStep(
            dependents.filter { dependent in
                !dependent.isGoing && dependent.owners.allSatisfy { graph[$0.uid]?.isGoingForeground ?? true }
            }
            .map { delete($0, .foreground) })
    }

    private mutating func orphanDependents(of item: OwnershipGraph.Item) -> ReconcileStep {
        let dependents = graph.dependents(of: item.uid)
        if dependents.isEmpty { return ReconcileStep([withoutFinalizer(Self.orphanFinalizer, item)]) }
        phases[item.uid] = .orphaning
        return ReconcileStep(
            dependents.map { dependent in
                patch(dependent, ["ownerReferences": .array(dependent.owners.filter { $0.uid != item.uid }.map(\.jsonValue))])
            })
    }

    // MARK: Requests

    /// nil for an owner of a kind that is not watched, or that cannot be one: such owners count as being there.
    private func ownerRequest(_ owner: OwnerReference, of item: OwnershipGraph.Item) -> APIRequest? {
        guard let group = GroupVersion(apiVersion: owner.apiVersion)?.group,
            let kind = kinds.first(where: { $0.groupVersionKind.group == group && $0.groupVersionKind.kind == owner.kind }),
            !kind.isNamespaced || item.key.namespace != nil
        else { return nil }
        return APIRequest(.get, kind.resource, namespace: kind.isNamespaced ? item.key.namespace : nil, name: owner.name)
    }

    private func delete(_ item: OwnershipGraph.Item, _ policy: RequestOptions.PropagationPolicy) -> APIRequest {
        APIRequest(
            .delete, item.key,
            options: RequestOptions {
                $0.propagationPolicy = policy
                $0.preconditionUID = item.uid
            })
    }

    private func withoutFinalizer(_ finalizer: String, _ item: OwnershipGraph.Item) -> APIRequest {
        patch(item, ["finalizers": .array(item.finalizers.filter { $0 != finalizer }.map { .string($0) })])
    }

    /// A merge patch of the metadata that is refused when the object has changed since it was seen.
    private func patch(_ item: OwnershipGraph.Item, _ metadata: JSONObject) -> APIRequest {
        var metadata = metadata
        metadata["uid"] = .string(item.uid)
        metadata["resourceVersion"] = .string(String(item.revision))
        let body: JSONValue = ["metadata": .object(metadata)]
        return APIRequest(.patch(.merge), item.key, body: body.bytes)
    }
}
