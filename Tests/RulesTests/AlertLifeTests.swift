import Bytes
import Environment
import OrderedCollections
import QueryLanguage
import Telemetry
import Testing

@testable import Rules

@Suite("The life of an alert")
struct AlertLifeTests {
    struct Life: Sendable, CustomTestStringConvertible {
        var name: String
        var hold: Int
        var keep: Int
        /// Per minute: x the expression holds, . it does not, ! the query fails, ~ a partial answer without the series.
        var input: String
        /// Per minute: p pending, f firing, - neither.
        var expect: String
        /// What is sent: F firing, R resolved, - nothing.
        var sent: String

        var testDescription: String { name }
    }

    static let lives = [
        Life(name: "a zero `for` goes directly into firing", hold: 0, keep: 0, input: "x.x", expect: "f-f", sent: "FRF"),
        Life(name: "it stays pending while less than `for` has passed", hold: 2, keep: 0, input: "xxxx", expect: "ppff", sent: "--F-"),
        Life(name: "a pending alert that is not produced becomes inactive untold", hold: 3, keep: 0, input: "xx.x", expect: "pp-p", sent: "----"),
        Life(name: "active since is set anew after it was inactive", hold: 1, keep: 0, input: "xx.xx", expect: "pf-pf", sent: "-FR-F"),
        Life(name: "`for` below the interval fires at the next evaluation", hold: 1, keep: 0, input: "xx", expect: "pf", sent: "-F"),
        Life(name: "keep_firing_for holds it", hold: 0, keep: 2, input: "x....", expect: "fff--", sent: "F--R-"),
        Life(name: "keep_firing_for begins anew when it holds again", hold: 0, keep: 2, input: "x.x...", expect: "fffff-", sent: "F----R"),
        Life(name: "keep_firing_for does not hold a pending one", hold: 2, keep: 5, input: "x..", expect: "p--", sent: "---"),
        Life(name: "a failing query keeps the state", hold: 1, keep: 0, input: "x!!x.", expect: "pppf-", sent: "---FR"),
        Life(name: "a partial answer resolves nothing", hold: 0, keep: 0, input: "x~~.", expect: "fff-", sent: "F--R"),
        Life(name: "a partial answer moves nothing on that it lacks", hold: 1, keep: 0, input: "x~~x", expect: "pppf", sent: "---F"),
    ]

    static func answer(_ character: Character) -> Result<Evaluation, QueryError> {
        switch character {
        case "x": .success(.of(["a"]))
        case ".": .success(.of([]))
        case "~": .success(.of([], isPartial: true))
        default: .failure(QueryError(.execution, "the store is away"))
        }
    }

    @Test("moves on as Prometheus has it", arguments: lives)
    func life(_ life: Life) throws {
        #expect(try Self.run(life, restartingBefore: []) == [life.expect, life.sent])
    }

    @Test("is the same when the process restarts before any evaluation", arguments: lives)
    func restart(_ life: Life) throws {
        for step in 1..<life.input.count {
            #expect(try Self.run(life, restartingBefore: [step]) == [life.expect, life.sent], "restarted before step \(step)")
        }
        #expect(try Self.run(life, restartingBefore: Set(1..<life.input.count)) == [life.expect, life.sent], "restarted each time")
    }

    static func run(_ life: Life, restartingBefore restarts: Set<Int>) throws -> [String] {
        let definition = RuleGroupDefinition.alert(for: .seconds(60 * life.hold), keep: .seconds(60 * life.keep))
        var rig = try Rig([definition])
        var now = RuleGroupSchedule(definition).next(after: Rig.start)
        var (states, sent) = ("", "")
        for (step, character) in life.input.enumerated() {
            if restarts.contains(step) { rig = try Rig([definition], files: rig.files, now: now - .seconds(1)) }
            rig.sent = []
            try rig.step(at: now) { _ in answer(character) }
            states += rig.alerts.isEmpty ? "-" : rig.alerts == ["a=firing"] ? "f" : "p"
            sent += rig.sent.isEmpty ? "-" : rig.sent.allSatisfy(\.isResolved) ? "R" : "F"
            now = now + .seconds(60)
        }
        return [states, sent]
    }

    @Test("while nobody evaluates, no time counts towards `for`")
    func outage() throws {
        let definition = RuleGroupDefinition.alert(for: .seconds(300))
        var rig = try Rig([definition])
        var now = RuleGroupSchedule(definition).next(after: Rig.start)
        for _ in 0..<3 {
            try rig.step(at: now) { _ in .success(.of(["a"])) }
            now = now + .seconds(60)
        }
        now = now + .seconds(3600)
        rig = try Rig([definition], files: rig.files, now: now - .seconds(1))
        try rig.step(at: now) { _ in .success(.of(["a"])) }
        #expect(rig.alerts == ["a=pending"])
        #expect(now - rig.states[0].alerts.values.first!.activeAt == .seconds(180))
    }

