/// Takes the nodes out of a block that cannot run a pod.
///
/// Nodes come in blocks, so that the cost of a call is spread and each plug-in's loop stays tight.
package protocol FilterPlugin: Sendable {
    /// The name in profiles.
    static var name: String { get }

    /// Looks at the pod once, before any node: leaves the plug-in out, narrows the nodes, or refuses the pod outright.
    func prefilter(_ pod: PodRequirements, _ state: ClusterState) -> PreFilterVerdict

    /// Must remove exactly the nodes that cannot take the pod, each with at least one reason.
    func filter(_ pod: PodRequirements, _ nodes: inout NodeBlock, _ state: ClusterState)
}

extension FilterPlugin {
    package func prefilter(_ pod: PodRequirements, _ state: ClusterState) -> PreFilterVerdict { .proceed }
}

/// What a plug-in finds before nodes are looked at.
package enum PreFilterVerdict: Equatable, Sendable {
    case proceed
    /// The pod asks nothing that this plug-in looks at.
    case skip
    /// Only nodes of these names can do.
    case only([String])
    /// No node can do, and why.
    case refuse(String)
}

/// Some nodes under consideration, by slot.
package struct NodeBlock: Sendable {
    package private(set) var slots: [Int]
    package var tally = RejectionTally()

    package init(_ slots: [Int]) { self.slots = slots }

    /// Keeps the nodes for which `reason` gives none.
    @inline(__always)
    package mutating func reject(_ reason: (Int) -> Rejection?) {
        var kept = 0
        var index = 0
        while index < slots.count {
            let slot = slots[index]
            if let rejection = reason(slot) {
                tally.add(rejection)
            } else {
                slots[kept] = slot
                kept &+= 1
            }
            index &+= 1
        }
        slots.removeLast(slots.count - kept)
    }

    /// Keeps the nodes for which `check` says true; it tells the tally its reasons itself, as many as there are.
    @inline(__always)
    package mutating func keep(where check: (Int, inout RejectionTally) -> Bool) {
        var kept = 0
        var index = 0
        while index < slots.count {
            let slot = slots[index]
            if check(slot, &tally) {
                slots[kept] = slot
                kept &+= 1
            }
            index &+= 1
        }
        slots.removeLast(slots.count - kept)
    }

    package mutating func refill(_ newSlots: ArraySlice<Int>) {
        slots.removeAll(keepingCapacity: true)
        slots.append(contentsOf: newSlots)
    }
}
