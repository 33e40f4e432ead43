import Bytes
import Environment
import LogQL
import LogStore
import PromQL
import QueryLanguage
import Synchronization
import Telemetry
import TimeSeriesStore

/// The two real stores of a simulated cluster on a disk in memory, and the real languages over them.
///
/// Restarts reopen the stores from the disk, power cuts lose what was not synced; the ledger knows every sample that was acknowledged.
final class SimulatedTelemetry: Sendable {
    /// What makes answers worse than the data; each a probability per query.
    struct Troubles: Sendable, Equatable {
        var failedQueries = 0.0
        var partialAnswers = 0.0
        /// Whoever reads takes what has not come lately for nothing at all: a wrong reader, by which the checks prove themselves.
        var readsMissingAsZero = false
    }

    /// One sample of one series.
    struct Sample: Sendable {
        var labels: Labels
        var time: Timestamp
        var value: Double
    }

    private struct State {
        var disk = MemoryFileSystem()
        var metrics: TimeSeriesStore
        var logs: LogStore
        var random: Xoshiro256
        var troubles = Troubles()
        /// Series and time of each acknowledged sample, in milliseconds.
        var ledger: Set<LedgerKey> = []
        var lineCount = 0
    }

    private struct LedgerKey: Hashable {
        var labels: Labels
        var time: Int64
    }

    private let state: Mutex<State>
    private let clock: ManualClock

    init(now: Timestamp, seed: UInt64) {
        clock = ManualClock(now: now)
        let disk = MemoryFileSystem()
        let (metrics, logs) = Self.open(disk, clock)
        state = Mutex(State(disk: disk, metrics: metrics, logs: logs, random: Xoshiro256(seed: seed)))
    }

    private static func open(_ disk: MemoryFileSystem, _ clock: ManualClock) -> (TimeSeriesStore, LogStore) {
        var metrics = TimeSeriesStore.Configuration(directory: "/metrics", retention: .zero)
        // Each append is synced, so that a power cut may lose nothing that was acknowledged.
        metrics.syncInterval = .zero
        var logs = LogStoreConfiguration(directory: "/logs")
        logs.retention = .zero
        logs.syncInterval = .zero
        do {
            return (
                try TimeSeriesStore.open(metrics, fileSystem: disk, workPool: SerialWorkPool(), clock: clock),
                try LogStore.open(logs, fileSystem: disk, workPool: SerialWorkPool(), clock: clock)
            )
        } catch {
            preconditionFailure("stores open after any crash, on a disk that fails nothing: \(error)")
        }
    }

    // MARK: Writing

    func setTroubles(_ troubles: Troubles) { state.withLock { $0.troubles = troubles } }

    func setTime(_ now: Timestamp) { clock.jump(to: now) }

    func append(_ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        var batch = SampleWriteBatch()
        for sample in samples {
            batch.addSample(series: batch.addSeries(sample.labels), time: sample.time.milliseconds, value: sample.value)
        }
        let fixed = batch
        state.withLock { state in
            do throws(StoreError) { _ = try state.metrics.append(fixed) } catch {
                preconditionFailure("a store with room takes samples: \(error)")
            }
            for sample in samples { state.ledger.insert(LedgerKey(labels: sample.labels, time: sample.time.milliseconds)) }
        }
    }

    func append(lines: LogWriteBatch, count: Int) {
        state.withLock { state in
            do throws(StoreError) { _ = try state.logs.append(lines) } catch { preconditionFailure("a store with room takes lines: \(error)") }
            state.lineCount += count
        }
    }

    /// Ends the process that holds the stores, or cuts its power, and opens them again.
    func restart(powerCut: UInt64?) {
        state.withLock { state in
            if let powerCut { state.disk.crash(seed: powerCut) } else { state.disk.killProcess() }
            (state.metrics, state.logs) = Self.open(state.disk, clock)
        }
    }

    /// How many acknowledged samples and lines there should be and how many are found; equal unless something was lost.
    func audit() -> (expected: Int, found: Int) {
        state.withLock { state in
            let start = Timestamp(seconds: World.origin.seconds - 20_000)
            let end = Timestamp(seconds: World.origin.seconds + 20_000)
            var found = 0
            if let query = try? PromQLEvaluator(reader: state.metrics, workPool: SerialWorkPool()).prepare("count_over_time({__name__=~\".+\"}[40000s])"),
                case .vector(let elements)? = try? query.evaluate(at: end, options: EvaluationOptions(), budget: QueryBudget()).value
            {
                found = elements.reduce(0) { $0 + Int($1.value) }
            }
            return (state.ledger.count + state.lineCount, found + Self.lines(state.logs, from: start, to: end).count)
        }
    }

    // MARK: Reading

    /// Answers one query as the shell of the autoscaler does, with the troubles of the day.
    func answer(_ text: String, isLogQL: Bool, at now: Timestamp) -> Result<Evaluation, QueryError> {
        state.withLock { state in
            func happens(_ probability: Double) -> Bool { probability > 0 && state.random.nextUnit() < probability }
            if happens(state.troubles.failedQueries) { return .failure(QueryError(.timeout, "query timed out")) }
            let evaluator: any Evaluator =
                isLogQL
                ? LogQLEvaluator(reader: state.logs, workPool: SerialWorkPool()) : PromQLEvaluator(reader: state.metrics, workPool: SerialWorkPool())
            do throws(QueryError) {
                var answer = try evaluator.prepare(text).evaluate(at: now, options: EvaluationOptions(), budget: QueryBudget())
                guard case .vector(var elements) = answer.value else { return .success(answer) }
                if happens(state.troubles.partialAnswers), !elements.isEmpty {
                    elements.removeLast((elements.count + 1) / 2)
                    answer.isPartial = true
                }
                if state.troubles.readsMissingAsZero {
                    for index in elements.indices where elements[index].newestInput < (now - .seconds(15)).milliseconds {
                        (elements[index].value, elements[index].newestInput) = (0, now.milliseconds)
                    }
                }
                answer.value = .vector(elements)
                return .success(answer)
            } catch {
                return .failure(error)
            }
        }
    }

    /// The decision records of the hours around, oldest first.
    func records(around now: Timestamp) -> [[UInt8]] {
        state.withLock { Self.lines($0.logs, from: now - .seconds(3600), to: now + .seconds(3600)) }
    }

    private static func lines(_ logs: LogStore, from start: Timestamp, to end: Timestamp) -> [[UInt8]] {
        var options = EvaluationOptions()
        options.limit = 50_000
        let query = try? LogQLEvaluator(reader: logs, workPool: SerialWorkPool()).prepare("{skysail=\"autoscaler\"}")
        let answer = try? query?.evaluate(from: start, to: end, step: .seconds(60), options: options, budget: QueryBudget())
        guard case .streams(let streams)? = answer?.value else { return [] }
        return streams.flatMap(\.entries).sorted { $0.time < $1.time }.map { Array($0.line) }
    }
}
