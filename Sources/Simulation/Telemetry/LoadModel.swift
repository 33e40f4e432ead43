import Bytes

/// What users ask of the pods of one controller: CPU that the ready ones share, in steps over time.
struct LoadModel: Sendable {
    struct Step: Sendable {
        var start: Timestamp
        var milliCPU: Int64
    }

    var controller: String
    /// In the order of time, the first at the beginning of the model.
    private(set) var steps: [Step]

    init(controller: String, start: Timestamp, milliCPU: Int64) {
        self.controller = controller
        steps = [Step(start: start, milliCPU: milliCPU)]
    }

    mutating func change(to milliCPU: Int64, at time: Timestamp) { steps.append(Step(start: time, milliCPU: milliCPU)) }

    func demand(at time: Timestamp) -> Int64 { steps.last { $0.start <= time }?.milliCPU ?? steps[0].milliCPU }

    /// The least and the most that was asked since a time.
    func extremes(from start: Timestamp, to end: Timestamp) -> ClosedRange<Int64> {
        var (low, high) = (demand(at: start), demand(at: start))
        for step in steps where step.start > start && step.start <= end {
            low = min(low, step.milliCPU)
            high = max(high, step.milliCPU)
        }
        return low...high
    }
}

/// How an autoscaled controller ought to answer to its load, told apart from the autoscaler's own arithmetic.
struct ScalingGoal: Sendable {
    var controller: String
    /// What one replica carries when everything is right.
    var milliCPUPerReplica: Int64
    var minimum: Int
    var maximum: Int
    /// The window in which nothing shrinks below what was wanted.
    var window: Duration
    /// Whether the use of the pods is measured, which starting pods blur, or the load itself.
    var isMeasuredOnPods: Bool

    func replicas(for milliCPU: Int64) -> Int { Int((milliCPU + milliCPUPerReplica - 1) / milliCPUPerReplica) }

    /// Whether a count is right for a load that does not change: the calculated one, or one within the tolerance of 10 %.
    func isRight(_ replicas: Int, for milliCPU: Int64) -> Bool {
        let wanted = min(max(self.replicas(for: milliCPU), minimum), maximum)
        if replicas == wanted { return true }
        guard replicas > 0, replicas >= minimum, replicas <= maximum else { return false }
        let ratio = Double(milliCPU) / Double(milliCPUPerReplica * Int64(replicas))
        return ratio > 0.88 && ratio < 1.12
    }
}
