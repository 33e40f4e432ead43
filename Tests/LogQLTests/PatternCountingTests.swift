import Bytes
import QueryLanguage
import Telemetry
import Testing

@testable import LogQL

@Suite("patterns of lines")
struct PatternCountingTests {
    /// Letters alone, since words with digits are one shape.
    private static func word(_ number: Int) -> String {
        String(number).map { String(UnicodeScalar(UInt8(ascii: "a") + UInt8($0.wholeNumberValue!))) }.joined()
    }

    private static func reader(_ lines: [String]) -> MemoryEntryReader {
        MemoryEntryReader([(Labels(["app": "x"]), lines.enumerated().map { offset, line in
            MemoryEntryReader.Entry(time: Int64(offset) * 1_000_000, line: Array(line.utf8), metadata: .empty)
        })])
    }

    private static func series(_ lines: [String], limit: Int = 10, bytes: Int = 512 << 20) throws -> (series: [PatternSeries], isCut: Bool, peak: Int) {
        var limits = QueryBudget.Limits()
        limits.bytes = bytes
        let budget = QueryBudget(limits: limits)
        let found = try PatternCounting.series(
            Self.reader(lines), [], start: 0, end: .max, step: 10_000_000_000, limit: limit, budget: budget)
        return (found.series, found.isCut, budget.bytesAtPeak)
    }

    @Test("words with digits are one place of a shape, and counts go by step")
    func shapes() throws {
        let found = try Self.series((0..<20_000).map { $0 % 4 == 0 ? "GET /a\($0) done" : "took \($0)ms" })
        #expect(found.series.map(\.pattern) == ["took <_>", "GET /<_> done"] && !found.isCut)
        #expect(found.series[1].counts.map(\.count) == [2500, 2500])
    }

    @Test("a flood of shapes that come once takes no more than its bound, and those that repeat are still counted")
    func flood() throws {
        let lines = (0..<60_000).map { $0 % 10 == 0 ? "steady \($0)" : "flood \(Self.word($0)) of words" }
        let found = try Self.series(lines, bytes: 4 << 20)
        #expect(found.isCut && found.peak <= 4 << 20)
        #expect(found.series.first?.pattern == "steady <_>" && found.series.first?.total == 6000)
    }

    @Test("shapes that fill the memory although they repeat end what is new, not the query")
    func full() throws {
        let lines = (0..<3).flatMap { _ in (0..<20_000).map { "kind \(Self.word($0)) again" } }
        // Twice in a row, so that none of them is met only once when there is no more room.
        let found = try Self.series((0..<40_000).map { "kind \(Self.word($0 / 2)) again" } + lines, limit: 5, bytes: 4 << 20)
        #expect(found.isCut && found.series.count == 5)
        #expect(found.series.allSatisfy { $0.total == 5 })
    }

    @Test("of a long line the beginning makes the shape")
    func longLines() throws {
        let found = try Self.series((0..<50).map { _ in String(repeating: "long ", count: 200_000) })
        #expect(found.series.count == 1 && found.series[0].total == 50)
        #expect(found.series[0].pattern.utf8.count == 3003 && found.series[0].pattern.hasSuffix("<_>"))
    }
}
