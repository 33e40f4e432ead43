package import ClusterAPI

/// One autoscaling object in the form that evaluations need, whichever kind it came from.
struct Scaler: Sendable {
    enum Kind: String, Sendable { case horizontal = "HorizontalPodAutoscaler", policy = "AutoscalingPolicy" }

    enum Mode: Sendable { case off, recommend, auto }

    /// Where a signal's value comes from.
    enum Source: Sendable {
        case resource(SignalQuery, name: String, container: String?)
        case podsMetric(SignalQuery)
        case total(SignalQuery)
        case unusable(reason: String, message: String)
    }

    struct Signal: Sendable {
        var name: String
        var source: Source
        var target: Reading.Target
        var missing: MissingPolicy = .hold
        var maxAge = Duration.seconds(60)
        var failure = Reading.FailureWords()
        /// What is said when the answer is empty.
        var emptyMessage = "the query gives no data"
    }

    enum MissingPolicy: Sendable, Equatable {
        case hold
        case lastValue(Duration)
        case fallback(after: Duration, replicas: Int)
    }

    var id: ScalerID
    var uid: String
    var generation: Int?
    var target: CrossVersionObjectReference
    var minimum: Int
    var maximum: Int
    var mode: Mode
    var signals: [Signal]
    var behavior: ScalingBehavior?
    var tolerance: Double
    var formula: Formula?
    var formulaError: String?
    var isUpPaused = false
    var isDownPaused = false
    /// How long what a new pod uses is not believed; nil leaves it to the rules for CPU.
    var warmUp: Duration?
    /// The longest time between two evaluations.
    var interval = Duration.seconds(5)
    var calendar = ScheduleCalendar([])
    var forecast: Forecast?
}

/// Names an autoscaling object.
package struct ScalerID: Hashable, Comparable, Sendable {
    package var kind: String
    package var name: NamespacedName

    package init(kind: String, name: NamespacedName) {
        self.kind = kind
        self.name = name
    }

    package static func < (left: ScalerID, right: ScalerID) -> Bool { (left.kind, left.name) < (right.kind, right.name) }
}

extension Scaler {
    init(_ hpa: HorizontalPodAutoscaler) {
        let namespace = hpa.metadata.namespace ?? ""
        id = ScalerID(kind: Kind.horizontal.rawValue, name: NamespacedName(namespace: namespace, name: hpa.metadata.name))
        uid = hpa.metadata.uid
        generation = hpa.metadata.generation
        target = hpa.spec.scaleTargetRef
        minimum = hpa.spec.minReplicas ?? 1
        maximum = hpa.spec.maxReplicas
        mode = .auto
        behavior = hpa.spec.behavior.map(ScalingBehavior.init)
        tolerance = 0.1
        var metrics = hpa.spec.metrics
        if metrics.isEmpty {
            // Kubernetes' default metric: 80 % of the requested CPU.
            var resource = ResourceMetricSource()
            resource.name = "cpu"
            resource.target.type = "Utilization"
            resource.target.averageUtilization = 80
            var metric = MetricSpec()
            metric.type = "Resource"
            metric.resource = resource
            metrics = [metric]
        }
        signals = metrics.map { Signal($0, namespace: namespace) }
    }

    init(_ policy: AutoscalingPolicy) {
        let namespace = policy.metadata.namespace ?? ""
        id = ScalerID(kind: Kind.policy.rawValue, name: NamespacedName(namespace: namespace, name: policy.metadata.name))
        uid = policy.metadata.uid
        generation = policy.metadata.generation
        target = policy.spec.scaleTargetRef
        minimum = policy.spec.minReplicas ?? 1
        maximum = policy.spec.maxReplicas
        mode = policy.spec.mode == "Off" ? .off : policy.spec.mode == "Recommend" ? .recommend : .auto
        behavior = policy.spec.behavior.map(ScalingBehavior.init) ?? ScalingBehavior()
        tolerance = policy.spec.tolerance.map { Double($0.milliValue) / 1000 } ?? 0.1
        signals = policy.spec.signals.map { Signal($0, namespace: namespace) }
        isUpPaused = policy.spec.paused?.up ?? false
        isDownPaused = policy.spec.paused?.down ?? false
        if policy.spec.combine?.type == "Formula" {
            do throws(Formula.Malformed) {
                formula = try Formula(policy.spec.combine?.formula ?? "", names: Set(policy.spec.signals.map(\.name)))
            } catch { formulaError = error.message }
        }
        warmUp = policy.spec.warmUpSeconds.map { .seconds($0) }
        interval = .seconds(min(5, max(1, policy.spec.evaluationIntervalSeconds ?? 5)))
        calendar = ScheduleCalendar(policy.spec.schedules)
        if let wanted = policy.spec.forecast, wanted.enabled ?? true {
            // A day ahead is as far as a season reaches; less than a step is no time ahead.
            forecast = Forecast(
                horizon: .seconds(min(max(wanted.horizonSeconds ?? 600, 300), 86_400)),
                history: .seconds(min(max(wanted.historySeconds ?? 1_209_600, 172_800), 35 * 86_400)),
                maximumErrorPercent: max(0, wanted.maxErrorPercent ?? 30))
        }
    }
}

