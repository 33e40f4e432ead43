import Bytes
import FoundationEssentials
import Simulation
import Testing

@Suite("Simulated clusters")
struct CampaignTests {
    @Test("a seed is a run: twice the same trace")
    func deterministic() throws {
        let first = try Campaign().run(1)
        #expect(first.lineCount > 50)
        #expect(try Campaign().run(1) == first)
        #expect(try Campaign().run(2).traceHash != first.traceHash)
    }

    @Test("through every storm the promises hold, and then the cluster comes to rest", arguments: 1...100 as ClosedRange<UInt64>)
    func holds(seed: UInt64) throws {
        _ = try Campaign().run(seed)
    }

    /// `SKYSAIL_SEED=7 swift test --filter CampaignTests` prints what happens in a run.
    static let wantedSeed = ProcessInfo.processInfo.environment["SKYSAIL_SEED"].flatMap { UInt64($0) }

    @Test("the trace of a chosen seed", .enabled(if: wantedSeed != nil, "SKYSAIL_SEED is not set"))
    func prints() throws {
        do {
            let (outcome, lines) = try Campaign().trace(Self.wantedSeed!)
            print(lines.joined(separator: "\n"))
            print("faults: \(outcome.faults.description); \(outcome.lineCount) lines, hash \(String(outcome.traceHash, radix: 16))")
        } catch {
            print(error.trace.joined(separator: "\n"))
            throw error
        }
    }
}
