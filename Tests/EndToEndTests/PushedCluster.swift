import Bytes
import Environment
import Posix
import Telemetry
import Wire

/// A server whose pods are only told of: their statuses are written by API and their metrics pushed.
struct PushedCluster {
    let address: String

    func get(_ path: String) throws -> JSONValue { try Curl.get(address + path).json }

    func create(_ path: String, _ object: String) throws {
        let answer = try Curl.send("POST", address + path, type: "application/json", body: Array(object.utf8))
        guard answer.status == 201 else { throw ServerFailed("\(path): \(answer.status) \(answer.text)") }
    }

    /// Makes a namespace with a controller `web`, and has its pods run and be ready for ten minutes. - Returns: their names.
    func createPods(_ namespace: String, replicas: Int) async throws -> [String] {
        try create("/api/v1/namespaces", #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"\#(namespace)"}}"#)
        let container = #""image":"host","resources":{"requests":{"cpu":"500m","memory":"64"}}"#
        try create(
            "/api/v1/namespaces/\(namespace)/replicationcontrollers",
            #"{"apiVersion":"v1","kind":"ReplicationController","metadata":{"name":"web"},"spec":{"replicas":\#(replicas),"selector":{"app":"web"},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"main",\#(container)},{"name":"side",\#(container)}]}}}}"#
        )
        var names: [String] = []
        for _ in 0..<100 where names.count < replicas {
            names = try (get("/api/v1/namespaces/\(namespace)/pods")["items"]?.arrayValue ?? []).compactMap { $0["metadata"]?["name"]?.stringValue }
            if names.count < replicas { try await Task.sleep(for: .milliseconds(100)) }
        }
        let start = Timestamp(seconds: Self.now - 600).rfc3339()
        for name in names {
            let status =
                #"{"status":{"phase":"Running","startTime":"\#(start)","conditions":[{"type":"Ready","status":"True","lastTransitionTime":"\#(start)"}]}}"#
            let answer = try Curl.send(
                "PATCH", "\(address)/api/v1/namespaces/\(namespace)/pods/\(name)/status", type: "application/strategic-merge-patch+json", body: Array(status.utf8))
            guard answer.status == 200 else { throw ServerFailed("status of \(name): \(answer.status) \(answer.text)") }
        }
        return names
    }

    private static var now: Int64 { SystemClock().now().seconds }

    // MARK: Metrics

    /// The counters of the last minute, every ten seconds, and gauges of now.
    func push(_ one: AutoscalerTests.Case, _ pods: [String]) throws {
        var batch = SampleWriteBatch()
        let now = Self.now
        for (pod, cpu) in zip(pods, one.cpu) {
            for (container, cores) in [("main", cpu.main), ("side", cpu.side)] {
                let series = batch.addSeries(Self.labels("container_cpu_usage_seconds_total", one.name, [("pod", pod), ("container", container)]))
                for second in stride(from: now - 60, through: now, by: 10) {
                    batch.addSample(series: series, time: second * 1000, value: cores * Double(second - 1_700_000_000))
                }
            }
        }
        for (pod, bytes) in zip(pods, one.memory) {
            let series = batch.addSeries(Self.labels("container_memory_working_set_bytes", one.name, [("pod", pod), ("container", "main")]))
            batch.addSample(series: series, time: now * 1000, value: bytes)
        }
        for (name, labels, value) in one.series {
            let named = labels.map { label in
                (label.0, label.1.hasPrefix("pod") && label.0 == "pod" ? pods[Int(label.1.dropFirst(3)) ?? 0] : label.1)
            }
            batch.addSample(series: batch.addSeries(Self.labels(name, one.name, named)), time: now * 1000, value: value)
        }
        try write(batch)
    }

    func push(_ series: [(String, [(String, String)], Double)], namespace: String) throws {
        var batch = SampleWriteBatch()
        for (name, labels, value) in series {
            batch.addSample(series: batch.addSeries(Self.labels(name, namespace, labels)), time: SystemClock().now().milliseconds, value: value)
        }
        try write(batch)
    }

    private func write(_ batch: SampleWriteBatch) throws {
        if batch.isEmpty { return }
        let body = RemoteWriteEncoder.encodeCompressed(batch, version: .v1)
        let answer = try Curl.send("POST", "\(address)/api/v1/write", type: "application/x-protobuf", body: body)
        guard answer.status == 204 else { throw ServerFailed("write: \(answer.status) \(answer.text)") }
    }

    private static func labels(_ name: String, _ namespace: String, _ more: [(String, String)]) -> Labels {
        var builder = LabelsBuilder()
        builder.set("__name__", name)
        builder.set("namespace", namespace)
        for (label, value) in more { builder.set(label, value) }
        return builder.labels
    }

    // MARK: What comes of it

    func replicas(_ namespace: String) throws -> Int? {
        try get("/api/v1/namespaces/\(namespace)/replicationcontrollers/web")["spec"]?["replicas"]?.intValue
    }

    /// What is not as the case has it; nil when all is.
    func difference(_ one: AutoscalerTests.Case) throws -> String? {
        if one.replicas > 0, let count = try replicas(one.name), count != one.replicas { return "\(count) replicas instead of \(one.replicas)" }
        let status = try get("/apis/autoscaling/v2/namespaces/\(one.name)/horizontalpodautoscalers/web")["status"]
        let conditions = status?["conditions"]?.arrayValue ?? []
        for (type, reason) in one.reasons.sorted(by: { $0.key < $1.key }) {
            let found = conditions.first { $0["type"]?.stringValue == type }
            if found?["reason"]?.stringValue != reason { return "\(type) is \(found.map { "\($0)" } ?? "not there") instead of \(reason)" }
        }
        if one.replicas > 0, status?["desiredReplicas"]?.intValue != one.replicas { return "the status is \(status.map { "\($0)" } ?? "not there")" }
        if let event = one.event {
            let reasons = try (get("/api/v1/namespaces/\(one.name)/events")["items"]?.arrayValue ?? [])
                .filter { $0["involvedObject"]?["kind"]?.stringValue == "HorizontalPodAutoscaler" }.compactMap { $0["reason"]?.stringValue }
            if !reasons.contains(event) { return "no event \(event) among \(reasons)" }
        }
        return nil
    }

    /// Asks until nothing is wrong any more. - Returns: what is still wrong after half a minute.
    func waitFor(_ trouble: () throws -> String?) async throws -> String? {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            guard let wrong = try trouble() else { return nil }
            if ContinuousClock.now >= deadline { return wrong }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
