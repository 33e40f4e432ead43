import Bytes
package import ClusterAPI
package import Environment
package import QueryLanguage
import Reconciliation
import Synchronization
package import Telemetry

/// The shell of the rules: follows RuleGroup objects, evaluates each group in its rhythm, keeps what must survive, tells receivers.
package final class RulesRunner: Sendable {
    package struct Configuration: Sendable {
        /// What the links in notifications begin with.
        package var externalURL = ""
        /// Told of the alerts of every group, besides the group's own.
        package var receivers: [NotificationReceiver] = []
        /// How long one evaluation of a group may take.
        package var evaluationTimeout = Duration.seconds(60)
        /// Requests to receivers under way at once.
        package var deliveriesInFlight = 8
        package var limits = QueryBudget.Limits()

        package init() {}
    }

    let set: Mutex<RuleGroupSet>
    let client: any ClusterClient
    let evaluators: RuleEvaluators
    let samples: any SampleAppender
    let pool: any WorkPool
    let clock: any WallClock
    let log: RuleLog
    let fetcher: any Fetcher
    let configuration: Configuration
    /// Raised with each definition that came, changed or went, and each group that was evaluated.
    private let changes = ChangeSignal()
    private let deliveries = ChangeSignal()

    /// - Parameter files: paths of Prometheus rule files, read now and by each `reload`.
    /// - Throws: `RuleFileError` when a file cannot be used; `FileError` when the state cannot be read or written.
    package init(
        client: any ClusterClient, promQL: any Evaluator, logQL: any Evaluator, samples: any SampleAppender, pool: any WorkPool,
        clock: any WallClock, fileSystem: any FileSystem, directory: String, fetcher: any Fetcher, files: [String] = [],
        configuration: Configuration = Configuration()
    ) throws {
        evaluators = RuleEvaluators(promQL: promQL, logQL: logQL)
        self.client = client
        self.samples = samples
        self.pool = pool
        self.clock = clock
        self.fetcher = fetcher
        self.configuration = configuration
        log = try RuleLog(fileSystem: fileSystem, directory: directory)
        var set = RuleGroupSet(log.snapshot, sharedReceivers: configuration.receivers)
        for group in try Self.load(files, fileSystem, evaluators) { set.define(group, now: clock.now()) }
        self.set = Mutex(set)
    }

    /// Reads rule files anew: groups that changed go on with their alerts, those that are gone end theirs.
    ///
    /// - Throws: `RuleFileError` when a file cannot be used; then everything stays as it is.
    package func reload(files: [String], fileSystem: any FileSystem) throws {
        let groups = try Self.load(files, fileSystem, evaluators)
        set.withLock { set in
            for group in groups { set.define(group, now: clock.now()) }
            set.retireFileGroups(except: Set(groups.map(\.id)), now: clock.now())
        }
        changes.raise()
    }

    private static func load(_ files: [String], _ fileSystem: any FileSystem, _ evaluators: RuleEvaluators) throws -> [RuleGroupDefinition] {
        var groups: [RuleGroupDefinition] = []
        for path in files {
            let text: [UInt8]
            do { text = try fileSystem.contents(path) } catch { throw RuleFileError("cannot load rules: \(error)") }
            let file = RuleFile(String(decoding: text, as: UTF8.self), path: path, expressions: evaluators.check)
            guard file.problems.isEmpty else {
                throw RuleFileError("cannot load rules:\n" + file.problems.map(\.description).joined(separator: "\n"))
            }
            groups += file.groups
        }
        return groups
    }

    /// Runs until the task is cancelled.
    package func run() async {
        let follower = ActorRunner(
            Observer(runner: self), client: client, clock: clock,
            configuration: .init(name: "rules", user: .serviceAccount(namespace: "kube-system", name: "rules")))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await follower.run() }
            group.addTask { await self.evaluateInRhythm() }
            group.addTask { await self.deliver() }
            await group.waitForAll()
        }
    }

    /// Hands what the informer learns to the set of groups.
    private struct Observer: ActorCore {
        let runner: RulesRunner
        var watches: [WatchInterest] { [WatchInterest(RuleGroup.resource)] }

        mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect] {
            runner.set.withLock { $0.observe(event, evaluators: runner.evaluators, now: now) }
            runner.changes.raise()
            return []
        }
    }

    // MARK: Evaluating

    private func evaluateInRhythm() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let seen = changes.count
                let work = set.withLock { $0.takeDue(at: clock.now()) }
                for one in work { group.addTask { await self.perform(one) } }
                let next = set.withLock { $0.nextDue }
                // Civil time may be set meanwhile, so no sleep is long.
                let pause = next.map { min(max($0 - clock.now(), .milliseconds(1)), .seconds(5)) } ?? .seconds(5)
                await changes.wait(after: seen, atMost: pause, clock)
            }
            group.cancelAll()
        }
    }

    private func perform(_ work: RuleGroupSet.Work) async {
        let expiry = EvaluationExpiry(limits: configuration.limits)
        let finished = await withTaskGroup(of: RuleGroupSet.Finished?.self) { group in
            group.addTask {
                try? await self.pool.run { self.evaluate(work, expiry) }
            }
            group.addTask { [clock, configuration] in
                try? await clock.sleep(for: configuration.evaluationTimeout)
                expiry.expire()
                return nil
            }
            var finished: RuleGroupSet.Finished?
            while let one = await group.next() {
                guard let one else { continue }
                finished = one
                group.cancelAll()
            }
            return finished
        }
        let patch = set.withLock { set -> APIRequest? in
            if let finished { return set.finish(finished, now: clock.now()) }
            set.abandon(work)
            return nil
        }
        changes.raise()
        deliveries.raise()
        guard let patch else { return }
        do { _ = try await client.perform(patch) } catch {
            // The next evaluation writes it again.
            set.withLock { $0.forgetStatus(of: work.id) }
        }
    }

    /// One evaluation of one group, on a thread for heavy work.
    private func evaluate(_ work: RuleGroupSet.Work, _ expiry: EvaluationExpiry) -> RuleGroupSet.Finished {
        var work = work
        if work.isRetired {
            let (batch, notifications) = work.core.retire(at: work.time)
            append(batch)
            return keep(work, RuleGroupCore.Outcome(notifications: notifications, hasTransition: true))
        }
        work.prepare(evaluators)
        let start = clock.monotonicNanoseconds()
        append(work.core.begin(at: work.time))
        let queryTime = work.time - work.core.definition.queryOffset
        let render = renderer(at: queryTime, expiry)
        for index in work.core.definition.rules.indices {
            let ruleStart = clock.monotonicNanoseconds()
            let answer = Result { () throws(QueryError) in
                try work.prepared[index].get().evaluate(at: queryTime, options: EvaluationOptions(), budget: try expiry.nextBudget())
            }
            let took = Duration.nanoseconds(Int64(clock.monotonicNanoseconds() &- ruleStart))
            append(work.core.evaluate(rule: index, answer, at: work.time, took: took, render: render))
        }
        let outcome = work.core.finish(at: work.time, took: .nanoseconds(Int64(clock.monotonicNanoseconds() &- start)))
        return keep(work, outcome)
    }

    /// Templates may ask PromQL questions of their own, within the evaluation's time.
    private func renderer(at time: Timestamp, _ expiry: EvaluationExpiry) -> RuleGroupCore.Renderer {
        var context = AlertTemplate.Context(now: time, externalURL: configuration.externalURL)
        context.query = { [evaluators] (text) throws(QueryError) in
            let answer = try evaluators[.promql].prepare(text).evaluate(at: time, options: EvaluationOptions(), budget: try expiry.nextBudget())
            return try RuleGroupCore.elements(answer.value)
        }
        return { [context] text, labels, value in AlertTemplate.render(text, labels, value, context) }
    }

    /// What a read-only store refuses it counts and reports itself; the alerts live on without their series.
    private func append(_ batch: SampleWriteBatch) {
        if !batch.isEmpty { _ = try? samples.append(batch) }
    }

    /// Writes the record of the evaluation with what is to be told. Only then may it be sent.
    private func keep(_ work: RuleGroupSet.Work, _ outcome: RuleGroupCore.Outcome) -> RuleGroupSet.Finished {
        var finished = RuleGroupSet.Finished(work: work)
        let staged = set.withLock { $0.queue.stage(outcome.notifications, group: work.id, receivers: work.core.definition.receivers, now: clock.now()) }
        let entries = finished.work.takeChanges(outcome) + staged.map { .queued($0) }
        do throws(FileError) {
            try log.commit(entries, sync: outcome.hasTransition || !staged.isEmpty)
        } catch { finished.logError = error.description }
        // A disk that is full must not keep an alert from those who could make room on it.
        set.withLock { $0.queue.accept(staged) }
        return finished
    }

    // MARK: Delivering

    private func deliver() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let seen = deliveries.count
                let due = set.withLock { $0.queue.takeDue(at: clock.now(), atMost: configuration.deliveriesInFlight) }
                for delivery in due { group.addTask { await self.send(delivery) } }
                let next = set.withLock { $0.queue.nextDue }
                let pause = next.map { min(max($0 - clock.now(), .milliseconds(10)), .seconds(5)) } ?? .seconds(5)
                await deliveries.wait(after: seen, atMost: pause, clock)
            }
            group.cancelAll()
        }
    }

    private func send(_ delivery: NotificationQueue.Delivery) async {
        let request = NotificationMessage(delivery, externalURL: configuration.externalURL).request
        let response = try? await fetcher.fetch(request)
        let isDelivered = response.map { (200..<300).contains($0.status) } ?? false
        let entries = set.withLock { $0.queue.finish(delivery, isDelivered: isDelivered, at: clock.now()) }
        // Should this be lost, the receiver hears the same once more after a restart: better than not at all.
        _ = try? await pool.run { [log] in try log.commit(entries, sync: false) }
        deliveries.raise()
    }
}
