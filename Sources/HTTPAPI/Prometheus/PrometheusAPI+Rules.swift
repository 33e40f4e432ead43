import Bytes
import QueryLanguage
import Telemetry

/// Rule groups, filtered and in pages.
///
/// - Source: Prometheus HTTP API, "Rules": filters on rules drop groups that have none left; pages are whole groups.
extension PrometheusAPI {
    func addRuleRoutes(to router: inout Router) {
        router.on(.get, path: "/api/v1/rules") { request, _ in await answer { try await rules(request.parameters) } }
        router.on(.get, path: "/api/v1/alerts") { _, _ in Self.success(await sources.alerts()) }
    }

    private struct RuleFilter {
        var type = ""
        var names: [String]
        var groups: [String]
        var files: [String]
        var selections: [[LabelMatcher]] = []
        var excludesAlerts = false

        var seesRules: Bool { !type.isEmpty || !names.isEmpty || !selections.isEmpty }

        func shows(group: JSONValue) -> Bool {
            (groups.isEmpty || groups.contains(group["name"]?.stringValue ?? ""))
                && (files.isEmpty || files.contains(group["file"]?.stringValue ?? ""))
        }

        func shows(rule: JSONValue) -> Bool {
            if !type.isEmpty, rule["type"]?.stringValue != type { return false }
            if !names.isEmpty, !names.contains(rule["name"]?.stringValue ?? "") { return false }
            if selections.isEmpty { return true }
            let object = rule["labels"]?.objectValue ?? JSONObject()
            let labels = Labels(zip(object.keys, object.values).map { (name: $0, value: $1.stringValue ?? "") })
            return selections.contains { matchers in matchers.allSatisfy { $0.matches(labels) } }
        }

        /// What is left of a group; nil when that is nothing.
        func shown(of group: JSONValue) -> JSONValue? {
            guard seesRules || excludesAlerts, var object = group.objectValue else { return group }
            var rules = (group["rules"]?.arrayValue ?? []).filter(shows(rule:))
            if seesRules, rules.isEmpty { return nil }
            if excludesAlerts {
                rules = rules.map { rule in
                    guard var fields = rule.objectValue, fields["alerts"] != nil else { return rule }
                    fields["alerts"] = []
                    return .object(fields)
                }
            }
            object["rules"] = .array(rules)
            return .object(object)
        }
    }

    private func rules(_ parameters: QueryParameters) async throws -> HTTPResponse {
        var filter = RuleFilter(
            names: parameters.values("rule_name[]"), groups: parameters.values("rule_group[]"), files: parameters.values("file[]"))
        switch (parameters["type"] ?? "").lowercased() {
        case "": break
        case "alert": filter.type = "alerting"
        case "record": filter.type = "recording"
        default: throw PrometheusParameters.Invalid(message: "invalid parameter \"type\": not supported value \"\(parameters["type"] ?? "")\"")
        }
        filter.selections = try parameters.values("match[]").map { try selector($0, name: "match[]") }
        if let text = parameters["exclude_alerts"], !text.isEmpty {
            guard let flag = PrometheusParameters.flag(text.lowercased()) else {
                throw PrometheusParameters.Invalid(
                    message: "invalid parameter \"exclude_alerts\": error converting exclude_alerts: strconv.ParseBool: parsing "
                        + "\(Literals.quote(text.lowercased())): invalid syntax")
            }
            filter.excludesAlerts = flag
        }
        let limit = try PrometheusParameters.limit(parameters, "group_limit")
        let token = parameters["group_next_token"] ?? ""
        if !token.isEmpty, limit == 0 {
            throw PrometheusParameters.Invalid(
                message: "invalid parameter \"group_limit\": group_limit needs to be present in order to paginate over the groups")
        }
        let all = await sources.rules()
        guard let tree = try? JSONValue.parse(all) else { return Self.success(all) }
        // Groups that have nothing to show are gone before pages are cut, so that no page promises a next one without rules.
        var groups = (tree["groups"]?.arrayValue ?? []).filter(filter.shows(group:)).compactMap(filter.shown(of:))
        var next: String?
        if limit > 0 {
            if !token.isEmpty {
                guard let place = groups.firstIndex(where: { Self.token(of: $0) == token }) else {
                    throw PrometheusParameters.Invalid(message: "invalid group_next_token '\(token)'. were rule groups changed?")
                }
                groups.removeFirst(place)
            }
            if groups.count > limit { next = Self.token(of: groups[limit]) }
            groups = Array(groups.prefix(limit))
        }
        let page = groups
        groups = try await gate.work { [language = sources.language] in page.map { Self.printed($0, language) } }
        var document = JSONObject([("groups", .array(groups))])
        if let next { document["groupNextToken"] = .string(next) }
        return Self.success(JSONValue.object(document).bytes)
    }

    /// The group with its expressions in canonical form, as Prometheus shows them however they were written.
    private static func printed(_ group: JSONValue, _ language: Language?) -> JSONValue {
        guard let language, var object = group.objectValue else { return group }
        let rules = (group["rules"]?.arrayValue ?? []).map { rule -> JSONValue in
            guard var fields = rule.objectValue, rule["language"]?.stringValue == "promql", let text = rule["query"]?.stringValue,
                let line = try? language.line(text)
            else { return rule }
            fields["query"] = .string(line)
            return .object(fields)
        }
        object["rules"] = .array(rules)
        return .object(object)
    }

    /// Names the group that the next page begins with; of no meaning to clients.
    private static func token(of group: JSONValue) -> String {
        let name = "\(group["file"]?.stringValue ?? "");\(group["name"]?.stringValue ?? "")"
        let digits = String(Hash64.hash(Array(name.utf8)), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
