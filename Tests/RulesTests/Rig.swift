import Bytes
import Environment
import OrderedCollections
import QueryLanguage
import Telemetry

@testable import Rules

/// Drives a set of rule groups and its log without tasks or threads: one step is one evaluation of everything that is due.
struct Rig {
    let files: MemoryFileSystem
    var log: RuleLog
    var set: RuleGroupSet
    var sent: [AlertNotification] = []
    var samples: [(labels: Labels, time: Int64, value: Double)] = []

    static let directory = "/data/rules"
    static let start = Timestamp(seconds: 1_700_000_000)

    init(_ definitions: [RuleGroupDefinition], files: MemoryFileSystem = MemoryFileSystem(), now: Timestamp = Rig.start) throws {
        self.files = files
        log = try RuleLog(fileSystem: files, directory: Self.directory)
        set = RuleGroupSet(log.snapshot, sharedReceivers: [])
        for definition in definitions { set.define(definition, now: now) }
    }

    mutating func step(at now: Timestamp, answer: (String) -> Result<Evaluation, QueryError>) throws {
        samples = []
        for var work in set.takeDue(at: now) {
            take(work.core.begin(at: work.time))
            for (index, rule) in work.core.definition.rules.enumerated() {
                take(work.core.evaluate(rule: index, answer(rule.expression), at: work.time) { AlertTemplate.render($0, $1, $2, .init(now: now)) })
            }
            let outcome = work.core.finish(at: work.time)
            sent += outcome.notifications
            let staged = set.queue.stage(outcome.notifications, group: work.id, receivers: work.core.definition.receivers, now: now)
            try log.commit(work.takeChanges(outcome) + staged.map { .queued($0) }, sync: outcome.hasTransition || !staged.isEmpty)
            set.queue.accept(staged)
            _ = set.finish(.init(work: work), now: now)
        }
    }

    private mutating func take(_ batch: SampleWriteBatch) {
        for index in batch.sampleSeries.indices {
            samples.append((batch.labels(Int(batch.sampleSeries[index])), batch.sampleTimes[index], batch.sampleValues[index]))
        }
    }

    var states: [RuleState] { self.set.groups.values.flatMap(\.core.states) }

    /// The alerts of all rules without their times: `a=pending`.
    var alerts: [String] {
        states.flatMap { $0.activeAlerts.map { "\($0.labels["name"] ?? "")=\($0.state)" } }
    }
}

extension Evaluation {
    /// One element per name, whose labels are the name and another metric's name.
    static func of(_ names: [String], value: Double = 1, isPartial: Bool = false) -> Evaluation {
        Evaluation(
            value: .vector(names.map { VectorElement(labels: Labels(["__name__": "up", "name": $0]), time: 0, value: value) }),
            isPartial: isPartial)
    }
}

extension RuleGroupDefinition {
    static func alert(
        for hold: Duration = .zero, keep: Duration = .zero, interval: Duration = .seconds(60), limit: Int = 0,
        labels: [Rule.Template] = [], annotations: [Rule.Template] = [], receivers: [NotificationReceiver] = [.hook]
    ) -> RuleGroupDefinition {
        RuleGroupDefinition(
            id: RuleGroupID(kind: .file, source: "rules.yml", name: "group"), interval: interval, limit: limit,
            rules: [
                Rule(
                    kind: .alerting, name: "Down", expression: "up == 0", holdDuration: hold, keepFiringFor: keep, labels: labels,
                    annotations: annotations)
            ], receivers: receivers)
    }
}

extension NotificationReceiver {
    static let hook = NotificationReceiver(name: "hook", kind: .webhook, url: "http://127.0.0.1:1/hook")
    static let manager = NotificationReceiver(name: "am", kind: .alertmanager, url: "http://127.0.0.1:1")
}
