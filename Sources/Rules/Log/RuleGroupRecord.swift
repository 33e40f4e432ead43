package import Bytes
package import OrderedCollections
package import Telemetry

/// What of a group survives a restart.
package struct RuleGroupRecord: Equatable, Sendable {
    /// What of a rule survives a restart.
    package struct Rule: Equatable, Sendable {
        package var series: [Labels]
        package var alerts: [ActiveAlert]

        package init(series: [Labels] = [], alerts: [ActiveAlert] = []) {
            self.series = series
            self.alerts = alerts
        }

        init(_ state: RuleState) { self.init(series: Array(state.series), alerts: Array(state.alerts.values)) }

        var isEmpty: Bool { series.isEmpty && alerts.isEmpty }
    }

    package var lastEvaluation: Timestamp?
    /// By the rule's identity.
    package var rules: OrderedDictionary<UInt64, Rule>

    package init(lastEvaluation: Timestamp? = nil, rules: OrderedDictionary<UInt64, Rule> = [:]) {
        self.lastEvaluation = lastEvaluation
        self.rules = rules
    }
}

/// One change of what is remembered.
package enum RuleLogEntry: Equatable, Sendable {
    case evaluated(RuleGroupID, Timestamp)
    case rule(RuleGroupID, identity: UInt64, RuleGroupRecord.Rule)
    case ruleGone(RuleGroupID, identity: UInt64)
    case groupGone(RuleGroupID)
    case queued(QueuedAlert)
    /// Sequence numbers of queued alerts that are delivered, superseded or given up.
    case done([UInt64])
}

/// All that is remembered: what the log's entries add up to.
package struct RuleSnapshot: Equatable, Sendable {
    package private(set) var groups: OrderedDictionary<RuleGroupID, RuleGroupRecord> = [:]
    package private(set) var queued: OrderedDictionary<UInt64, QueuedAlert> = [:]
    /// Above every sequence number that was ever used.
    package private(set) var nextSequence: UInt64 = 1

    package init() {}

    package mutating func apply(_ entry: RuleLogEntry) {
        switch entry {
        case .evaluated(let group, let time): groups[group, default: RuleGroupRecord()].lastEvaluation = time
        case .rule(let group, let identity, let rule): groups[group, default: RuleGroupRecord()].rules[identity] = rule
        case .ruleGone(let group, let identity): groups[group]?.rules.removeValue(forKey: identity)
        case .groupGone(let group): groups.removeValue(forKey: group)
        case .queued(let alert):
            queued[alert.sequence] = alert
            nextSequence = max(nextSequence, alert.sequence &+ 1)
        case .done(let sequences):
            for sequence in sequences {
                queued.removeValue(forKey: sequence)
                nextSequence = max(nextSequence, sequence &+ 1)
            }
        }
    }

    /// The fewest entries that add up to the same.
    var entries: [RuleLogEntry] {
        var entries: [RuleLogEntry] = [.done([nextSequence &- 1])]
        for (id, group) in groups {
            if let time = group.lastEvaluation { entries.append(.evaluated(id, time)) }
            for (identity, rule) in group.rules { entries.append(.rule(id, identity: identity, rule)) }
        }
        return entries + queued.values.map { .queued($0) }
    }
}
