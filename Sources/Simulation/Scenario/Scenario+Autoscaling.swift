import Bytes
import ClusterAPI

/// What a script can say of load and autoscalers; the first such command puts stores, meters and the autoscaler into the world.
extension Scenario {
    mutating func performAutoscaling(_ command: ScenarioScript.Command) throws(ScenarioError) -> [String] {
        let line = command.line
        func word(_ index: Int, _ what: String) throws(ScenarioError) -> String {
            guard command.words.count > index else { throw ScenarioError(line: line, cause: "\(command.words[0]) needs \(what)") }
            return command.words[index]
        }
        func option(_ name: String, _ fallback: String) -> String { command.options[name] ?? fallback }
        world.beginAutoscaling(seed: 1)
        switch command.words.first {
        case "load":
            world.setLoad(try Self.quantity(word(2, "an amount of CPU"), line).milliValue, of: try word(1, "a controller"))
            return []
        case "silence":
            world.silenceMeters(for: try Self.duration(word(1, "a duration"), line))
            return []
        case "hpa":
            let name = try word(1, "a controller")
            guard let request = request(of: name) else { throw ScenarioError(line: line, cause: "there is no controller \(name)") }
            return said(
                world.createHorizontal(
                    name, requestMilliCPU: request, percent: try Self.number(option("cpu", "80"), line), minimum: try Self.number(option("min", "1"), line),
                    maximum: try Self.number(option("max", "10"), line), window: try Self.duration(option("window", "60s"), line)))
        case "policy":
            return said(
                world.createPolicy(
                    try word(1, "a controller"), milliCPUPerReplica: try Self.quantity(option("each", "100m"), line).milliValue,
                    minimum: try Self.number(option("min", "1"), line), maximum: try Self.number(option("max", "10"), line),
                    window: try Self.duration(option("window", "60s"), line)))
        default: return try explain(word(1, "an autoscaler"), line)
        }
    }

    private func request(of controller: String) -> Int64? {
        world.all(ReplicationController.self).first { $0.metadata.name == controller }.map { found in
            (found.spec.template?.spec.containers ?? []).reduce(0) { $0 + ($1.resources?.requests["cpu"]?.milliValue ?? 0) }
        }
    }

    /// The last decision that changed something and the last one at all, as `skysail explain` words them.
    private func explain(_ name: String, _ line: Int) throws(ScenarioError) -> [String] {
        let records = (world.metering?.telemetry.records(around: world.now) ?? []).compactMap { try? JSONValue.parse($0) }
            .filter { $0["autoscaler"]?.stringValue == name }
        guard let last = records.last else { throw ScenarioError(line: line, cause: "there is no decision of an autoscaler \(name)") }
        let changed = records.last { $0["from"] != $0["to"] }
        return [changed, last].compactMap { record in
            guard let record, let time = record["time"]?.stringValue.flatMap({ Timestamp(rfc3339: $0) }) else { return nil }
            return "\(Trace.seconds(time - World.origin)) \(record["sentence"]?.stringValue ?? "")"
        }
    }
}
