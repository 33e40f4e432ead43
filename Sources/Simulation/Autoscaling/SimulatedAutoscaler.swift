import Autoscaler
import Bytes
import ClusterAPI
import QueryLanguage
import Reconciliation
import Telemetry

/// The real autoscaler's core with the rounds of its shell, on the virtual clock: asks the stores, decides, writes, and keeps the records.
struct SimulatedAutoscaler: ActorCore {
    static let name = AutoscalerCore.component

    private let telemetry: SimulatedTelemetry
    private var core = AutoscalerCore()
    private var isAwake = false
    private var nextRound: Timestamp?
    private var nextRequest = RequestID(1)
    private var pending: [RequestID: AutoscalerCore.Outcome] = [:]

    init(_ telemetry: SimulatedTelemetry) { self.telemetry = telemetry }

    var watches: [WatchInterest] { AutoscalerCore.watches }

    mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect] {
        if !isAwake {
            isAwake = true
            core = AutoscalerCore(histories: ScalingHistory.rebuild(from: telemetry.records(around: now)))
        }
        core.observe(event)
        switch event {
        case .reply(let id, let result): return answered(id, result, now)
        case .objects, .synced, .wake: break
        }
        guard core.isSynced else { return [] }
        // A clock set back must not make it wait for a time that is far off now.
        let due = min(nextRound ?? now, now + core.longestInterval)
        if now < due {
            nextRound = due
            return [.wake(at: due)]
        }
        nextRound = now + core.longestInterval
        return round(now) + [.wake(at: now + core.longestInterval)]
    }

    private mutating func round(_ now: Timestamp) -> [ActorEffect] {
        var answers: AutoscalerCore.Answers = [:]
        for query in core.queries() { answers[query] = telemetry.answer(query.text, isLogQL: query.language == .logql, at: now) }
        let outcomes = core.decide(answers, now: now)
        keep(outcomes.map(\.record))
        var effects: [ActorEffect] = []
        for outcome in outcomes {
            for warning in outcome.warnings { effects.append(.record(warning.event(at: now))) }
            if let scale = outcome.scale {
                let id = nextRequest.take()
                pending[id] = outcome
                effects.append(.perform(id, scale))
            } else if let status = outcome.status {
                effects.append(.perform(nextRequest.take(), status))
            }
        }
        return effects
    }

    /// A scale is written or not: only then it is told and the status follows.
    private mutating func answered(_ id: RequestID, _ result: Result<APIResponse, StatusError>, _ now: Timestamp) -> [ActorEffect] {
        guard let outcome = pending.removeValue(forKey: id) else { return [] }
        switch result {
        case .success:
            var effects: [ActorEffect] = outcome.event.map { [.record($0.event(at: now))] } ?? []
            if let status = outcome.status { effects.append(.perform(nextRequest.take(), status)) }
            return effects
        case .failure(let error):
            if error.isConflict { return [] }
            let failed = core.failedToScale(outcome, error, now: now)
            var effects: [ActorEffect] = failed.event.map { [.record($0.event(at: now))] } ?? []
            if let status = failed.status { effects.append(.perform(nextRequest.take(), status)) }
            return effects
        }
    }

    private func keep(_ records: [DecisionRecord]) {
        guard !records.isEmpty else { return }
        var lines = LogWriteBatch()
        for record in records {
            lines.addEntry(stream: lines.addStream(record.streamLabels), time: record.decision.time.nanoseconds, line: record.json.bytes)
        }
        telemetry.append(lines: lines, count: records.count)
    }
}
