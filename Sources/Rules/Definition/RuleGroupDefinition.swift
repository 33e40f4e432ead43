import Bytes
package import ClusterAPI
import QueryLanguage
import Telemetry

/// A rule group as its author wrote it, checked: what is evaluated, how often, and who is told.
package struct RuleGroupDefinition: Hashable, Sendable {
    package static let defaultInterval = Duration.seconds(60)

    package var id: RuleGroupID
    package var interval: Duration
    /// How far back of now the expressions look.
    package var queryOffset: Duration
    /// The most series or alerts a rule may give; 0 means no limit.
    package var limit: Int
    package var rules: [Rule]
    package var receivers: [NotificationReceiver]

    package init(
        id: RuleGroupID, interval: Duration = defaultInterval, queryOffset: Duration = .zero, limit: Int = 0, rules: [Rule],
        receivers: [NotificationReceiver] = []
    ) {
        self.id = id
        self.interval = interval
        self.queryOffset = queryOffset
        self.limit = limit
        self.rules = rules
        self.receivers = receivers
    }

    /// One identity per rule, in their order.
    var identities: [UInt64] {
        var seen: [UInt64: Int] = [:]
        return rules.map { rule in
            let first = rule.identity(occurrence: 0)
            defer { seen[first, default: 0] += 1 }
            return seen[first].map { rule.identity(occurrence: $0) } ?? first
        }
    }
}

/// What is wrong with a rule group, and with which of its fields (`rules[2].expr`).
package struct RuleGroupProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var field: String
    package var message: String

    package init(field: String, message: String) {
        self.field = field
        self.message = message
    }

    package var description: String { "\(field): \(message)" }
}

extension RuleGroupDefinition {
    /// Checks an object's specification. What has a problem is left out of the definition; the caller decides whether to use the rest.
    package static func check(_ spec: RuleGroupSpec, id: RuleGroupID, expressions check: ExpressionCheck?)
        -> (definition: RuleGroupDefinition, problems: [RuleGroupProblem])
    {
        var checker = RuleGroupChecker(check: check)
        let definition = checker.definition(spec, id: id)
        return (definition, checker.problems)
    }
}

/// Turns a specification into a definition and notes what is wrong, in Prometheus' words.
///
/// - Source: Prometheus `model/rulefmt`.
private struct RuleGroupChecker {
    let check: ExpressionCheck?
    var problems: [RuleGroupProblem] = []

    init(check: ExpressionCheck?) { self.check = check }

    mutating func add(_ field: String, _ message: String) { problems.append(RuleGroupProblem(field: field, message: message)) }

    mutating func definition(_ spec: RuleGroupSpec, id: RuleGroupID) -> RuleGroupDefinition {
        var interval = duration(spec.interval, "interval") ?? RuleGroupDefinition.defaultInterval
        if interval <= .zero {
            if spec.interval != nil { add("interval", "must be greater than 0") }
            interval = RuleGroupDefinition.defaultInterval
        }
        let offset = duration(spec.queryOffset, "queryOffset") ?? .zero
        if let limit = spec.limit, limit < 0 { add("limit", "must not be negative") }
        let labels = templates(spec.labels, "labels", "label")
        var rules: [Rule] = []
        for (index, rule) in spec.rules.enumerated() {
            if let rule = self.rule(rule, "rules[\(index)]", groupLabels: labels) { rules.append(rule) }
        }
        var receivers: [NotificationReceiver] = []
        for (index, receiver) in spec.receivers.enumerated() {
            if let receiver = NotificationReceiver(receiver) { receivers.append(receiver) } else {
                add("receivers[\(index)]", "must have an http or https URL under one of: webhook, alertmanager, slack")
            }
        }
        return RuleGroupDefinition(
            id: id, interval: interval, queryOffset: offset, limit: max(0, spec.limit ?? 0), rules: rules, receivers: receivers)
    }

    private mutating func rule(_ rule: RuleDefinition, _ place: String, groupLabels: [Rule.Template]) -> Rule? {
        let before = problems.count
        let (alert, record) = (rule.alert ?? "", rule.record ?? "")
        let kind = record.isEmpty ? Rule.Kind.alerting : .recording
        if !alert.isEmpty, !record.isEmpty { add("\(place).record", "only one of 'record' and 'alert' must be set") }
        if alert.isEmpty, record.isEmpty { add(place, "one of 'record' or 'alert' must be set") }
        if kind == .recording {
            if !rule.annotations.isEmpty { add("\(place).annotations", "invalid field 'annotations' in recording rule") }
            if rule.for != nil { add("\(place).for", "invalid field 'for' in recording rule") }
            if rule.keepFiringFor != nil { add("\(place).keepFiringFor", "invalid field 'keep_firing_for' in recording rule") }
            if record.utf8.contains(UInt8(ascii: "{")) || record.utf8.contains(UInt8(ascii: "}")) {
                add("\(place).record", "braces present in the recording rule name; should it be in expr?: \(record)")
            }
        }
        var language = Rule.Language.promql
        if let text = rule.language, !text.isEmpty {
            if let known = Rule.Language(rawValue: text.lowercased()) { language = known } else {
                add("\(place).language", "unknown language \(Literals.quote(text)): promql and logql are known")
            }
        }
        if rule.expr.isEmpty {
            add("\(place).expr", "field 'expr' must be set in rule")
        } else if let check {
            do throws(QueryError) { try check(rule.expr, language) } catch {
                add("\(place).expr", "could not parse expression: \(error.message)")
            }
        }
        let hold = duration(rule.for, "\(place).for") ?? .zero
        let keep = duration(rule.keepFiringFor, "\(place).keepFiringFor") ?? .zero
        let own = templates(rule.labels, "\(place).labels", "label")
        let annotations = templates(rule.annotations, "\(place).annotations", "annotation")
        guard problems.count == before else { return nil }
        let inherited = groupLabels.filter { label in !own.contains { $0.name == label.name } }
        return Rule(
            kind: kind, name: kind == .recording ? record : alert, expression: rule.expr, language: language, holdDuration: hold,
            keepFiringFor: keep, labels: (inherited + own).sorted { $0.name < $1.name }, annotations: annotations)
    }

    private mutating func duration(_ text: String?, _ field: String) -> Duration? {
        guard let text, !text.isEmpty else { return nil }
        do { return .milliseconds(try PrometheusDuration.parse(text)) } catch {
            add(field, error.message)
            return nil
        }
    }

    private mutating func templates(_ texts: [String: String], _ field: String, _ what: String) -> [Rule.Template] {
        let sorted = texts.sorted { $0.key < $1.key }
        for (name, text) in sorted {
            let isReserved = what == "label" && name == Labels.metricName
            if name.isEmpty || isReserved { add(field, "invalid \(what) name: \(Literals.quote(name))") }
            if let error = AlertTemplate.check(text) { add("\(field).\(name)", "invalid template: \(error)") }
        }
        return sorted.map { Rule.Template(name: $0.key, text: $0.value) }
    }
}
