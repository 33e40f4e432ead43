import Bytes

@testable import Autoscaler

extension JSONValue {
    func int(_ key: String) -> Int { self[key]?.intValue ?? 0 }
}

/// The conformance file's forms as our values.
enum Parsing {
    static func pod(_ one: JSONValue, now: Timestamp) -> PodObservation {
        PodObservation(
            name: one["name"]?.stringValue ?? "", phase: PodObservation.Phase(rawValue: one["phase"]?.stringValue ?? "") ?? .unknown,
            isDeleting: one["deleting"]?.boolValue ?? false, isReady: one["ready"]?.boolValue,
            startTime: one["startAgeSeconds"]?.intValue.map { now - .seconds($0) },
            readyTransition: one["readyTransitionAgeSeconds"]?.intValue.map { now - .seconds($0) },
            containers: (one["containers"]?.arrayValue ?? []).map {
                let request = $0["requestMilli"]?.int64Value
                return .init(name: $0["name"]?.stringValue ?? "", requests: request.map { ["cpu": $0, "memory": $0] } ?? [:])
            })
    }

    static func metric(_ pod: JSONValue, value: Int64, now: Timestamp) -> PodMetric {
        PodMetric(
            value: value, time: now - .seconds(pod["metricAgeSeconds"]?.intValue ?? 0), window: .seconds(pod["metricWindowSeconds"]?.intValue ?? 60))
    }

    /// Values of pods: a pod counts as measured when each of its containers (or the one looked at) has a sample.
    static func podMetrics(_ input: JSONValue, container: String?, isPods: Bool, now: Timestamp) -> [String: PodMetric] {
        var metrics: [String: PodMetric] = [:]
        for one in input["pods"]?.arrayValue ?? [] {
            let name = one["name"]?.stringValue ?? ""
            if isPods {
                if let value = one["metricMilli"]?.int64Value { metrics[name] = metric(one, value: value, now: now) }
                continue
            }
            let used = (one["containers"]?.arrayValue ?? []).filter { container == nil || $0["name"]?.stringValue == container }
            let samples = used.compactMap { $0["usageMilli"]?.int64Value }
            if !samples.isEmpty { metrics[name] = metric(one, value: samples.reduce(0, +), now: now) }
        }
        for one in input["strayMetrics"]?.arrayValue ?? [] {
            metrics[one["name"]?.stringValue ?? ""] = metric(one, value: one["usageMilli"]?.int64Value ?? 0, now: now)
        }
        return metrics
    }

    static var timing: PodGroups.Timing {
        var timing = PodGroups.Timing()
        timing.cpuInitialization = .seconds(120)
        timing.initialReadinessDelay = .seconds(10)
        return timing
    }

    static func proposal(_ input: JSONValue, now: Timestamp) throws(ReplicaCalculator.Failure) -> ReplicaCalculator.Proposal {
        let calculator = ReplicaCalculator(
            tolerance: .init(
                up: input["tolerance"]?["scaleUp"]?.doubleValue ?? 0.1, down: input["tolerance"]?["scaleDown"]?.doubleValue ?? 0.1),
            timing: timing, now: now)
        let pods = (input["pods"]?.arrayValue ?? []).map { pod($0, now: now) }
        let current = input.int("currentReplicas")
        let target = input["target"]?.int64Value ?? 0
        let values = (input["values"]?.arrayValue ?? []).compactMap(\.int64Value)
        let type = input["metricType"]?.stringValue ?? ""
        let container = input["container"]?.stringValue
        // The tables name the resource only where it is CPU or memory on purpose; cpu is meant otherwise.
        let isCPU = type.hasSuffix("Resource") && (input["resource"]?.stringValue ?? "cpu") == "cpu"
        switch type {
        case "Object", "External":
            return input["targetKind"]?.stringValue == "AverageValue"
                ? try calculator.valuePerPod(target: target, values: values, statusReplicas: current)
                : try calculator.value(target: target, values: values, pods: pods, current: current)
        default:
            let metrics = podMetrics(input, container: container, isPods: type == "Pods", now: now)
            return input["targetKind"]?.stringValue == "Utilization"
                ? try calculator.utilization(
                    target: Int(target), resource: isCPU ? "cpu" : "memory", container: container, pods: pods, metrics: metrics, current: current)
                : try calculator.average(target: target, pods: pods, metrics: metrics, current: current, isCPU: isCPU)
        }
    }

