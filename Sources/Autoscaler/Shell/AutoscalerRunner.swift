package import Bytes
package import ClusterAPI
package import Environment
package import QueryLanguage
import Reconciliation
import Synchronization
package import Telemetry

/// The autoscaler's shell: follows the cluster, evaluates the signals when fresh data arrives, writes scales and statuses, keeps the records.
package final class AutoscalerRunner: Sendable {
    package struct Configuration: Sendable {
        /// The longest time between two rounds.
        package var interval = Duration.seconds(5)
        /// The shortest: fresh samples of many series come in one sweep.
        package var shortestInterval = Duration.seconds(1)
        package var queryTimeout = Duration.seconds(10)
        /// How often is looked whether something is to be learned.
        package var lessonInterval = Duration.seconds(10)

        package init() {}
    }

    private let core = Mutex(AutoscalerCore())
    private let correlator = Mutex(EventCorrelator())
    private let client: any ClusterClient
    private let promQL: any Evaluator
    private let logQL: any Evaluator
    private let samples: any SampleAppender
    private let entries: any EntryAppender
    private let pool: any WorkPool
    private let clock: any WallClock
    private let zones: @Sendable (String) -> TimeZoneRules?
    private let configuration: Configuration

    package init(
        client: any ClusterClient, promQL: any Evaluator, logQL: any Evaluator, samples: any SampleAppender, entries: any EntryAppender,
        pool: any WorkPool, clock: any WallClock, zones: @escaping @Sendable (String) -> TimeZoneRules? = { $0 == "UTC" ? .utc : nil },
        configuration: Configuration = Configuration()
    ) {
        self.client = client
        self.promQL = promQL
        self.logQL = logQL
        self.samples = samples
        self.entries = entries
        self.pool = pool
        self.clock = clock
        self.zones = zones
        self.configuration = configuration
    }

    /// Runs until the task is cancelled.
    package func run() async {
        let histories = await rebuildHistories()
        core.withLock { [zones] in $0 = AutoscalerCore(histories: histories, zones: zones) }
        let observer = Observer(runner: self)
        let follower = ActorRunner(
            observer, client: client, clock: clock,
            configuration: .init(name: "horizontal-pod-autoscaler", user: .serviceAccount(namespace: "kube-system", name: "horizontal-pod-autoscaler")))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await follower.run() }
            group.addTask { await self.rounds() }
            group.addTask { await self.lessons() }
            await group.waitForAll()
        }
    }

    /// Hands what the informers learn to the shared core.
    private struct Observer: ActorCore {
        let runner: AutoscalerRunner
        var watches: [WatchInterest] { AutoscalerCore.watches }

        mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect] {
            runner.core.withLock { $0.observe(event) }
            return []
        }
    }

    private func rounds() async {
        var prepared: [SignalQuery: any PreparedQuery] = [:]
        while !Task.isCancelled {
            let queries = core.withLock { $0.queries() }
            let wanted = Set(queries)
            prepared = prepared.filter { wanted.contains($0.key) }
            var failures: AutoscalerCore.Answers = [:]
            for query in queries where prepared[query] == nil {
                do throws(QueryError) {
                    prepared[query] = try evaluator(query.language).prepare(query.text)
                } catch { failures[query] = .failure(error) }
            }
            let signals = queries.flatMap { prepared[$0]?.freshness() ?? [] }
            let seen = signals.map(\.newest)
            let isOutrun = await round(prepared, failures)
            try? await clock.sleep(for: configuration.shortestInterval)
            // Somebody else changed a target in between: what it has become is known by now.
            if !isOutrun { await wait(signals, after: seen) }
        }
    }

    /// Learns from history what policies want to be forecast.
    private func lessons() async {
        while !Task.isCancelled {
            for lesson in core.withLock({ [clock] in $0.lessons(now: clock.now()) }) {
                let answer = await history(lesson)
                core.withLock { [clock] in $0.learn(lesson, answer, now: clock.now()) }
            }
            try? await clock.sleep(for: configuration.lessonInterval)
        }
    }

    private func history(_ lesson: AutoscalerCore.Lesson) async -> Result<Evaluation, QueryError> {
        let step = AutoscalerCore.Lesson.step
        let seconds = clock.now().seconds / step.components.seconds * step.components.seconds
        let end = Timestamp(seconds: seconds)
        do {
            let query = try evaluator(lesson.query.language).prepare(lesson.query.text)
            return .success(
                try await pool.run { try query.evaluate(from: end - lesson.history, to: end, step: step, options: EvaluationOptions(), budget: QueryBudget()) })
        } catch let error as QueryError {
            return .failure(error)
        } catch { return .failure(QueryError(.internal, "\(error)")) }
    }

    private func evaluator(_ language: SignalQuery.Language) -> any Evaluator { language == .promql ? promQL : logQL }

    /// - Returns: whether a scale was refused because its target had changed.
    private func round(_ prepared: [SignalQuery: any PreparedQuery], _ failures: AutoscalerCore.Answers) async -> Bool {
        let now = clock.now()
        var answers = failures
        await withTaskGroup(of: (SignalQuery, Result<Evaluation, QueryError>).self) { group in
            for (query, one) in prepared { group.addTask { (query, await self.evaluate(one, at: now)) } }
            for await (query, answer) in group { answers[query] = answer }
        }
        let outcomes = core.withLock { $0.decide(answers, now: clock.now()) }
        keep(outcomes.map(\.record))
        var isOutrun = false
        for outcome in outcomes where await apply(outcome) { isOutrun = true }
        return isOutrun
    }

    private func evaluate(_ query: any PreparedQuery, at now: Timestamp) async -> Result<Evaluation, QueryError> {
        let budget = QueryBudget()
        return await withTaskGroup(of: Result<Evaluation, QueryError>?.self) { group in
            group.addTask { [pool] in
                do {
                    return .success(try await pool.run { try query.evaluate(at: now, options: EvaluationOptions(), budget: budget) })
                } catch let error as QueryError {
                    return .failure(error)
                } catch { return .failure(QueryError(.internal, "\(error)")) }
            }
            group.addTask { [clock, configuration] in
                try? await clock.sleep(for: configuration.queryTimeout)
                if !Task.isCancelled { budget.cancel("query timed out") }
                return nil
            }
            var answer: Result<Evaluation, QueryError>?
            while let finished = await group.next() {
                if let finished {
                    answer = finished
                    group.cancelAll()
                }
            }
            return answer ?? .failure(QueryError(.cancelled, "query was canceled"))
        }
    }

    private func apply(_ outcome: AutoscalerCore.Outcome) async -> Bool {
        var status = outcome.status
        var isOutrun = false
        for warning in outcome.warnings { await tell(warning) }
        if let scale = outcome.scale {
            do throws(StatusError) {
                _ = try await client.perform(scale)
                if let event = outcome.event { await tell(event) }
            } catch {
                // The next round reads the level again and decides anew; nothing is retried blindly.
                isOutrun = error.isConflict
                let failed = core.withLock { $0.failedToScale(outcome, error, now: clock.now()) }
                status = isOutrun ? nil : failed.status
                if !isOutrun, let event = failed.event { await tell(event) }
            }
        }
        if let status { _ = try? await client.perform(status) }
        return isOutrun
    }

    private func tell(_ event: EventDraft) async {
        let told = correlator.withLock { $0.correlate(event, now: clock.now()) }
        try? await client.record(told)
    }

    /// Writes the records as lines and as series.
    private func keep(_ records: [DecisionRecord]) {
        guard !records.isEmpty else { return }
        var lines = LogWriteBatch()
        var series = SampleWriteBatch()
        for record in records {
            lines.addEntry(stream: lines.addStream(record.streamLabels), time: record.decision.time.nanoseconds, line: record.json.bytes)
            record.append(to: &series)
        }
        // A store that is read-only for the moment must not stop the scaling; what it refuses it counts and reports itself.
        _ = try? entries.append(lines)
        _ = try? samples.append(series)
    }

    private func wait(_ signals: [FreshnessSignal], after seen: [Int64]) async {
        let longest = core.withLock { $0.longestInterval }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [clock, configuration] in try? await clock.sleep(for: min(configuration.interval, longest) - configuration.shortestInterval) }
            for (signal, time) in zip(signals, seen) { group.addTask { _ = await signal.wait(after: time) } }
            await group.next()
            group.cancelAll()
        }
    }

    /// Stabilization windows are at most an hour long: the records of the last hour hold all that is remembered.
    private func rebuildHistories() async -> [ScalerID: ScalingHistory] {
        guard let query = try? logQL.prepare("{skysail=\"autoscaler\"}") else { return [:] }
        let now = clock.now()
        var options = EvaluationOptions()
        options.limit = 50_000
        // What does not fit is the oldest.
        options.direction = .backward
        let fixed = options
        // Records of the future are from before the clock was set back, which then is known.
        let answer = try? await pool.run {
            try query.evaluate(from: now - .seconds(3600), to: now + .seconds(3600), step: .seconds(60), options: fixed, budget: QueryBudget())
        }
        guard case .streams(let streams)? = answer?.value else { return [:] }
        let lines: [[UInt8]] = streams.flatMap(\.entries).sorted { $0.time < $1.time }.map(\.line)
        return ScalingHistory.rebuild(from: lines)
    }
}
