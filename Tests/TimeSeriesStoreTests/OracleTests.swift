import Bytes
import Telemetry
import Testing

@testable import TimeSeriesStore

@Suite("The store against a plain model")
struct OracleTests {
    @Test("random appends, restarts and selections agree with the model", arguments: UInt64(1)...12)
    func agrees(seed: UInt64) throws {
        var traffic = Traffic(seed: seed)
        let harness = try Harness()
        var model = Model()
        var time = Harness.now - 7 * 86_400_000
        for step in 0..<60 {
            time += Int64.random(in: 0...120_000, using: &traffic.random)
            for (labels, samples) in traffic.batch(around: time) {
                let ticket = try harness.append(labels, samples)
                #expect(ticket.accepted == samples.count)
                model.add(labels, samples)
            }
            if step % 9 == 8 { try harness.restart() }
            if step % 5 == 4 {
                let matchers = try traffic.matchers()
                let start = time - Int64.random(in: 0...1_000_000, using: &traffic.random)
                let end = start + Int64.random(in: 0...1_000_000, using: &traffic.random)
                let found = try harness.select(matchers, start, end).contents
                #expect(found == model.select(matchers, start, end), "seed \(seed), step \(step), \(matchers)")
            }
        }
        #expect(try harness.select().contents == model.contents, "seed \(seed)")
    }
}
