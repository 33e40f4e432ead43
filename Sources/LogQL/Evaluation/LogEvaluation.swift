import Bytes
import QueryLanguage
import Synchronization
import Telemetry

/// Evaluates a log query: entries in order, up to the limit, read no further than needed.
struct LogEvaluation {
    let reader: any EntryReader
    let options: EvaluationOptions
    let budget: QueryBudget

    /// - Units: nanoseconds; `end` is exclusive.
    func evaluate(_ log: LogExpression, start: Int64, end: Int64) throws(QueryError) -> Evaluation {
        var table: TableExpression?
        if case .table(let last) = log.stages.last { table = last }
        let pipeline = Pipeline(log.stages)
        let limit = options.limit > 0 ? options.limit : Int.max
        let categorizes = options.categorizesLabels && table == nil
        let collector = Mutex(EntryCollector(
            pipeline, direction: options.direction, limit: table == nil ? limit : .max, now: end, categorizesLabels: categorizes))
        let scan = LogScan(
            matchers: log.matchers, start: start, end: end, filters: pipeline.filters, order: .ordered(options.direction),
            limit: table == nil && pipeline.stages.isEmpty ? min(limit, 1 << 20) : 0)
        let summary: ScanSummary
        do {
            let budget = budget
            summary = try reader.scan(scan, budget: budget) { (_, chunk) throws(StoreError) -> ScanDecision in
                try budget.check()
                return collector.withLock { collector in
                    let before = collector.bytes
                    let decision = collector.add(chunk, budget)
                    do throws(StoreError) { try budget.useBytes(collector.bytes - before) } catch {
                        collector.isCut = true
                        return .stop
                    }
                    return decision
                }
            }
            try budget.check()
        } catch {
            throw QueryError(error)
        }
        var warnings = summary.warnings
        if collector.withLock({ $0.isCut }) { warnings.append(cutWarning(collector.withLock { $0.reach }, isTable: table != nil)) }
        var found: [EntryStream]
        do { found = try collector.withLock { (collector) throws(StoreError) in try collector.finish(budget) } } catch { throw QueryError(error) }
        if let table {
            found = try TableEvaluation(reader: reader, budget: budget, limit: limit, direction: options.direction)
                .apply(table, to: found, log: log, start: start, end: end)
        }
        var statistics = EvaluationStatistics()
        statistics.entriesScanned = summary.entriesScanned
        statistics.bytesScanned = summary.lineBytesScanned
        statistics.samplesRead = budget.samplesRead
        statistics.peakBytes = budget.bytesAtPeak
        return Evaluation(
            value: .streams(found), warnings: warnings, isPartial: !warnings.isEmpty, statistics: statistics)
    }

    /// What to do when the memory of one query did not hold all that was asked for.
    private func cutWarning(_ reach: Int64?, isTable: Bool) -> String {
        let size = "the answer was cut: it would have taken more than \(budget.limits.bytes) bytes of memory"
        guard !isTable, let reach else { return size + "; ask for a shorter time or add filters" }
        let time = Timestamp(nanoseconds: reach).rfc3339(.shortest)
        return size + "; for the rest ask again with \(options.direction == .forward ? "start" : "end")=\(time)"
    }
}

/// Gathers the first entries of an ordered scan.
struct EntryCollector: Sendable {
    private struct Hit: Sendable {
        var time: Int64
        var sequence: Int
        var stream: Int
        var line: [UInt8]
        var metadata: Labels
        var parsed: Labels
    }

    private let pipeline: Pipeline
    private let isForward: Bool
    private let limit: Int
    private var entry = EntryState()
    private var streams = GroupTable()
    private var hits: [Hit] = []
    private var sequence = 0
    private var key: [UInt8] = []
    /// Number of the chunk's own label set; negative until it is asked for.
    private var streamNumber = -1
    private var entryNumber = 0
    /// The time beyond which no entry can be among the first any more.
    private var threshold: Int64?
    private(set) var bytes = 0
    /// Whether memory ran out before the limit was reached.
    var isCut = false {
        didSet { dropIncomplete() }
    }
    /// Up to here, in the direction of the scan, no later chunk holds an entry.
    private var bound: Int64?
    private let categorizesLabels: Bool

    /// How far the collected entries reach, in the direction of the scan.
    var reach: Int64? { isForward ? hits.map(\.time).max() : hits.map(\.time).min() }

