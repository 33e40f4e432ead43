import Bytes
import Environment
import Telemetry
import Testing

@testable import TimeSeriesStore

@Suite("Retention by matchers, and growth")
struct RetentionTests {
    private static let day: Int64 = 86_400_000
    private let debug = Labels(["__name__": "debug_queue", "app": "a"])
    private let audit = Labels(["__name__": "audit_total", "app": "a"])
    private let plain = Labels(["__name__": "up", "app": "b"])

    private func rules() throws -> [RetentionRule] {
        [
            RetentionRule(matchers: [try LabelMatcher("__name__", .matchesExpression, "debug_.*")], retention: .seconds(86_400)),
            RetentionRule(matchers: [try LabelMatcher("app", .equal, "a")], retention: .zero),
        ]
    }

    @Test("the first rule that fits a series decides how long it is kept; the rest follow the general retention")
    func rulesDecide() throws {
        let rules = try rules()
        let harness = try Harness {
            $0.retention = .seconds(3 * 86_400)
            $0.retentionRules = rules
        }
        let times = (0..<6).map { Harness.now - Int64($0) * Self.day }
        for time in times {
            for labels in [debug, audit, plain] { try harness.append(labels, [(time, 1)]) }
        }
        try harness.store.flush()
        for _ in 0..<3 { harness.store.maintain(now: harness.clock.now()) }
        let found = try harness.select().contents
        // A block goes as a whole when its last sample is past, so the day that the cutoff falls into is still there.
        #expect(found[debug].map { Set($0.keys) } == Set(times[0...1]))
        #expect(found[plain].map { Set($0.keys) } == Set(times[0...3]))
        #expect(found[audit].map { Set($0.keys) } == Set(times))
        #expect(harness.store.lastError == nil)
        let files = try harness.files.list("/data/metrics/blocks")
        harness.store.maintain(now: harness.clock.now())
        #expect(try harness.files.list("/data/metrics/blocks") == files, "what was looked through is not rewritten again")
        try harness.restart()
        #expect(try harness.select().contents == found)
    }

    @Test("a rule that keeps longer than the general retention lets old samples in; the others go with their block")
    func longerRule() throws {
        let rules = try rules()
        let harness = try Harness {
            $0.retention = .seconds(86_400)
            $0.retentionRules = rules
        }
        let old = Harness.now - 400 * Self.day
        #expect(try harness.append(audit, [(old, 7)]).accepted == 1)
        try harness.append(plain, [(old, 8)])
        try harness.store.flush()
        harness.store.maintain(now: harness.clock.now())
        #expect(try harness.select().contents == [audit: [old: 7.0.bitPattern]])
    }

    @Test("growth names the metrics and labels that a day before did not have")
    func growth() throws {
        let harness = try Harness()
        let yesterday = Harness.now - Self.day * 3 / 2
        try harness.append(plain, [(yesterday, 1)])
        try harness.append(audit, [(yesterday, 1)])
        try harness.store.flush()
        try harness.append(plain, [(Harness.now, 1)])
        for pod in 0..<5 {
            try harness.append(Labels(["__name__": "up", "pod": "p-\(pod)"]), [(Harness.now, 1)])
        }
        try harness.append(Labels(["__name__": "http_total", "pod": "p-0"]), [(Harness.now, 1)])
        let growth = try harness.store.growth()
        #expect(growth.newSeriesCount == 6)
        #expect(growth.seriesByMetric.map(\.name) == ["up", "http_total"])
        #expect(growth.seriesByMetric.map(\.value) == [5, 1])
        #expect(growth.valuesByLabel.map(\.name) == ["pod", "__name__"])
        #expect(growth.valuesByLabel.map(\.value) == [5, 1])
    }
}
