import Bytes
import ClusterAPI
package import Environment
package import QueryLanguage
import Telemetry

/// What `kubectl top` reads: CPU and memory of nodes and pods, answered by PromQL and never stored.
///
/// - Source: Kubernetes `metrics.k8s.io/v1beta1`.
package struct ResourceMetrics: Sendable {
    /// The window of the CPU rates.
    private static let windowSeconds = 60
    private static let podCPU = """
        sum by (namespace, pod, container) (rate(container_cpu_usage_seconds_total{container!=""}[\(windowSeconds)s]))
        """
    private static let podMemory = #"sum by (namespace, pod, container) (container_memory_working_set_bytes{container!=""})"#
    private static let nodeCPU = """
        sum by (instance) (rate(node_cpu_seconds_total{mode!="idle",mode!="iowait"}[\(windowSeconds)s]))
        """
    private static let nodeMemory = "sum by (instance) (node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes)"

    private let evaluator: any Evaluator
    private let pool: any WorkPool

    package init(evaluator: any Evaluator, pool: any WorkPool) {
        self.evaluator = evaluator
        self.pool = pool
    }

    /// What something uses, and when that was measured.
    struct Usage: Sendable {
        var cpu: Double?
        var memory: Double?
        /// Milliseconds.
        var newest = Int64.min

        /// Nothing is said of what only half is known.
        var value: JSONValue? {
            guard let cpu, let memory else { return nil }
            let cores = Quantity(nanos: Int128((max(cpu, 0) * 1e9).rounded(.up)))
            return ["cpu": .string(cores.description), "memory": .string(Quantity(bytes: Int64(max(memory, 0)) / 1024 * 1024).description)]
        }
    }

    func pods(now: Timestamp) async throws(StatusError) -> [NamespacedName: [String: Usage]] {
        var pods: [NamespacedName: [String: Usage]] = [:]
        try await read(Self.podCPU, Self.podMemory, now) { labels, update in
            guard let namespace = labels["namespace"], let pod = labels["pod"], let container = labels["container"] else { return }
            update(&pods[NamespacedName(namespace: namespace, name: pod), default: [:]][container, default: Usage()])
        }
        return pods
    }

    func nodes(now: Timestamp) async throws(StatusError) -> [String: Usage] {
        var nodes: [String: Usage] = [:]
        try await read(Self.nodeCPU, Self.nodeMemory, now) { labels, update in
            guard let node = labels["instance"] else { return }
            update(&nodes[node, default: Usage()])
        }
        return nodes
    }

    private func read(
        _ cpu: String, _ memory: String, _ now: Timestamp, _ body: (Labels, (inout Usage) -> Void) -> Void
    ) async throws(StatusError) {
        for element in try await evaluate(cpu, now) {
            body(element.labels) { usage in
                usage.cpu = element.value
                usage.newest = max(usage.newest, element.newestInput)
            }
        }
        for element in try await evaluate(memory, now) {
            body(element.labels) { usage in
                usage.memory = element.value
                usage.newest = max(usage.newest, element.newestInput)
            }
        }
    }

    private func evaluate(_ text: String, _ now: Timestamp) async throws(StatusError) -> [VectorElement] {
        do {
            let query = try evaluator.prepare(text)
            let answer = try await pool.run { try query.evaluate(at: now, options: EvaluationOptions(), budget: QueryBudget()) }
            guard case .vector(let elements) = answer.value else { return [] }
            return elements
        } catch {
            throw .unavailable("cannot read metrics: \(error)")
        }
    }

    // MARK: Objects

    static func podMetrics(_ key: ObjectKey, _ containers: [String: Usage], labels: [String: String], now: Timestamp) -> JSONValue? {
        let measured = containers.sorted { $0.key < $1.key }.compactMap { name, usage -> JSONValue? in
            usage.value.map { ["name": .string(name), "usage": $0] }
        }
        if measured.isEmpty { return nil }
        let newest = containers.values.map(\.newest).max() ?? .min
        return head("PodMetrics", key, labels, newest, now, ("containers", .array(measured)))
    }

    static func nodeMetrics(_ key: ObjectKey, _ usage: Usage, labels: [String: String], now: Timestamp) -> JSONValue? {
        guard let value = usage.value else { return nil }
        return head("NodeMetrics", key, labels, usage.newest, now, ("usage", value))
    }

    private static func head(
        _ kind: String, _ key: ObjectKey, _ labels: [String: String], _ newest: Int64, _ now: Timestamp, _ figures: (String, JSONValue)
    ) -> JSONValue {
        var metadata = JSONObject([("name", .string(key.name))])
        if let namespace = key.namespace { metadata["namespace"] = .string(namespace) }
        metadata["creationTimestamp"] = .string(now.rfc3339())
        if !labels.isEmpty { metadata["labels"] = .object(JSONObject(labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })) }
        let time = newest == .min ? now : Timestamp(milliseconds: newest)
        return .object(
            JSONObject([
                ("kind", .string(kind)), ("apiVersion", "metrics.k8s.io/v1beta1"), ("metadata", .object(metadata)),
                ("timestamp", .string(time.rfc3339())), ("window", .string("\(windowSeconds / 60)m0s")), figures,
            ]))
    }
}