    init(_ pipeline: Pipeline, direction: LogScan.Direction, limit: Int, now: Int64, categorizesLabels: Bool = false) {
        entry.now = now
        self.categorizesLabels = categorizesLabels
        self.pipeline = pipeline
        isForward = direction == .forward
        self.limit = limit
    }

    private func precedes(_ left: Hit, _ right: Hit) -> Bool {
        if left.time != right.time { return (left.time < right.time) == isForward }
        return left.sequence < right.sequence
    }

    private func isBeyond(_ time: Int64, _ other: Int64) -> Bool { isForward ? time > other : time < other }

    /// Leaves out entries beside which others are still unread, unless there are only such.
    private mutating func dropIncomplete() {
        guard isCut, let bound else { return }
        let complete = hits.filter { !isBeyond($0.time, bound) }
        if !complete.isEmpty { hits = complete }
    }

    mutating func add(_ chunk: LogChunk, _ budget: QueryBudget) -> ScanDecision {
        bound = chunk.bound
        entry.beginStream(chunk.labels)
        streamNumber = -1
        var watch = LineWatch()
        var index = 0
        while index < chunk.count {
            if let threshold, isBeyond(chunk.times[index], threshold) { break }
            // The scan looks at the budget next, and ends with why.
            if watch.isOver(budget, lineBytes: chunk.lineRange(index).count) { return .proceed }
            let metadata = chunk.metadataRange(index)
            entry.beginEntry(text: chunk.lineArena, line: chunk.lineRange(index), time: chunk.times[index])
            if !metadata.isEmpty { entry.addMetadata(chunk.metadataArena, metadata) }
            index &+= 1
            guard pipeline.run(&entry) else { continue }
            if categorizesLabels { keepCategorized() } else { keep(metadata.isEmpty ? .empty : Labels(canonical: Array(chunk.metadataArena[metadata]))) }
        }
        guard limit < .max, hits.count >= limit else { return .proceed }
        trim()
        guard let threshold else { return .proceed }
        return isBeyond(chunk.bound, threshold) || chunk.bound == threshold ? .stop : .proceed
    }

    private mutating func keep(_ metadata: Labels) {
        let isShared = !entry.isChanged
        if !isShared || streamNumber < 0 {
            key.removeAll(keepingCapacity: true)
            entry.exposeError()
            entry.encodeLabels(into: &key) { _ in true }
            let number = streams.number(of: key)
            if isShared { streamNumber = number }
            entryNumber = number
        } else {
            entryNumber = streamNumber
        }
        append(stream: entryNumber, metadata, .empty)
    }

    /// Keeps the entry under the labels that its stream has left, with its metadata and what was parsed beside it.
    private mutating func keepCategorized() {
        guard entry.isChanged else { return keep(.empty) }
        entry.exposeError()
        func encoded(_ origins: Set<EntryState.Origin>) -> [UInt8] {
            var bytes: [UInt8] = []
            entry.encodeLabels(into: &bytes, of: origins)
            return bytes
        }
        let stream = streams.number(of: encoded([.stream]))
        append(stream: stream, Labels(canonical: encoded([.metadata])), Labels(canonical: encoded([.parsed, .formatted])))
    }

    private mutating func append(stream: Int, _ metadata: Labels, _ parsed: Labels) {
        hits.append(Hit(
            time: entry.time, sequence: sequence, stream: stream, line: Array(entry.text[entry.line]), metadata: metadata, parsed: parsed))
        sequence += 1
        bytes += entry.line.count + 64
        if limit < .max / 2, hits.count > 2 * limit + 1024 { trim() }
    }

    private mutating func trim() {
        hits.sort(by: precedes)
        guard hits.count >= limit else { return }
        hits.removeLast(hits.count - limit)
        threshold = hits.last?.time
    }

    /// The entries by stream, streams in the order of their first entry.
    ///
    /// - Throws: when the query is over.
    mutating func finish(_ budget: QueryBudget) throws(StoreError) -> [EntryStream] {
        hits = try hits.sorted(budget, by: precedes)
        if hits.count > limit { hits.removeLast(hits.count - limit) }
        var places: [Int: Int] = [:]
        var result: [EntryStream] = []
        for hit in hits {
            let place = places[hit.stream] ?? result.count
            if place == result.count {
                places[hit.stream] = place
                result.append(EntryStream(labels: streams.labels[hit.stream]))
            }
            result[place].entries.append(EntryStream.Entry(time: hit.time, line: hit.line, metadata: hit.metadata, parsed: hit.parsed))
        }
        return result
    }
}
