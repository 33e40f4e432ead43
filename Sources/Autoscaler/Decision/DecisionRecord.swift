package import Bytes
import ClusterAPI
package import Telemetry

/// A decision as it is kept: one line of JSON in the log store, and a few series.
///
/// Every evaluation leaves one, also those that change nothing. `skysail explain`, the console and the rebuilding of stabilization windows
/// after a restart read them.
package struct DecisionRecord: Sendable, Equatable {
    package var scaler: ScalerID
    package var target: String
    package var decision: Decision
    package var minimum: Int
    package var maximum: Int
    /// Whether the change was to be written, and not only recommended.
    package var isActive: Bool

    init(_ scaler: Scaler, _ decision: Decision) {
        self.scaler = scaler.id
        target = "\(scaler.target.kind)/\(scaler.target.name)"
        self.decision = decision
        minimum = scaler.minimum
        maximum = scaler.maximum
        isActive = scaler.mode == .auto
    }

    /// One word: what decided.
    package var reason: String {
        if let failed = decision.conditions.first(where: { !$0.isTrue && ($0.type == "ScalingActive" || $0.type == "AbleToScale") }) {
            return failed.reason
        }
        if decision.changes { return decision.desired > decision.current ? "ScaledUp" : "ScaledDown" }
        if let able = decision.condition("AbleToScale"), able.reason.hasSuffix("Stabilized") { return able.reason }
        if let limited = decision.condition("ScalingLimited"), limited.isTrue { return limited.reason }
        return "AtTarget"
    }

    /// Why this count and no other, in one sentence.
    package var sentence: String {
        let name = scaler.name.name
        if let failed = decision.conditions.first(where: { !$0.isTrue && ($0.type == "ScalingActive" || $0.type == "AbleToScale") }) {
            return "\(name) stays at \(decision.current): \(failed.message)."
        }
        let strongest = decision.proposals.filter { $0.replicas != nil }.max { ($0.replicas ?? 0) < ($1.replicas ?? 0) }
        let why = strongest.map { "\($0.reading.name) gives \($0.formula)" } ?? (decision.rescaleReason.isEmpty ? "nothing was measured" : decision.rescaleReason)
        let limits = decision.limits.isEmpty ? "" : "; " + decision.limits.joined(separator: ", ")
        if decision.changes && !isActive {
            return "\(name) would go from \(decision.current) to \(decision.desired): \(why)\(limits)."
        }
        if decision.changes { return "\(name) goes from \(decision.current) to \(decision.desired): \(why)\(limits)." }
        return "\(name) stays at \(decision.current): \(why)\(limits)."
    }

    // MARK: As a line

    /// Labels of the log stream that holds an autoscaler's records.
    package var streamLabels: Labels {
        Labels([
            (name: "skysail", value: "autoscaler"), (name: "namespace", value: scaler.name.namespace), (name: "kind", value: scaler.kind),
            (name: "autoscaler", value: scaler.name.name),
        ])
    }

    package var json: JSONValue {
        var object = JSONObject([
            ("time", .string(decision.time.rfc3339(.milliseconds))), ("kind", .string(scaler.kind)), ("namespace", .string(scaler.name.namespace)),
            ("autoscaler", .string(scaler.name.name)), ("target", .string(target)), ("from", .number(decision.current)),
            ("to", .number(decision.desired)), ("reason", .string(reason)), ("mode", .string(isActive ? "Auto" : "Recommend")), ("min", .number(minimum)), ("max", .number(maximum)),
        ])
        if let recommended = decision.recommended { object.set("recommended", .number(recommended)) }
        object.set("signals", .array(decision.proposals.map(Self.json)))
        object.set("limits", .array(decision.limits.map(JSONValue.string)))
        object.set("sentence", .string(sentence))
        return .object(object)
    }

    private static func json(_ proposal: Decision.Proposal) -> JSONValue {
        var object = JSONObject([("name", .string(proposal.reading.name)), ("state", .string(proposal.reading.state.rawValue))])
        if let usage = proposal.usage { object.set("value", .string(value(proposal, usage))) }
        object.set("target", .string(targetText(proposal.reading.target)))
        if let time = proposal.reading.sampleTime { object.set("sampleTime", .string(time.rfc3339(.milliseconds))) }
        if let replicas = proposal.replicas { object.set("proposal", .number(replicas)) }
        object.set("formula", .string(proposal.formula))
        return .object(object)
    }

    private static func value(_ proposal: Decision.Proposal, _ usage: Int64) -> String {
        proposal.utilization.map { "\($0)%" } ?? Quantity(milli: usage).description
    }

    private static func targetText(_ target: Reading.Target) -> String {
        switch target {
        case .utilization(let percent): "\(percent)%"
        case .averageValue(let value): "\(Quantity(milli: value)) per pod"
        case .value(let value): "\(Quantity(milli: value))"
        }
    }

    /// The form that an AutoscalingPolicy's status carries.
    var statusForm: ScalingDecision {
        var form = ScalingDecision()
        (form.time, form.from, form.to) = (decision.time, decision.current, decision.desired)
        (form.reason, form.message, form.limits) = (reason, sentence, decision.limits)
        form.signals = decision.proposals.map { proposal in
            var reading = SignalReading()
            reading.name = proposal.reading.name
            reading.value = proposal.usage.map { Self.value(proposal, $0) }
            reading.target = Self.targetText(proposal.reading.target)
            reading.sampleTime = proposal.reading.sampleTime
            reading.state = proposal.reading.state.rawValue
            reading.proposal = proposal.replicas
            return reading
        }
        return form
    }

    // MARK: As series

    /// Appends `skysail_autoscaler_*` samples of this decision.
    package func append(to batch: inout SampleWriteBatch) {
        let time = decision.time.milliseconds
        func add(_ name: String, _ value: Double, signal: String? = nil) {
            var builder = LabelsBuilder()
            builder.set(Labels.metricName, name)
            builder.set("namespace", scaler.name.namespace)
            builder.set("autoscaler", scaler.name.name)
            builder.set("kind", scaler.kind)
            if let signal { builder.set("signal", signal) }
            batch.addSample(series: batch.addSeries(builder.labels), time: time, value: value)
        }
        add("skysail_autoscaler_current_replicas", Double(decision.current))
        add("skysail_autoscaler_desired_replicas", Double(decision.desired))
        add("skysail_autoscaler_min_replicas", Double(minimum))
        add("skysail_autoscaler_max_replicas", Double(maximum))
        for proposal in decision.proposals {
            if let replicas = proposal.replicas { add("skysail_autoscaler_signal_proposal", Double(replicas), signal: proposal.reading.name) }
            if let usage = proposal.usage { add("skysail_autoscaler_signal_value", Double(usage) / 1000, signal: proposal.reading.name) }
        }
    }
}

