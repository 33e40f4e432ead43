import Telemetry
import Testing

@testable import LogQL

@Suite("The end of queries that nobody waits for")
struct LineWatchTests {
    @Test("whether a query is over is looked at by the bytes of its lines, not by their number")
    func looks() {
        let budget = QueryBudget.unlimited
        budget.cancel()
        for (lineBytes, most) in [(0, 256), (100, 100), (1 << 20, 1), (.max / 4, 1)] {
            var watch = LineWatch()
            // Before the first entry it is looked at once.
            let atOnce = watch.isOver(budget, lineBytes: lineBytes)
            var entries = 1
            while !watch.isOver(budget, lineBytes: lineBytes) { entries += 1 }
            #expect(atOnce && entries <= most, "\(lineBytes) bytes: \(entries) entries")
        }
    }

    @Test("a long sort orders as any sort does, and ends in the middle when its query is over")
    func sorting() throws {
        let numbers = (0..<50_000).map { ($0 &* 7919) % 50_021 }
        #expect(try numbers.sorted(.unlimited, by: <) == numbers.sorted())
        let budget = QueryBudget.unlimited
        var comparisons = 0
        #expect(throws: StoreError.self) {
            try numbers.sorted(budget) { left, right in
                comparisons += 1
                if comparisons == 100 { budget.cancel() }
                return left < right
            }
        }
        #expect(comparisons < 1 << 15)
    }
}
