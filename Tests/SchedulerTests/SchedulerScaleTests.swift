import Bytes
import ClusterAPI
import FoundationEssentials
import Reconciliation
import Testing

@testable import Scheduler

/// The scheduler's core at scale. `SKYSAIL_SCALE=5000x50000 swift test -c release …` measures it; the suite runs it small.
@Suite("Scheduler at scale")
struct SchedulerScaleTests {
    static let size: (nodes: Int, pods: Int, isMeasured: Bool) = {
        let parts = (ProcessInfo.processInfo.environment["SKYSAIL_SCALE"] ?? "").split(separator: "x").compactMap { Int($0) }
        return parts.count == 2 ? (parts[0], parts[1], true) : (150, 600, false)
    }()

    @Test("every pod of many controllers finds a node, none is overfilled, and each controller is spread")
    func fills() {
        let (nodeCount, podCount, isMeasured) = Self.size
        let kinds = 50
        var state = ClusterState()
        for number in 0..<nodeCount {
            state.setNode(
                "node-\(number)", labels: ["topology.kubernetes.io/zone": "z\(number % 3)"],
                allocatable: ResourceAmounts(milliCPU: 4000, memory: 32 << 30), allocatablePods: 110)
        }
        for kind in 0..<kinds {
            state.classes.setSelector(
                PodClasses.Selector(name: "rc-\(kind)", isService: false, pairs: ["app": "app-\(kind)"]), in: "default")
        }
        let pods = (0..<podCount).map { number in
            PodRequirements(
                key: NamespacedName(namespace: "default", name: "pod-\(number)"), uid: "uid-\(number)",
                labels: ["app": "app-\(number % kinds)"], request: ResourceAmounts(milliCPU: 100, memory: 500 << 20),
                scoringMilliCPU: 100, scoringMemory: 500 << 20)
        }
        var algorithm = SchedulingAlgorithm(.standard(), seed: 1)
        var bound = 0
        let clock = ContinuousClock()
        let elapsed = clock.measure {
            for pod in pods {
                guard case .node(let slot) = algorithm.schedule(pod, &state) else { continue }
                state.assume(pod, on: slot)
                bound += 1
            }
        }
        #expect(bound == podCount)
        #expect(state.nodes.allSatisfy { $0.requested.milliCPU <= $0.allocatable.milliCPU })
        let largest = state.nodes.map(\.podCount).max() ?? 0
        #expect(largest <= Int64(podCount / nodeCount) * 2 + 2)
        if isMeasured {
            let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
            print("\(podCount) pods on \(nodeCount) nodes: \(Int(Double(podCount) / seconds)) pods/s")
        }
    }
}
