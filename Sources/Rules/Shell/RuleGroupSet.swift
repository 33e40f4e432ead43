import Bytes
import ClusterAPI
import OrderedCollections
import QueryLanguage
import Reconciliation
import Telemetry

/// All rule groups as a value: which there are, which are due, what each has come to, and what waits to be told.
///
/// - Invariant: a group is evaluated once at a time; while its work is out, edits wait for the next evaluation.
struct RuleGroupSet: Sendable {
    struct Group: Sendable {
        var core: RuleGroupCore
        /// What the core is to become before its next evaluation.
        var wanted: RuleGroupDefinition
        var nextDue: Timestamp
        var isRunning = false
        /// The group is gone and ends with its next evaluation.
        var isRetired = false
        var prepared: [Result<any PreparedQuery, QueryError>]?
        /// What the log holds of each rule, by identity.
        var fingerprints: [UInt64: UInt64] = [:]
        /// Of an object: its generation, and why its newest specification is not used.
        var generation: Int?
        var problem = ""
        var logError = ""
        var status = RuleGroupStatus()

        var schedule: RuleGroupSchedule { RuleGroupSchedule(wanted) }
    }

    /// One evaluation, taken out of the set.
    struct Work: Sendable {
        var id: RuleGroupID
        var core: RuleGroupCore
        var time: Timestamp
        var isRetired: Bool
        var queries: [Result<any PreparedQuery, QueryError>]?
        var fingerprints: [UInt64: UInt64]

        var prepared: [Result<any PreparedQuery, QueryError>] { queries ?? [] }

        mutating func prepare(_ evaluators: RuleEvaluators) {
            guard queries == nil else { return }
            queries = core.definition.rules.map { rule in
                Result { () throws(QueryError) in try evaluators[rule.language].prepare(rule.expression) }
            }
        }

        /// What the log does not hold yet.
        mutating func takeChanges(_ outcome: RuleGroupCore.Outcome) -> [RuleLogEntry] {
            if isRetired { return [.groupGone(id)] }
            var entries: [RuleLogEntry] = []
            for identity in outcome.retired where fingerprints.removeValue(forKey: identity) != nil {
                entries.append(.ruleGone(id, identity: identity))
            }
            var hasAlerts = false
            for (identity, state) in zip(core.identities, core.states) {
                hasAlerts = hasAlerts || !state.alerts.isEmpty
                let record = RuleGroupRecord.Rule(state)
                if record.isEmpty {
                    if fingerprints.removeValue(forKey: identity) != nil { entries.append(.ruleGone(id, identity: identity)) }
                } else if fingerprints.updateValue(record.fingerprint, forKey: identity) != record.fingerprint {
                    entries.append(.rule(id, identity: identity, record))
                }
            }
            return entries.isEmpty && !hasAlerts ? [] : [.evaluated(id, time)] + entries
        }
    }

    struct Finished: Sendable {
        var work: Work
        var logError = ""
    }

    private(set) var groups: OrderedDictionary<RuleGroupID, Group> = [:]
    var queue: NotificationQueue
    /// Groups of the last life that nobody has claimed yet.
    private var restored: OrderedDictionary<RuleGroupID, RuleGroupRecord>
    private var objects = InformerCache<RuleGroup>()
    private let sharedReceivers: [NotificationReceiver]

    init(_ snapshot: RuleSnapshot, sharedReceivers: [NotificationReceiver]) {
        queue = NotificationQueue(snapshot)
        restored = snapshot.groups
        self.sharedReceivers = sharedReceivers
    }

    // MARK: Which groups there are

    mutating func observe(_ event: ActorEvent, evaluators: RuleEvaluators, now: Timestamp) {
        switch event {
        case .objects(RuleGroup.resource, let events):
            for change in objects.apply(events) {
                let id = RuleGroupID(object: change.key)
                guard let object = change.new else {
                    retire(id, now: now)
                    continue
                }
                if change.old?.spec == object.spec, groups[id] != nil {
                    groups[id]?.generation = object.metadata.generation.map { Int($0) }
                    continue
                }
                define(object, id, evaluators: evaluators, now: now)
            }
        case .synced(RuleGroup.resource):
            objects.markSynced()
            for (id, record) in restored {
                let empty = RuleGroupDefinition(id: id, rules: [])
                groups[id] = Group(core: RuleGroupCore(empty, restoring: record), wanted: empty, nextDue: now, isRetired: true)
            }
            restored = [:]
        default: break
        }
    }

