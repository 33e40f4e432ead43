package import Bytes

/// From one metric to one proposal: the arithmetic of the HorizontalPodAutoscaler.
///
/// - Units: values and targets in milli-units, utilization in whole percent.
/// - Source: rules 1 to 5 and 10 of the HorizontalPodAutoscaler; `Tests` runs their published cases.
package struct ReplicaCalculator: Sendable {
    /// How far the ratio may be off 1 without a change; closed at both ends.
    package struct Tolerance: Sendable, Equatable {
        package var up = 0.1
        package var down = 0.1

        package init(up: Double = 0.1, down: Double = 0.1) {
            self.up = up
            self.down = down
        }

        func holds(_ ratio: Double) -> Bool { ratio >= 1 - down && ratio <= 1 + up }
    }

    package struct Failure: Error, Equatable, Sendable {
        package var message: String
    }

    package struct Proposal: Sendable, Equatable {
        package var replicas: Int
        /// Percent of the request; nil for metrics without one.
        package var utilization: Int?
        /// What was measured, in milli-units: the average of the pods, or the sum of an external metric.
        package var usage: Int64
        /// How the number came about, for people.
        package var formula: String
    }

    package var tolerance: Tolerance
    package var timing: PodGroups.Timing
    package var now: Timestamp

    package init(tolerance: Tolerance, timing: PodGroups.Timing, now: Timestamp) {
        self.tolerance = tolerance
        self.timing = timing
        self.now = now
    }

    // MARK: Metrics of pods

    /// A resource as a percentage of what the pods request.
    package func utilization(
        target: Int, resource: String, container: String?, pods: [PodObservation], metrics: [String: PodMetric], current: Int
    ) throws(Failure) -> Proposal {
        let groups = PodGroups(pods, metrics: metrics, isCPU: resource == "cpu", timing: timing, now: now)
        var values = metrics.filter { !groups.ignored.contains($0.key) && !groups.unready.contains($0.key) }.mapValues(\.value)
        guard !values.isEmpty else { throw Failure(message: "did not receive metrics for targeted pods (pods might be unready)") }
        let requests = try requests(of: pods, resource: resource, container: container)

        func measure(_ values: [String: Int64]) -> (ratio: Double, percent: Int, average: Int64)? {
            var (used, requested, count) = (Int64(0), Int64(0), Int64(0))
            for (pod, value) in values {
                guard let request = requests[pod] else { continue }
                used = used.clampedAdd(value)
                requested = requested.clampedAdd(request)
                count += 1
            }
            guard requested > 0 else { return nil }
            let percent = Int(Int128(used) * 100 / Int128(requested))
            return (Double(percent) / Double(target), percent, used / max(1, count))
        }
        guard let measured = measure(values) else { throw Failure(message: "no metrics returned matched known pods") }
        let proposed = combine(
            groups, ratio: measured.ratio, current: current, values: &values,
            whenMissingOnScaleDown: { pod in (requests[pod] ?? 0) * Int64(max(100, target)) / 100 }, ratioOf: { measure($0)?.ratio ?? 0 })
        return Proposal(
            replicas: proposed.replicas, utilization: measured.percent, usage: measured.average,
            formula: "\(measured.percent)% used / \(target)% target = \(Self.text(measured.ratio)); \(proposed.formula)")
    }

    /// A value per pod against an average.
    package func average(
        target: Int64, pods: [PodObservation], metrics: [String: PodMetric], current: Int, isCPU: Bool
    ) throws(Failure) -> Proposal {
        let groups = PodGroups(pods, metrics: metrics, isCPU: isCPU, timing: timing, now: now)
        var values = metrics.filter { !groups.ignored.contains($0.key) && !groups.unready.contains($0.key) }.mapValues(\.value)
        guard !values.isEmpty else { throw Failure(message: "did not receive metrics for targeted pods (pods might be unready)") }

        func measure(_ values: [String: Int64]) -> (ratio: Double, average: Int64) {
            let average = values.values.reduce(Int64(0)) { $0.clampedAdd($1) } / Int64(values.count)
            return (Double(average) / Double(target), average)
        }
        let measured = measure(values)
        let proposed = combine(
            groups, ratio: measured.ratio, current: current, values: &values, whenMissingOnScaleDown: { _ in target },
            ratioOf: { measure($0).ratio })
        return Proposal(
            replicas: proposed.replicas, utilization: nil, usage: measured.average,
            formula: "average \(Self.milli(measured.average)) / target \(Self.milli(target)) = \(Self.text(measured.ratio)); \(proposed.formula)")
    }

    /// The part that both kinds share: tolerance, and what missing and starting pods count.
    private func combine(
        _ groups: PodGroups, ratio: Double, current: Int, values: inout [String: Int64], whenMissingOnScaleDown: (String) -> Int64,
        ratioOf: ([String: Int64]) -> Double
    ) -> (replicas: Int, formula: String) {
        let countsUnready = !groups.unready.isEmpty && ratio > 1
        if !countsUnready && groups.missing.isEmpty {
            if tolerance.holds(ratio) { return (current, "within tolerance") }
            let replicas = Self.ceiling(ratio * Double(groups.readyCount))
            return (replicas, "ceil(\(Self.text(ratio)) × \(groups.readyCount) ready) = \(replicas)")
        }
        // Missing pods are assumed to stand against the change: full when shrinking, idle when growing.
        if ratio < 1 {
            for pod in groups.missing { values[pod] = whenMissingOnScaleDown(pod) }
        } else if ratio > 1 {
            for pod in groups.missing { values[pod] = 0 }
        }
        if countsUnready { for pod in groups.unready { values[pod] = 0 } }
        let cautious = ratioOf(values)
        let note = "with \(groups.missing.count) missing and \(countsUnready ? groups.unready.count : 0) starting pods \(Self.text(cautious))"
        if tolerance.holds(cautious) || (ratio < 1 && cautious > 1) || (ratio > 1 && cautious < 1) {
            return (current, "\(note): no change")
        }
        let replicas = Self.ceiling(cautious * Double(values.count))
        if (cautious < 1 && replicas > current) || (cautious > 1 && replicas < current) { return (current, "\(note): no change") }
        return (replicas, "\(note); ceil(\(Self.text(cautious)) × \(values.count)) = \(replicas)")
    }

    private func requests(of pods: [PodObservation], resource: String, container: String?) throws(Failure) -> [String: Int64] {
        var requests: [String: Int64] = [:]
        for pod in pods {
            if container == nil, let whole = pod.podRequests[resource] {
                requests[pod.name] = whole
                continue
            }
            var sum = Int64(0)
            for one in pod.containers where container == nil || one.name == container {
                guard let request = one.requests[resource] else {
                    throw Failure(message: "missing request for \(resource) in container \(one.name) of Pod \(pod.name)")
                }
                sum = sum.clampedAdd(request)
            }
            requests[pod.name] = sum
        }
        return requests
    }

    // MARK: Metrics of something else

    /// An object's or external metric's value against a target value: scales the ready pods.
    package func value(target: Int64, values: [Int64], pods: [PodObservation], current: Int) throws(Failure) -> Proposal {
        guard !values.isEmpty else { throw Failure(message: "no metrics returned from external metrics API") }
        let usage = values.reduce(Int64(0)) { $0.clampedAdd($1) }
        let ratio = Double(usage) / Double(target)
        let fraction = "\(Self.milli(usage)) / target \(Self.milli(target)) = \(Self.text(ratio))"
        if current == 0 {
            return Proposal(replicas: Self.ceiling(ratio), utilization: nil, usage: usage, formula: "\(fraction); ceil from zero")
        }
        if tolerance.holds(ratio) {
            return Proposal(replicas: current, utilization: nil, usage: usage, formula: "\(fraction); within tolerance")
        }
        // Pods that are ending count while they are ready: they still carry load.
        let ready = pods.count { $0.phase == .running && $0.isReady == true }
        let replicas = Self.ceiling(ratio * Double(ready))
        return Proposal(replicas: replicas, utilization: nil, usage: usage, formula: "\(fraction); ceil(\(Self.text(ratio)) × \(ready) ready) = \(replicas)")
    }

    /// The same against a target per pod: independent of which pods are ready.
    package func valuePerPod(target: Int64, values: [Int64], statusReplicas: Int) throws(Failure) -> Proposal {
        guard !values.isEmpty else { throw Failure(message: "no metrics returned from external metrics API") }
        let usage = values.reduce(Int64(0)) { $0.clampedAdd($1) }
        let ratio = Double(usage) / (Double(target) * Double(statusReplicas))
        // Reported per pod, rounded up, as `kubectl get hpa` shows it.
        let perPod = statusReplicas > 0 ? usage / Int64(statusReplicas) + (usage % Int64(statusReplicas) > 0 ? 1 : 0) : usage
        let fraction = "\(Self.milli(usage)) / (\(Self.milli(target)) × \(statusReplicas)) = \(Self.text(ratio))"
        if tolerance.holds(ratio) {
            return Proposal(replicas: statusReplicas, utilization: nil, usage: perPod, formula: "\(fraction); within tolerance")
        }
        let replicas = Self.ceiling(Double(usage) / Double(target))
        return Proposal(
            replicas: replicas, utilization: nil, usage: perPod,
            formula: "\(fraction); ceil(\(Self.milli(usage)) / \(Self.milli(target))) = \(replicas)")
    }

    // MARK: Numbers

    /// Rounds up and saturates at the largest replica count the API can say.
    static func ceiling(_ value: Double) -> Int {
        value.isNaN ? 0 : Int(min(max(value.rounded(.up), 0), Double(Int32.max)))
    }

    static func text(_ ratio: Double) -> String {
        guard ratio.isFinite, abs(ratio) < 1e12 else { return "\(ratio)" }
        let thousandths = Int((ratio * 1000).rounded())
        return "\(thousandths / 1000).\(String(abs(thousandths) % 1000 + 1000).dropFirst())"
    }

    static func milli(_ value: Int64) -> String { value % 1000 == 0 ? "\(value / 1000)" : "\(value)m" }
}

extension Int64 {
    /// Adds and stays at the ends of the range instead of trapping.
    func clampedAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
