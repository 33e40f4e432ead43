import Bytes
package import ClusterAPI

/// What controllers ask of a pod.
extension Pod {
    var readyCondition: PodCondition? { status.conditions.first { $0.type == "Ready" } }
    var isReady: Bool { readyCondition?.status == "True" }
    var isOver: Bool { status.phase == "Succeeded" || status.phase == "Failed" }
    var isGoing: Bool { metadata.deletionTimestamp != nil }
    /// Neither ended nor told to end.
    var isActive: Bool { !isOver && !isGoing }

    /// When the pod has been ready for long enough; nil when it is not ready.
    func availableTime(minReadySeconds: Int) -> Timestamp? {
        guard let ready = readyCondition, ready.status == "True" else { return nil }
        return (ready.lastTransitionTime ?? .epoch) + .seconds(minReadySeconds)
    }
}

extension ObjectMeta {
    /// The one owner that manages the object.
    package var controller: OwnerReference? { ownerReferences.first { $0.controller == true } }
}

/// Whether labels carry all pairs of a selector; an empty selector matches nothing here, as for ReplicationControllers and Services.
func matches(_ labels: [String: String], _ selector: [String: String]) -> Bool {
    guard !selector.isEmpty else { return false }
    for (key, value) in selector where labels[key] != value { return false }
    return true
}