    static func names(_ value: JSONValue?) -> Set<String> { Set((value?.arrayValue ?? []).compactMap(\.stringValue)) }

    static func events(_ value: JSONValue?, now: Timestamp) -> [ScalingHistory.Event] {
        (value?.arrayValue ?? []).map { .init(change: $0.int("change"), time: now - .seconds($0.int("ageSeconds"))) }
    }

    static func recommendations(_ value: JSONValue?, now: Timestamp) -> [ScalingHistory.Recommendation] {
        (value?.arrayValue ?? []).map { .init(replicas: $0.int("replicas"), time: now - .seconds($0.int("ageSeconds"))) }
    }

    static func rules(_ value: JSONValue?, default fallback: ScalingRules) -> ScalingRules {
        guard let value, !value.isNull else { return fallback }
        return ScalingRules(
            selection: value["selectPolicy"]?.stringValue.flatMap(ScalingRules.Selection.init(rawValue:)) ?? fallback.selection,
            stabilizationSeconds: value["stabilizationWindowSeconds"]?.intValue ?? fallback.stabilizationSeconds,
            policies: value["policies"]?.arrayValue?.map {
                .init($0["type"]?.stringValue == "Percent" ? .percent($0.int("value")) : .pods($0.int("value")), periodSeconds: $0.int("periodSeconds"))
            } ?? fallback.policies,
            tolerance: value["tolerance"]?.doubleValue)
    }

    static func decisionInput(_ input: JSONValue, now: Timestamp) -> DecisionInput {
        var made = DecisionInput(
            minimum: input.int("minReplicas"), maximum: input.int("maxReplicas"), specReplicas: input.int("specReplicas"),
            statusReplicas: input.int("statusReplicas"), pods: (input["pods"]?.arrayValue ?? []).map { pod($0, now: now) },
            readings: (input["metrics"]?.arrayValue ?? []).map { reading($0, input, now: now) })
        made.timing = timing
        if let behavior = input["behavior"], !behavior.isNull {
            made.behavior = ScalingBehavior(
                up: rules(behavior["scaleUp"], default: .defaultUp), down: rules(behavior["scaleDown"], default: .defaultDown))
        }
        made.hasScaledToZero = input["scaledToZeroCondition"]?.boolValue ?? false
        if input["scaleSelector"]?.stringValue == "" {
            made.obstacle = .init(reason: "InvalidSelector", message: "the HPA target's scale is missing a selector")
        }
        if input["otherHPASelectsSamePods"]?.boolValue == true {
            made.obstacle = .init(reason: "AmbiguousSelector", message: "pods by selector are controlled by multiple HPAs")
        }
        return made
    }

    static func reading(_ metric: JSONValue, _ input: JSONValue, now: Timestamp) -> Reading {
        let type = metric["type"]?.stringValue ?? ""
        let target = metric["target"]?.int64Value ?? 0
        let kind: Reading.Target =
            switch metric["targetKind"]?.stringValue {
            case "Utilization": .utilization(Int(target))
            case "AverageValue": .averageValue(target)
            default: .value(target)
            }
        let name = metric["resource"]?.stringValue ?? metric["metric"]?.stringValue ?? type
        if metric["fails"]?.boolValue == true {
            return Reading(name: name, target: kind, values: .failed(reason: "FailedGet\(type)Metric", message: "the metric source failed"))
        }
        switch type {
        case "Resource", "ContainerResource", "Pods":
            return Reading(
                name: name, resource: metric["resource"]?.stringValue ?? "", container: metric["container"]?.stringValue, target: kind,
                values: .pods(podMetrics(input, container: metric["container"]?.stringValue, isPods: type == "Pods", now: now)))
        case "Object", "External":
            return Reading(name: name, target: kind, values: .total((metric["values"]?.arrayValue ?? []).compactMap(\.int64Value)))
        default:
            return Reading(name: name, target: kind, values: .failed(reason: "InvalidMetricSourceType", message: "unknown metric source type \(type)"))
        }
    }
}
