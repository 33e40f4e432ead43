import Bytes

/// Finds the best node for one pod: filters enough nodes, scores what is left, chooses among the best by a seeded draw.
///
/// - Invariant: the same state, pod and draws lead to the same node in every process.
package struct SchedulingAlgorithm: Sendable {
    package enum Decision: Sendable {
        case node(slot: Int)
        case unschedulable(message: String, tally: RejectionTally)
    }

    /// How many nodes a filter looks at in one call: enough to spread its cost, few enough not to overshoot a sample.
    private static let blockSize = 64

    private let profile: SchedulingProfile
    /// The filters that also make ready.
    let preparers: [any PreBindPlugin]
    private var generator: Xoshiro256
    /// Where the next search begins, so that samples take their turns over the nodes.
    private var start = 0

    private var block = NodeBlock([])
    private var feasible: [Int] = []
    private var scores: [Int64] = []
    private var totals: [Int64] = []

    package init(_ profile: SchedulingProfile, seed: UInt64) {
        self.profile = profile
        preparers = profile.filters.compactMap { $0 as? any PreBindPlugin }
        generator = Xoshiro256(seed: seed)
    }

    package mutating func schedule(_ pod: PodRequirements, _ state: inout ClusterState) -> Decision {
        let order = state.nodeOrder()
        guard !order.isEmpty else { return .unschedulable(message: "no nodes available to schedule pods", tally: RejectionTally()) }
        var active: [any FilterPlugin] = []
        var only: [String]?
        for filter in profile.filters {
            switch filter.prefilter(pod, state) {
            case .proceed: active.append(filter)
            case .skip: continue
            case .only(let names):
                active.append(filter)
                only = only.map { old in old.filter(names.contains) } ?? names
            case .refuse(let reason):
                return .unschedulable(message: "0/\(order.count) nodes are available: \(reason).", tally: RejectionTally())
            }
        }

        feasible.removeAll(keepingCapacity: true)
        block.tally = RejectionTally()
        if let only {
            let slots = only.compactMap { state.slot(of: $0) }.filter { state.nodes[$0].exists }
            search(ArraySlice(slots), for: pod, with: active, state)
            let missing = order.count - slots.count
            if missing > 0, feasible.isEmpty { block.tally.add(.nodeSelector, count: missing) }
        } else {
            let wanted = Self.sampleSize(of: order.count, percentage: profile.percentageOfNodesToScore)
            var visited = 0
            start %= order.count
            while visited < order.count, feasible.count < wanted {
                let from = (start + visited) % order.count
                let count = min(Self.blockSize, order.count - visited, order.count - from)
                search(order[from..<from + count], for: pod, with: active, state)
                visited += count
            }
            start = (start + visited) % order.count
        }
        guard !feasible.isEmpty else {
            return .unschedulable(message: block.tally.message(nodeCount: order.count), tally: block.tally)
        }
        return .node(slot: feasible.count == 1 ? feasible[0] : best(for: pod, &state))
    }

    private mutating func search(
        _ slots: ArraySlice<Int>, for pod: PodRequirements, with filters: [any FilterPlugin], _ state: ClusterState
    ) {
        block.refill(slots)
        for filter in filters where !block.slots.isEmpty { filter.filter(pod, &block, state) }
        feasible += block.slots
    }

    private mutating func best(for pod: PodRequirements, _ state: inout ClusterState) -> Int {
        var cycle = SchedulingCycle()
        totals.removeAll(keepingCapacity: true)
        totals.append(contentsOf: repeatElement(0, count: feasible.count))
        for (plugin, weight) in profile.scores where plugin.prescore(pod, &state, &cycle) {
            scores.removeAll(keepingCapacity: true)
            scores.append(contentsOf: repeatElement(0, count: feasible.count))
            plugin.score(pod, feasible, state, cycle, into: &scores)
            plugin.normalise(&scores, feasible, state)
            var index = 0
            while index < totals.count {
                totals[index] += scores[index] * weight
                index &+= 1
            }
        }
        // Each of k equally good nodes is chosen with probability 1/k in one pass.
        var choice = 0
        var equals = 1
        for index in 1..<totals.count {
            if totals[index] > totals[choice] {
                choice = index
                equals = 1
            } else if totals[index] == totals[choice] {
                equals += 1
                if generator.next(below: equals) == 0 { choice = index }
            }
        }
        return feasible[choice]
    }

    /// How many nodes that can run the pod are enough: beyond some, a better one is hardly worth the search.
    ///
    /// - Source: Kubernetes' `numFeasibleNodesToFind`: all below 100 nodes, else 50 − nodes/125 per cent, at least 5, at least 100 nodes.
    package static func sampleSize(of nodeCount: Int, percentage: Int?) -> Int {
        let smallest = 100
        if nodeCount < smallest { return nodeCount }
        let share = percentage ?? max(5, 50 - nodeCount / 125)
        return min(nodeCount, max(smallest, nodeCount * min(share, 100) / 100))
    }
}