    @Test("ALERTS follows the state, with a stale marker for what it was")
    func series() throws {
        let definition = RuleGroupDefinition.alert(for: .seconds(60))
        var rig = try Rig([definition])
        let first = RuleGroupSchedule(definition).next(after: Rig.start)
        func written(_ rig: Rig) -> [String] {
            rig.samples.map { "\($0.labels) \(StalenessMarker.isStale($0.value) ? "stale" : "\($0.value)")" }
        }
        try rig.step(at: first) { _ in .success(.of(["a"])) }
        let since = #"{__name__="ALERTS_FOR_STATE",alertname="Down",name="a"}"#
        let pending = #"{__name__="ALERTS",alertname="Down",alertstate="pending",name="a"}"#
        let firing = #"{__name__="ALERTS",alertname="Down",alertstate="firing",name="a"}"#
        #expect(written(rig) == ["\(pending) 1.0", "\(since) \(Double(first.seconds))"])
        #expect(rig.samples.allSatisfy { $0.time == first.milliseconds })
        try rig.step(at: first + .seconds(60)) { _ in .success(.of(["a"])) }
        #expect(written(rig) == ["\(firing) 1.0", "\(since) \(Double(first.seconds))", "\(pending) stale"])
        try rig.step(at: first + .seconds(120)) { _ in .success(.of([])) }
        #expect(written(rig) == ["\(firing) stale", "\(since) stale"])
        try rig.step(at: first + .seconds(180)) { _ in .success(.of([])) }
        #expect(written(rig) == [])
    }

    @Test("two alerts of one label set are an error that is shown and changes nothing")
    func duplicates() throws {
        let definition = RuleGroupDefinition.alert(labels: [.init(name: "name", text: "same")])
        var rig = try Rig([definition])
        let now = RuleGroupSchedule(definition).next(after: Rig.start)
        try rig.step(at: now) { _ in .success(.of(["a", "b"])) }
        #expect(rig.states[0].health == .err)
        #expect(rig.states[0].lastError == "vector contains metrics with the same labelset after applying alert labels")
        #expect(rig.samples.isEmpty && rig.alerts.isEmpty)
    }

    @Test("a rule over its limit gives nothing and says so")
    func limit() throws {
        let definition = RuleGroupDefinition.alert(limit: 1)
        var rig = try Rig([definition])
        let now = RuleGroupSchedule(definition).next(after: Rig.start)
        try rig.step(at: now) { _ in .success(.of(["a", "b"])) }
        #expect(rig.states[0].lastError == "exceeded limit of 1 with 2 alerts")
        #expect(rig.samples.isEmpty)
    }

    @Test("a recording rule writes under its name and ends series that vanish")
    func recording() throws {
        let id = RuleGroupID(kind: .object, source: "default", name: "records")
        let rule = Rule(kind: .recording, name: "job:up:sum", expression: "sum(up)", labels: [.init(name: "team", text: "sea")])
        let definition = RuleGroupDefinition(id: id, queryOffset: .seconds(30), rules: [rule])
        var rig = try Rig([definition])
        let now = RuleGroupSchedule(definition).next(after: Rig.start)
        try rig.step(at: now) { _ in .success(.of(["a", "b"], value: 3)) }
        #expect(rig.samples.map(\.labels.description) == ["a", "b"].map { #"{__name__="job:up:sum",name="\#($0)",team="sea"}"# })
        #expect(rig.samples.allSatisfy { $0.value == 3 && $0.time == (now - .seconds(30)).milliseconds })
        rig = try Rig([definition], files: rig.files, now: now)
        try rig.step(at: now + .seconds(60)) { _ in .success(.of(["b"])) }
        #expect(rig.samples.map { StalenessMarker.isStale($0.value) } == [false, true])
        #expect(rig.samples.last?.labels["name"] == "a")
    }

    @Test("a rule that is edited keeps its alerts, one that is removed ends them")
    func edits() throws {
        var definition = RuleGroupDefinition.alert()
        var rig = try Rig([definition])
        var now = RuleGroupSchedule(definition).next(after: Rig.start)
        try rig.step(at: now) { _ in .success(.of(["a"])) }
        definition.rules[0].expression = "up < 1"
        rig.set.define(definition, now: now)
        now = now + .seconds(60)
        try rig.step(at: now) { _ in .success(.of(["a"])) }
        #expect(rig.alerts == ["a=firing"] && rig.sent.count == 1)
        definition.rules = []
        rig.set.define(definition, now: now)
        now = now + .seconds(60)
        try rig.step(at: now) { _ in .success(.of(["a"])) }
        #expect(rig.sent.count == 2 && rig.sent[1].isResolved && rig.sent[1].alert.resolvedAt == now)
        #expect(rig.samples.count == 2 && rig.samples.allSatisfy { StalenessMarker.isStale($0.value) })
        #expect(rig.log.snapshot.groups.values.allSatisfy { $0.rules.isEmpty })
    }
}
