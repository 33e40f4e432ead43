import Bytes
import APIServer
import ClusterAPI
import Reconciliation

/// Runs a script on a world of its own; the engine of `skysail simulate FILE.scenario`.
package struct Scenario {
    /// A block with what really came out of it.
    package struct Result: Sendable {
        package var block: ScenarioScript.Block
        package var output: [String]

        package var isAsExpected: Bool { block.expected.map { $0 == output } ?? true }
    }

    var world: World
    private let arrivals: WatchCursor
    /// Pods by the order in which they came, so that outputs do not depend on drawn names.
    private(set) var aliases: [String: String] = [:]
    private var counts: [String: Int] = [:]

    /// Makes the world that the first line may describe: `world seed=7 nodes=3 cpu=4 memory=8Gi pods=20 zones=2 crashes=30s`.
    private init(_ head: ScenarioScript.Command?, seed givenSeed: UInt64?) throws(ScenarioError) {
        var configuration = World.Configuration()
        var seed: UInt64 = 1
        for (key, value) in (head?.options ?? [:]).sorted(by: { $0.key < $1.key }) {
            let line = head?.line ?? 1
            switch key {
            case "seed": seed = UInt64(try Self.number(value, line))
            case "nodes": configuration.nodeCount = try Self.number(value, line)
            case "zones": configuration.zoneCount = try Self.number(value, line)
            case "pods": configuration.podsPerNode = try Self.number(value, line)
            case "cpu": configuration.milliCPUPerNode = try Self.quantity(value, line).milliValue
            case "memory": configuration.memoryPerNode = try Self.quantity(value, line).value
            case "crashes": configuration.faults.crashes = try Self.duration(value, line)
            case "start": configuration.startDelay = try Self.duration(value, line)
            case "latency": configuration.faults.latency = try Self.duration(value, line)
            default: throw ScenarioError(line: line, cause: "a world has no \"\(key)\"")
            }
        }
        world = World(seed: givenSeed ?? seed, configuration: configuration)
        do {
            arrivals = try world.server.cursor(WatchRequest(Pod.resource))
        } catch {
            preconditionFailure("cannot watch a server that has just been made: \(error)")
        }
    }

    /// Runs a whole script and gives it back with what came out, marked where something else was expected.
    package static func run(_ text: String, seed: UInt64? = nil) throws(ScenarioError) -> String {
        let results = try run(ScenarioScript(text), seed: seed)
        var report = rewritten(results)
        let wrong = results.filter { !$0.isAsExpected }
        for result in wrong {
            report += "\nnot as expected: \(result.block.lines.joined(separator: "; "))\nexpected:\n"
            report += (result.block.expected ?? []).map { "  \($0)\n" }.joined()
        }
        return report
    }

    /// Runs a whole script.
    ///
    /// - Parameter seed: instead of the one that the script names.
    /// - Throws: at the first command that cannot be run, or a broken promise.
    package static func run(_ script: ScenarioScript, seed: UInt64? = nil) throws(ScenarioError) -> [Result] {
        var blocks = script.blocks
        var head: ScenarioScript.Command?
        if let first = blocks.first?.commands.first, first.words == ["world"] {
            head = first
            blocks[0].commands.removeFirst()
        }
        var scenario = try Scenario(head, seed: seed)
        var results: [Result] = []
        for block in blocks {
            var output: [String] = []
            for command in block.commands { output += try scenario.perform(command) }
            results.append(Result(block: block, output: output))
        }
        return results
    }

    /// The script with the outputs that came instead of those expected, for whoever accepts them.
    package static func rewritten(_ results: [Result]) -> String {
        results.map { result in
            let tail = result.output.isEmpty && result.block.expected == nil ? [] : ["----"] + result.output
            return (result.block.lines + tail).joined(separator: "\n") + "\n"
        }
        .joined(separator: "\n")
    }

    // MARK: Names

    /// Learns which pods came, in their order.
    mutating func meetPods() {
        for event in arrivals.drain() {
            guard let snapshot = event.snapshot, aliases[snapshot.uid] == nil, let pod = try? snapshot.object(as: Pod.self) else { continue }
            guard let prefix = pod.metadata.generateName else {
                aliases[snapshot.uid] = pod.metadata.name
                continue
            }
            counts[prefix, default: 0] += 1
            aliases[snapshot.uid] = prefix + String(counts[prefix]!)
        }
    }

    func pod(_ alias: String, _ line: Int) throws(ScenarioError) -> Pod {
        guard let pod = world.all(Pod.self).first(where: { aliases[$0.metadata.uid] == alias }) else {
            throw ScenarioError(line: line, cause: "there is no pod \(alias)")
        }
        return pod
    }

    func actor(_ name: String, _ line: Int) throws(ScenarioError) -> Int {
        guard let index = world.actors.firstIndex(where: { $0.name == name }) else {
            let names = world.actors.map(\.name).joined(separator: ", ")
            throw ScenarioError(line: line, cause: "there is no actor \(name): there are \(names)")
        }
        return index
    }

    // MARK: Values

    static func number(_ text: String, _ line: Int) throws(ScenarioError) -> Int {
        guard let number = Int(text), number >= 0 else { throw ScenarioError(line: line, cause: "\"\(text)\" is no number") }
        return number
    }

    static func quantity(_ text: String, _ line: Int) throws(ScenarioError) -> Quantity {
        guard let quantity = Quantity(text) else { throw ScenarioError(line: line, cause: "\"\(text)\" is no quantity") }
        return quantity
    }

    /// Reads `500ms`, `5s`, `2m`, `1h`, with a sign if need be.
    static func duration(_ text: String, _ line: Int) throws(ScenarioError) -> Duration {
        for (suffix, unit) in [("ms", Duration.milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600))] {
            if text.hasSuffix(suffix), let count = Int(text.dropLast(suffix.count)) { return unit * count }
        }
        throw ScenarioError(line: line, cause: "\"\(text)\" is no duration such as 500ms, 5s, 2m or 1h")
    }
}
