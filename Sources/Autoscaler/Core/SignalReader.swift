import Bytes
import ClusterAPI
import QueryLanguage
import Telemetry

/// From an answer of a language to a reading: sums, pods, and how old the data is. Missing is never zero.
enum SignalReader {
    static func read(_ signal: Scaler.Signal, pods: [PodObservation], answers: AutoscalerCore.Answers, now: Timestamp) -> Reading {
        switch signal.source {
        case .unusable(let reason, let message):
            return Reading(name: signal.name, target: signal.target, values: .failed(reason: reason, message: message), state: .failed)
        case .resource(let query, let name, let container):
            return perPod(signal, answers[query], pods: pods, container: container, resource: name, now: now)
        case .podsMetric(let query): return perPod(signal, answers[query], pods: pods, container: nil, resource: "", now: now)
        case .total(let query): return total(signal, answers[query], now: now)
        }
    }

    private static func failed(_ signal: Scaler.Signal, _ state: Reading.State, _ message: String) -> Reading {
        var reading = Reading(
            name: signal.name, target: signal.target, values: .failed(reason: signal.failure.reason, message: message), state: state)
        reading.failure = signal.failure
        return reading
    }

    /// The elements of an instant answer, or why there are none.
    private static func elements(_ answer: Result<Evaluation, QueryError>?) -> Result<(elements: [VectorElement], isPartial: Bool), Unread> {
        switch answer {
        case nil: return .failure(Unread(message: "the query was not evaluated"))
        case .failure(let error)?: return .failure(Unread(message: error.message))
        case .success(let evaluation)?:
            switch evaluation.value {
            case .vector(let elements): return .success((elements.filter { !$0.value.isNaN }, evaluation.isPartial))
            case .scalar(let point):
                guard !point.value.isNaN else { return .success(([], evaluation.isPartial)) }
                let element = VectorElement(labels: .empty, time: point.time, value: point.value, newestInput: point.time)
                return .success(([element], evaluation.isPartial))
            case .matrix, .string, .streams:
                return .failure(Unread(message: "the query gives no number: a scalar or an instant vector is needed"))
            }
        }
    }

    private struct Unread: Error {
        var message: String
    }

    private static func perPod(
        _ signal: Scaler.Signal, _ answer: Result<Evaluation, QueryError>?, pods: [PodObservation], container: String?, resource: String,
        now: Timestamp
    ) -> Reading {
        let found: (elements: [VectorElement], isPartial: Bool)
        switch elements(answer) {
        case .success(let answer): found = answer
        case .failure(let error): return failed(signal, .failed, "unable to fetch metrics: \(error.message)")
        }
        let known = Set(pods.map(\.name))
        var metrics: [String: PodMetric] = [:]
        var newest: Timestamp?
        for element in found.elements {
            guard let pod = element.labels["pod"], known.contains(pod), container == nil || element.labels["container"] == container else { continue }
            let time = Timestamp(milliseconds: element.newestInput == .min ? element.time : element.newestInput)
            // What ended long ago says nothing of now: such a pod counts as missing.
            guard now - time <= signal.maxAge else { continue }
            let value = milli(element.value)
            let old = metrics[pod]
            metrics[pod] = PodMetric(
                value: (old?.value ?? 0).clampedAdd(value), time: min(old?.time ?? time, time),
                window: resource == "cpu" ? .seconds(MetricQueries.rateWindowSeconds) : .zero)
            newest = max(newest ?? time, time)
        }
        guard !metrics.isEmpty else { return failed(signal, .missing, signal.emptyMessage) }
        var reading = Reading(
            name: signal.name, resource: resource, container: container, target: signal.target, values: .pods(metrics),
            state: found.isPartial ? .partial : .fresh, sampleTime: newest)
        reading.failure = signal.failure
        return reading
    }

    private static func total(_ signal: Scaler.Signal, _ answer: Result<Evaluation, QueryError>?, now: Timestamp) -> Reading {
        let found: (elements: [VectorElement], isPartial: Bool)
        switch elements(answer) {
        case .success(let answer): found = answer
        case .failure(let error): return failed(signal, .failed, "unable to fetch metrics: \(error.message)")
        }
        guard !found.elements.isEmpty else { return failed(signal, .missing, signal.emptyMessage) }
        let inputs = found.elements.map(\.newestInput).filter { $0 != .min }
        let newest = inputs.max().map { Timestamp(milliseconds: $0) }
        if let newest, now - newest > signal.maxAge {
            return failed(signal, .stale, "the newest data is of \(newest.rfc3339()), older than \(signal.maxAge)")
        }
        var reading = Reading(
            name: signal.name, target: signal.target, values: .total(found.elements.map { milli($0.value) }),
            state: found.isPartial ? .partial : .fresh, sampleTime: newest)
        reading.failure = signal.failure
        return reading
    }

    /// Milli-units, saturating. Rounded up as quantities are, but not for what is only the error of binary fractions.
    static func milli(_ value: Double) -> Int64 {
        let nano = value * 1e9
        let scaled = (abs(nano) < 4e15 ? nano.rounded() / 1e6 : value * 1000).rounded(.up)
        return scaled >= 9.2e18 ? .max : scaled <= -9.2e18 ? .min : Int64(scaled)
    }
}

extension PodObservation {
    init(_ pod: Pod) {
        let ready = pod.status.conditions.first { $0.type == "Ready" }
        self.init(
            name: pod.metadata.name, phase: Phase(rawValue: pod.status.phase ?? "Pending") ?? .unknown,
            isDeleting: pod.metadata.deletionTimestamp != nil, isReady: ready.map { $0.status == "True" }, startTime: pod.status.startTime,
            readyTransition: ready?.lastTransitionTime,
            // Init containers that go on running beside the others ask for their part all the time.
            containers: (pod.spec.containers + pod.spec.initContainers.filter { $0.restartPolicy == "Always" }).map { container in
                Container(name: container.name, requests: (container.resources?.requests ?? [:]).mapValues(\.milliValue))
            })
        podRequests = (pod.spec.resources?.requests ?? [:]).mapValues(\.milliValue)
    }
}
