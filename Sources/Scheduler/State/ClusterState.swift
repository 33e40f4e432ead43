import ClusterAPI

/// All nodes and the pods on them, kept up to date change by change; every decision runs on it directly.
///
/// A pod's way through it, by `uid`:
/// ```
///   (unknown) ──assume──► assumed ──add (the API says so too)──► assigned ──remove──► (unknown)
///       ▲                    │                                       ▲
///       └──────forget────────┘                 (unknown) ──add───────┘
/// ```
/// - Invariant: a node's sums are those of the pods assumed or assigned here; a pod is on one node at most.
package struct ClusterState: Sendable {
    private struct Placement: Sendable {
        var pod: PodRequirements
        var slot: Int
        var classID: Int
        var isAssumed: Bool
        /// Whether it is told to end: it takes its place until it is gone, but is no sibling to be spread from.
        var isGoing = false
    }

    package private(set) var nodes: [NodeState] = []
    private var slots: [String: Int] = [:]
    private var freeSlots: [Int] = []
    private var placements: [String: Placement] = [:]
    package var classes = PodClasses()
    package var volumes = VolumeTable()

    private var zones: [String: Int] = [:]
    /// The slots of existing nodes, zone by zone in turn, so that a part of the list shows all zones.
    private var order: [Int] = []
    private var isOrderValid = false

    package init() {}

    package var podCount: Int { placements.count }
    package var zoneCount: Int { zones.count }
    package func slot(of name: String) -> Int? { slots[name] }

    /// The node that a pod is assumed or said to be on.
    package func node(ofPod uid: String) -> String? { placements[uid].map { nodes[$0.slot].name } }
    package func isAssumed(_ uid: String) -> Bool { placements[uid]?.isAssumed ?? false }

    // MARK: Nodes

    /// Puts in a node's own figures, or new ones; its pods stay. Tells whether anything changed that decides about pods.
    @discardableResult
    package mutating func setNode(
        _ name: String, labels: [String: String] = [:], taints: [NodeTaint] = [], isUnschedulable: Bool = false,
        allocatable: ResourceAmounts, allocatablePods: Int64
    ) -> Bool {
        let slot = slotMaking(name, exists: false)
        let old = nodes[slot]
        if old.exists, old.labels == labels, old.taints == taints, old.isUnschedulable == isUnschedulable,
            old.allocatable == allocatable, old.allocatablePods == allocatablePods
        {
            return false
        }
        if !nodes[slot].exists || nodes[slot].labels != labels { isOrderValid = false }
        nodes[slot].exists = true
        nodes[slot].labels = labels
        nodes[slot].taints = taints
        nodes[slot].isUnschedulable = isUnschedulable
        nodes[slot].allocatable = allocatable
        nodes[slot].allocatablePods = allocatablePods
        nodes[slot].zone = zoneNumber(of: labels)
        return true
    }

    /// Takes a node out; its slot is used again when no pod is said to be on it.
    package mutating func removeNode(_ name: String) {
        guard let slot = slots[name] else { return }
        nodes[slot].exists = false
        isOrderValid = false
        releaseSlotIfEmpty(slot)
    }

    /// The slots of all nodes there are, zones in turn. Complexity: O(1) unless nodes came, went or moved.
    package mutating func nodeOrder() -> [Int] {
        if isOrderValid { return order }
        var byZone: [[Int]] = Array(repeating: [], count: zones.count + 1)
        for slot in nodes.indices.filter({ nodes[$0].exists }).sorted(by: { nodes[$0].name < nodes[$1].name }) {
            byZone[nodes[slot].zone + 1].append(slot)
        }
        order = []
        var round = 0
        while true {
            var isAny = false
            for zone in byZone where round < zone.count {
                order.append(zone[round])
                isAny = true
            }
            guard isAny else { break }
            round += 1
        }
        isOrderValid = true
        return order
    }

    // MARK: Pods

    /// Counts a pod on a node before the API knows of it.
    package mutating func assume(_ pod: PodRequirements, on slot: Int) {
        precondition(placements[pod.uid] == nil, "a pod is placed once")
        place(pod, on: slot, isAssumed: true)
    }

    /// Takes back what was assumed; a pod that the API has placed meanwhile stays.
    package mutating func forget(_ uid: String) {
        guard placements[uid]?.isAssumed == true else { return }
        remove(uid)
    }

    /// Counts a pod on the node that the API names, whatever was assumed of it.
    package mutating func add(_ pod: PodRequirements, on node: String) {
        if let placement = placements[pod.uid] {
            if nodes[placement.slot].name == node, placement.pod === pod || placement.pod.isAlike(pod) {
                placements[pod.uid]!.isAssumed = false
                return
            }
            remove(pod.uid)
        }
        place(pod, on: slotMaking(node, exists: false), isAssumed: false)
    }

    package mutating func remove(_ uid: String) {
        guard let placement = placements.removeValue(forKey: uid) else { return }
        nodes[placement.slot].remove(placement.pod)
        if !placement.isGoing { classes.count(-1, of: placement.classID, on: placement.slot) }
        classes.leave(placement.classID)
        releaseSlotIfEmpty(placement.slot)
    }

    /// Notes that a pod is told to end.
    package mutating func markGoing(_ uid: String) {
        guard let placement = placements[uid], !placement.isGoing else { return }
        placements[uid]!.isGoing = true
        classes.count(-1, of: placement.classID, on: placement.slot)
    }

    private mutating func place(_ pod: PodRequirements, on slot: Int, isAssumed: Bool) {
        nodes[slot].add(pod)
        let classID = classes.join(pod.key.namespace, pod.labels)
        classes.count(1, of: classID, on: slot)
        placements[pod.uid] = Placement(pod: pod, slot: slot, classID: classID, isAssumed: isAssumed)
    }

    // MARK: Slots and zones

    private mutating func slotMaking(_ name: String, exists: Bool) -> Int {
        if let slot = slots[name] { return slot }
        var node = NodeState(name: name)
        node.exists = exists
        isOrderValid = false
        let slot: Int
        if let reused = freeSlots.popLast() {
            slot = reused
            nodes[slot] = node
        } else {
            slot = nodes.count
            nodes.append(node)
        }
        slots[name] = slot
        return slot
    }

    private mutating func releaseSlotIfEmpty(_ slot: Int) {
        guard !nodes[slot].exists, nodes[slot].podCount == 0, slots[nodes[slot].name] == slot else { return }
        slots[nodes[slot].name] = nil
        freeSlots.append(slot)
    }

    private mutating func zoneNumber(of labels: [String: String]) -> Int {
        let region = labels["topology.kubernetes.io/region"] ?? ""
        let zone = labels["topology.kubernetes.io/zone"] ?? ""
        if region.isEmpty && zone.isEmpty { return -1 }
        let name = region + "\u{0}" + zone
        if let number = zones[name] { return number }
        zones[name] = zones.count
        return zones.count - 1
    }
}

extension PodRequirements {
    /// Whether a change of the object changed nothing that a node's sums are made of.
    func isAlike(_ other: PodRequirements) -> Bool {
        request == other.request && labels == other.labels && scoringMilliCPU == other.scoringMilliCPU
            && scoringMemory == other.scoringMemory && hostPorts == other.hostPorts && exclusiveVolumes == other.exclusiveVolumes
    }
}
