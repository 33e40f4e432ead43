import ArgumentParser
import Simulation

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Run a scenario, or seeds full of faults, on a virtual clock: the real cores, simulated nodes.",
        discussion: """
            skysail simulate rollout.scenario
            skysail simulate --seeds 1-20
            """)

    @Argument(help: "A .scenario file.") var file: String?
    @Option(help: "Seed of the scenario's world, instead of its own.") var seed: UInt64?
    @Option(help: "Seeds of random runs instead of a scenario: one, or first-last.") var seeds: String?

    func run() throws {
        if let seeds {
            if file != nil { throw Failure("a scenario has a --seed; --seeds stand alone", code: 2) }
            return try runSeeds(Self.range(seeds))
        }
        guard let file else { throw Failure("name a .scenario file, or --seeds", code: 2) }
        do { Terminal.write(try Scenario.run(try FileText.read(file), seed: seed)) } catch let failure as Failure { throw failure } catch {
            throw Failure("\(file): \(error)")
        }
    }

    /// One line a seed: equal runs have equal hashes, in whatever process.
    private func runSeeds(_ seeds: ClosedRange<UInt64>) throws {
        var campaign = Campaign()
        campaign.hasAutoscalers = true
        campaign.storm = .seconds(120)
        campaign.limit = .seconds(1200)
        for seed in seeds {
            do {
                let outcome = try campaign.run(seed)
                Terminal.print(
                    "seed \(seed): \(outcome.lineCount) events, hash \(String(outcome.traceHash, radix: 16)), \(outcome.scalings) scalings, "
                        + "at rest after \(outcome.calmAfter); \(outcome.faults.description)")
            } catch { throw Failure("\(error)") }
        }
    }

    private static func range(_ text: String) throws -> ClosedRange<UInt64> {
        let ends = text.split(separator: "-", maxSplits: 1).map { UInt64($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last else {
            throw Failure("--seeds \(text): a number or first-last, such as 1-20", code: 2)
        }
        return first...last
    }
}
