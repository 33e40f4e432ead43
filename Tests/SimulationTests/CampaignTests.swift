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

    @Test("through every storm the promises hold, and then the cluster comes to rest", arguments: 1...60 as ClosedRange<UInt64>)
    func holds(seed: UInt64) throws {
        _ = try Campaign().run(seed)
    }

    static let ring: Campaign = {
        var campaign = Campaign()
        campaign.hasAutoscalers = true
        campaign.storm = .seconds(120)
        campaign.limit = .seconds(1200)
        return campaign
    }()

    @Test(
        "the whole ring turns through every storm: autoscalers follow the load and are never fooled by missing data",
        arguments: 1...40 as ClosedRange<UInt64>)
    func ringHolds(seed: UInt64) throws {
        let outcome = try Self.ring.run(seed)
        #expect(outcome.scalings > 0)
    }

    @Test("a ring is a run of its seed, too")
    func ringIsDeterministic() throws {
        #expect(try Self.ring.run(5) == Self.ring.run(5))
    }

    /// The canary: were this to pass, the checks would see nothing.
    @Test("an autoscaler that takes missing data for zero is caught")
    func canary() throws {
        var campaign = Self.ring
        campaign.readsMissingAsZero = true
        var promises: Set<String> = []
        for seed in 6...20 as ClosedRange<UInt64> where !promises.contains("missing data never shrinks") {
            do { _ = try campaign.run(seed) } catch { promises.insert(error.promise) }
        }
        #expect(promises.contains("missing data never shrinks"), "\(promises)")
    }

    /// `SKYSAIL_SEED=7 swift test --filter CampaignTests` prints what happens in a run.
    static let wantedSeed = ProcessInfo.processInfo.environment["SKYSAIL_SEED"].flatMap { UInt64($0) }

    @Test("the trace of a chosen seed", .enabled(if: wantedSeed != nil, "SKYSAIL_SEED is not set"))
    func prints() throws {
        do {
            let campaign = ProcessInfo.processInfo.environment["SKYSAIL_RING"] == nil ? Campaign() : Self.ring
            let (outcome, lines) = try campaign.trace(Self.wantedSeed!)
            print(lines.joined(separator: "\n"))
            print("faults: \(outcome.faults.description); \(outcome.lineCount) lines, hash \(String(outcome.traceHash, radix: 16))")
        } catch {
            print(error.trace.joined(separator: "\n"))
            throw error
        }
    }
}