extension Scaler.Signal {
    init(_ metric: MetricSpec, namespace: String) {
        self.init(name: metric.type, source: .unusable(reason: "InvalidMetricSourceType", message: "unknown metric source type \"\(metric.type)\""), target: .value(1))
        switch metric.type {
        case "Resource":
            guard let resource = metric.resource else { return }
            (source, target) = (Self.resource(resource.name, nil, namespace), Self.target(resource.target))
            describe(resource: resource.name, kind: "resource", reason: "FailedGetResourceMetric")
        case "ContainerResource":
            guard let resource = metric.containerResource else { return }
            (source, target) = (Self.resource(resource.name, resource.container, namespace), Self.target(resource.target))
            describe(resource: resource.name, kind: "container resource", reason: "FailedGetContainerResourceMetric")
        case "Pods":
            guard let pods = metric.pods else { return }
            name = "pods metric \(pods.metric.name)"
            (source, target) = (.podsMetric(MetricQueries.pods(pods.metric, namespace: namespace)), Self.target(pods.target))
            failure = .init(reason: "FailedGetPodsMetric", prefix: "failed to get pods metric value: ")
            emptyMessage = "unable to get metric \(pods.metric.name): no metrics returned from custom metrics API"
        case "Object":
            guard let object = metric.object else { return }
            let described = object.describedObject
            name = "\(described.kind) metric \(object.metric.name)"
            source = .total(MetricQueries.object(object.metric, described, namespace: namespace))
            target = Self.target(object.target)
            failure = .init(reason: "FailedGetObjectMetric", prefix: "failed to get object metric value: ")
            emptyMessage =
                "unable to get metric \(object.metric.name): \(described.kind) on \(namespace) \(described.name)/no metrics returned from custom metrics API"
        case "External":
            guard let external = metric.external else { return }
            name = "external metric \(external.metric.name)(\(Self.text(external.metric.selector)))"
            (source, target) = (.total(MetricQueries.external(external.metric)), Self.target(external.target))
            failure = .init(reason: "FailedGetExternalMetric", prefix: "failed to get external metric \(external.metric.name): ")
            emptyMessage =
                "unable to get external metric \(namespace)/\(external.metric.name)/\(Self.text(external.metric.selector)): no metrics returned from external metrics API"
        default: break
        }
    }

    private mutating func describe(resource: String, kind: String, reason: String) {
        if case .utilization = target {
            name = "\(resource) \(kind) utilization (percentage of request)"
            failure = .init(reason: reason, prefix: "failed to get \(resource) utilization: ")
        } else {
            name = "\(resource) \(kind)"
            failure = .init(reason: reason, prefix: "failed to get \(resource) usage: ")
        }
        emptyMessage = "unable to get metrics for resource \(resource): no metrics returned from resource metrics API"
    }

    /// A selector as Go prints a pointer to one, since that is what users search their logs for.
    private static func text(_ selector: LabelSelector?) -> String {
        guard let selector else { return "nil" }
        let labels = selector.matchLabels.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)," }.joined()
        let expressions = selector.matchExpressions
            .map { "LabelSelectorRequirement{Key:\($0.key),Operator:\($0.operator),Values:[\($0.values.joined(separator: " "))],}," }.joined()
        return "&LabelSelector{MatchLabels:map[string]string{\(labels)},MatchExpressions:[]LabelSelectorRequirement{\(expressions)},}"
    }

    init(_ signal: PolicySignal, namespace: String) {
        self.init(
            name: signal.name, source: .unusable(reason: "InvalidSignal", message: "signal \(signal.name) needs one of promql, logql and resource"),
            target: Self.target(signal.target))
        if let text = signal.promql {
            source = .total(SignalQuery(.promql, text))
        } else if let text = signal.logql {
            source = .total(SignalQuery(.logql, text))
        } else if let resource = signal.resource {
            source = Self.resource(resource.name, resource.container, namespace)
        }
        let reason = signal.resource == nil ? "FailedGetExternalMetric" : "FailedGetResourceMetric"
        failure = .init(reason: reason, prefix: "signal \(signal.name): ")
        if signal.resource != nil { emptyMessage = "no metrics known for the pods of the target" }
        if let seconds = signal.maxAgeSeconds { maxAge = .seconds(seconds) }
        switch signal.missing?.policy {
        case "LastValue": missing = .lastValue(.seconds(signal.missing?.forSeconds ?? 300))
        case "Fallback": missing = .fallback(after: .seconds(signal.missing?.forSeconds ?? 180), replicas: signal.missing?.replicas ?? 1)
        default: missing = .hold
        }
    }

    private static func resource(_ name: String, _ container: String?, _ namespace: String) -> Scaler.Source {
        guard let query = MetricQueries.resource(name, namespace: namespace) else {
            return .unusable(reason: "FailedGetResourceMetric", message: "resource \(name) is not measured; cpu and memory are")
        }
        return .resource(query, name: name, container: container)
    }

    private static func target(_ target: MetricTarget) -> Reading.Target {
        if let percent = target.averageUtilization { return .utilization(percent) }
        if let average = target.averageValue { return .averageValue(max(1, average.milliValue)) }
        return .value(max(1, target.value?.milliValue ?? 1))
    }
}