extension ScalingHistory {
    /// Rebuilds histories from decision records, given oldest first.
    package static func rebuild(from lines: [[UInt8]]) -> [ScalerID: ScalingHistory] {
        var histories: [ScalerID: ScalingHistory] = [:]
        for line in lines {
            guard let record = try? JSONValue.parse(line), let kind = record["kind"]?.stringValue, let name = record["autoscaler"]?.stringValue,
                let time = record["time"]?.stringValue.flatMap({ Timestamp(rfc3339: $0) }), let from = record["from"]?.intValue,
                let to = record["to"]?.intValue
            else { continue }
            let id = ScalerID(kind: kind, name: NamespacedName(namespace: record["namespace"]?.stringValue ?? "", name: name))
            // Without a target there was no evaluation, hence nothing to remember.
            if record["reason"]?.stringValue == "FailedGetScale" { continue }
            var history = histories[id] ?? ScalingHistory()
            history.begin(current: from, now: time)
            if let recommended = record["recommended"]?.intValue { history.recommendations.append(.init(replicas: recommended, time: time)) }
            if record["mode"]?.stringValue == "Auto" {
                if to != from { history.hasScaledToZero = to == 0 }
                if to > from { history.upEvents.append(.init(change: to - from, time: time)) }
                if to < from { history.downEvents.append(.init(change: from - to, time: time)) }
            }
            histories[id] = history
        }
        return histories
    }
}