    private mutating func define(_ object: RuleGroup, _ id: RuleGroupID, evaluators: RuleEvaluators, now: Timestamp) {
        let (definition, problems) = RuleGroupDefinition.check(object.spec, id: id, expressions: evaluators.check)
        if problems.isEmpty {
            define(definition, now: now)
        } else if groups[id] == nil {
            // Its object says what is wrong; until it is mended the group has no rules.
            define(RuleGroupDefinition(id: id, interval: definition.interval, rules: []), now: now)
        }
        groups[id]!.problem = problems.map(\.description).joined(separator: "; ")
        groups[id]!.generation = object.metadata.generation.map { Int($0) }
        groups[id]!.status = object.status
        groups[id]!.nextDue = min(groups[id]!.nextDue, problems.isEmpty ? groups[id]!.nextDue : now)
    }

    /// Takes in a new or edited group.
    mutating func define(_ definition: RuleGroupDefinition, now: Timestamp) {
        var definition = definition
        definition.receivers += sharedReceivers
        let due = RuleGroupSchedule(definition).next(after: now)
        if groups[definition.id] != nil {
            groups[definition.id]!.wanted = definition
            groups[definition.id]!.isRetired = false
            groups[definition.id]!.nextDue = due
            return
        }
        if let record = restored.removeValue(forKey: definition.id) {
            var group = Group(core: RuleGroupCore(definition, restoring: record), wanted: definition, nextDue: due)
            for (identity, rule) in record.rules { group.fingerprints[identity] = rule.fingerprint }
            groups[definition.id] = group
        } else {
            groups[definition.id] = Group(core: RuleGroupCore(definition), wanted: definition, nextDue: due)
        }
    }

    /// Ends the groups of files that are not among those named.
    mutating func retireFileGroups(except kept: Set<RuleGroupID>, now: Timestamp) {
        for id in groups.keys where id.kind == .file && !kept.contains(id) && !groups[id]!.isRetired { retire(id, now: now) }
    }

    private mutating func retire(_ id: RuleGroupID, now: Timestamp) {
        groups[id]?.isRetired = true
        groups[id]?.nextDue = now
    }

    // MARK: Evaluations

    /// Takes out the work that is due. Intervals that were missed are not made up for.
    mutating func takeDue(at now: Timestamp) -> [Work] {
        var due: [Work] = []
        for id in groups.keys where !groups[id]!.isRunning {
            var group = groups[id]!
            let schedule = group.schedule
            // Civil time was set back: wait for no time that is further away than the next one of the rhythm.
            group.nextDue = min(group.nextDue, schedule.next(after: now))
            if group.nextDue <= now {
                let time = group.isRetired ? now : schedule.latest(at: now)
                if group.core.definition != group.wanted {
                    group.core.replace(group.wanted)
                    group.prepared = nil
                }
                group.isRunning = true
                due.append(
                    Work(
                        id: id, core: group.core, time: time, isRetired: group.isRetired, queries: group.prepared,
                        fingerprints: group.fingerprints))
            }
            groups[id] = group
        }
        return due
    }

    /// When the next group is due that is not being evaluated.
    var nextDue: Timestamp? { groups.values.filter { !$0.isRunning }.map(\.nextDue).min() }

    /// Puts back an evaluation. - Returns: the status to be written, when a user would see a change.
    mutating func finish(_ finished: Finished, now: Timestamp) -> APIRequest? {
        let work = finished.work
        guard var group = groups[work.id] else { return nil }
        group.isRunning = false
        if work.isRetired {
            if group.isRetired {
                groups.removeValue(forKey: work.id)
                return nil
            }
            // It came back while it was being ended: a new group of the same name.
            groups[work.id] = Group(
                core: RuleGroupCore(group.wanted), wanted: group.wanted, nextDue: group.nextDue, generation: group.generation,
                problem: group.problem)
            return nil
        }
        (group.core, group.prepared, group.fingerprints, group.logError) = (work.core, work.queries, work.fingerprints, finished.logError)
        if !group.isRetired { group.nextDue = group.schedule.next(after: work.time) }
        let status = group.isRetired ? nil : group.takeStatus(now: now)
        groups[work.id] = group
        guard let status, let key = work.id.object else { return nil }
        return .patch(RuleGroup.self, key, .merge, .object(JSONObject([("status", status.jsonValue)])), subresource: "status")
    }

    /// The status could not be written, so nobody has seen it.
    mutating func forgetStatus(of id: RuleGroupID) { groups[id]?.status = RuleGroupStatus() }

    /// Puts back work that nobody did.
    mutating func abandon(_ work: Work) {
        groups[work.id]?.isRunning = false
        groups[work.id]?.nextDue = RuleGroupSchedule(work.core.definition).next(after: work.time)
    }
}

extension RuleGroupRecord.Rule {
    /// Differs when what is remembered differs.
    var fingerprint: UInt64 {
        var writer = ByteWriter(capacity: 8 * series.count + 128 * alerts.count)
        for labels in series { writer.appendUInt64LE(labels.hash) }
        for alert in alerts { writer.append(alert) }
        return Hash64.hash(writer.bytes)
    }
}
