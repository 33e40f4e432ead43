import Bytes
import ClusterAPI
import QueryLanguage

/// What an object's status says of its group.
extension RuleGroupSet.Group {
    /// The status, when it differs from the last one in something a user would see; times alone are nothing.
    mutating func takeStatus(now: Timestamp) -> RuleGroupStatus? {
        var new = RuleGroupStatus()
        new.observedGeneration = generation
        for (rule, state) in zip(core.definition.rules, core.states) {
            var health = RuleHealth()
            health.name = rule.name
            health.health = state.health.rawValue
            health.state = rule.kind == .alerting ? state.state.description : nil
            health.lastError = state.lastError.isEmpty ? nil : state.lastError
            new.rules.append(health)
        }
        var ready = Condition()
        ready.type = "Ready"
        let failed = core.states.count { $0.health == .err }
        (ready.status, ready.reason, ready.message) =
            if !problem.isEmpty { ("False", "InvalidRules", problem) } else if failed > 0 {
                ("False", "EvaluationFailed", "\(failed) of \(core.states.count) rules could not be evaluated")
            } else if !logError.isEmpty { ("False", "StateNotKept", logError) } else { ("True", "Evaluated", "all rules are evaluated") }
        ready.observedGeneration = generation
        let old = status.conditions.first { $0.type == ready.type }
        ready.lastTransitionTime = old?.status == ready.status ? old!.lastTransitionTime : now
        new.conditions = [ready]
        guard new.rules != status.rules || new.conditions != status.conditions || new.observedGeneration != status.observedGeneration else {
            return nil
        }
        new.lastEvaluation = core.lastEvaluation
        new.lastDuration = PrometheusDuration.format(max(1, core.lastDuration.wholeMilliseconds))
        status = new
        return new
    }
}
