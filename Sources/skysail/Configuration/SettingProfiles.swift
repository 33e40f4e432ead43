import Bytes
import Documents
import LogQL
import PromQL
import QueryLanguage
import Scheduler
import Telemetry

/// Scheduling profiles as a configuration file writes them.
enum SettingProfiles {
    static func read(_ node: DocumentNode, _ settings: inout Settings) throws(SettingProblem) {
        var profiles: [SchedulingProfile] = []
        for element in try node.listSetting() {
            let profile = try profile(element)
            guard !profiles.contains(where: { $0.schedulerName == profile.schedulerName }) else {
                throw element.problem("two profiles are named \(profile.schedulerName)")
            }
            profiles.append(profile)
        }
        guard !profiles.isEmpty else { throw node.problem("expected at least one profile") }
        settings.scheduler.profiles = profiles
    }

    private static func profile(_ node: DocumentNode) throws(SettingProblem) -> SchedulingProfile {
        let fields = try node.fieldsSetting(["schedulerName", "profile", "filters", "scores", "reserve", "bind", "queueSort", "percentageOfNodesToScore"])
        let name = try fields["schedulerName"]?.textSetting() ?? "default-scheduler"
        var profile: SchedulingProfile
        switch try fields["profile"]?.textSetting() ?? "standard" {
        case "standard": profile = .standard(schedulerName: name)
        case "classic": profile = .classic(schedulerName: name)
        default: throw (fields["profile"] ?? node).problem("expected standard or classic")
        }
        if let filters = fields["filters"] {
            profile.filters = try plugins(filters, PluginRegistry.filters)
        }
        if let scores = fields["scores"] {
            profile.scores = []
            for element in try scores.listSetting() {
                let score = try element.fieldsSetting(["name", "weight"])
                guard let name = score["name"] else { throw element.problem("expected name and weight") }
                profile.scores.append((try plugin(name, PluginRegistry.scores), Int64(try number(score["weight"], in: 1...100) ?? 1)))
            }
        }
        if let reserves = fields["reserve"] { profile.reserves = try plugins(reserves, PluginRegistry.reserves) }
        if let binders = fields["bind"] {
            profile.binders = try plugins(binders, PluginRegistry.binders)
            if profile.binders.isEmpty { throw binders.problem("expected at least one plug-in") }
        }
        if let order = fields["queueSort"] {
            profile.queueSort = try plugin(order, PluginRegistry.queueSorts)
        }
        if let share = try number(fields["percentageOfNodesToScore"], in: 1...100) { profile.percentageOfNodesToScore = share }
        return profile
    }

    private static func plugins<Plugin>(_ node: DocumentNode, _ known: [String: Plugin]) throws(SettingProblem) -> [Plugin] {
        var chosen: [Plugin] = []
        for element in try node.listSetting() { chosen.append(try plugin(element, known)) }
        return chosen
    }

    private static func plugin<Plugin>(_ node: DocumentNode, _ known: [String: Plugin]) throws(SettingProblem) -> Plugin {
        let name = try node.textSetting()
        guard let plugin = known[name] else { throw node.problem(SettingText.unknown(name, among: known.keys.sorted())) }
        return plugin
    }

    private static func number(_ node: DocumentNode?, in range: ClosedRange<Int>) throws(SettingProblem) -> Int? {
        guard let node else { return nil }
        guard case .number(let number) = node.value, let value = number.int, range.contains(value) else {
            throw node.problem("expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}

/// Selectors inside a configuration file.
enum SettingSelector {
    /// Matchers of log streams, in LogQL.
    static func logStreams(_ node: DocumentNode) throws(SettingProblem) -> [LabelMatcher] {
        do throws(QueryError) { return try LogQLEvaluator.matchers(try node.selectorText()) } catch { throw node.problem("\(error.message)") }
    }

    /// Matchers of series, in PromQL.
    static func series(_ node: DocumentNode) throws(SettingProblem) -> [LabelMatcher] {
        let matchers: [LabelMatcher]
        do throws(QueryError) { matchers = try PromQLSyntax.matchers(try node.selectorText()) } catch { throw node.problem("\(error.message)") }
        if matchers.allSatisfy(\.matchesEmpty) { throw node.problem("expected at least one matcher that leaves something out") }
        return matchers
    }
}

extension DocumentNode {
    fileprivate func selectorText() throws(QueryError) -> String {
        guard case .string(let text) = value else { throw QueryError(.bad, "expected a selector, as in '{app=\"web\"}'") }
        return text
    }
}
