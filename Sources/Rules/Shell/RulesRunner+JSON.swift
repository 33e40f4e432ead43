import Bytes
import OrderedCollections
import Synchronization
import Telemetry

/// Which rules a listing shows. - Source: the parameters of Prometheus' `/api/v1/rules`.
package struct RulesFilter: Sendable {
    /// "alert" or "record"; empty: both.
    package var type = ""
    package var ruleNames: [String] = []
    package var groupNames: [String] = []
    package var files: [String] = []
    package var excludesAlerts = false

    package init() {}

    func shows(_ group: RuleGroupID) -> Bool {
        (groupNames.isEmpty || groupNames.contains(group.name)) && (files.isEmpty || files.contains(group.file))
    }

    func shows(_ rule: Rule) -> Bool {
        (ruleNames.isEmpty || ruleNames.contains(rule.name)) && (type.isEmpty || type == (rule.kind == .alerting ? "alert" : "record"))
    }
}

/// The `data` objects of Prometheus' rule and alert listings.
///
/// - Source: Prometheus HTTP API, `/api/v1/rules` and `/api/v1/alerts`. `language` is ours.
extension RulesRunner {
    package func rulesJSON(_ filter: RulesFilter = RulesFilter()) async -> [UInt8] {
        let groups = shownGroups
        var writer = JSONWriter(capacity: 4096)
        writer.beginObject()
        writer.key("groups")
        writer.beginArray()
        for (id, core) in groups where filter.shows(id) {
            let shown = zip(core.definition.rules, core.states).filter { filter.shows($0.0) }
            if shown.isEmpty, !filter.type.isEmpty || !filter.ruleNames.isEmpty { continue }
            writer.beginObject()
            writer.member("name", id.name)
            writer.member("file", id.file)
            writer.key("rules")
            writer.beginArray()
            for (rule, state) in shown { writer.write(rule, state, excludesAlerts: filter.excludesAlerts) }
            writer.endArray()
            writer.key("interval")
            writer.number(core.definition.interval.inSeconds)
            writer.member("limit", core.definition.limit)
            writer.key("evaluationTime")
            writer.number(core.lastDuration.inSeconds)
            writer.member("lastEvaluation", JSONWriter.time(core.lastEvaluation))
            if log.skipped > 0 { writer.member("skippedRecords", log.skipped) }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// The groups that are not ending, sorted.
    private var shownGroups: [(id: RuleGroupID, core: RuleGroupCore)] {
        let groups = set.withLock { $0.groups }
        return groups.keys.sorted().filter { !groups[$0]!.isRetired }.map { ($0, groups[$0]!.core) }
    }

    package func alertsJSON() async -> [UInt8] {
        let groups = shownGroups
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.key("alerts")
        writer.beginArray()
        for (_, core) in groups {
            for state in core.states {
                for alert in state.activeAlerts { writer.write(alert) }
            }
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    /// Go's zero time stands for never.
    fileprivate static func time(_ time: Timestamp?) -> String { time?.rfc3339(.shortest) ?? "0001-01-01T00:00:00Z" }

    fileprivate mutating func write(_ rule: Rule, _ state: RuleState, excludesAlerts: Bool) {
        beginObject()
        if rule.kind == .alerting { member("state", state.state.description) }
        member("name", rule.name)
        member("query", rule.expression)
        member("language", rule.language.rawValue)
        if rule.kind == .alerting {
            key("duration")
            number(rule.holdDuration.inSeconds)
            key("keepFiringFor")
            number(rule.keepFiringFor.inSeconds)
        }
        write("labels", rule.labels.map { ($0.name, $0.text) })
        if rule.kind == .alerting {
            write("annotations", rule.annotations.map { ($0.name, $0.text) })
            key("alerts")
            beginArray()
            if !excludesAlerts { for alert in state.activeAlerts { write(alert) } }
            endArray()
        }
        member("health", state.health.rawValue)
        if !state.lastError.isEmpty { member("lastError", state.lastError) }
        if !state.warnings.isEmpty {
            key("warnings")
            beginArray()
            for warning in state.warnings { string(warning) }
            endArray()
        }
        key("evaluationTime")
        number(state.lastDuration.inSeconds)
        member("lastEvaluation", Self.time(state.lastEvaluation))
        member("type", rule.kind == .alerting ? "alerting" : "recording")
        endObject()
    }

    fileprivate mutating func write(_ alert: ActiveAlert) {
        beginObject()
        write("labels", alert.labels.pairs)
        write("annotations", alert.annotations.map { ($0.name, $0.text) })
        member("state", alert.state.description)
        member("activeAt", Self.time(alert.activeAt))
        if let since = alert.keepFiringSince { member("keepFiringSince", Self.time(since)) }
        var value: [UInt8] = []
        DecimalNumber.formatScientific(alert.value, into: &value)
        member("value", String(decoding: value, as: UTF8.self))
        endObject()
    }
}
