import ArgumentParser
import Simulation

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Run a scenario on a virtual clock: the real cores, simulated nodes.",
        discussion: "skysail simulate rollout.scenario")

    @Argument(help: "A .scenario file.") var file: String
    @Option(help: "Seed of the world.") var seed: UInt64 = 1

    func run() throws {
        do { Terminal.write(try Scenario.run(try FileText.read(file), seed: seed)) } catch let failure as Failure { throw failure } catch {
            throw Failure("\(file): \(error)")
        }
    }
}
