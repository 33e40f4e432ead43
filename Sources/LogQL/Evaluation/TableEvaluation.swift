import Bytes
import QueryLanguage
import Synchronization
import Telemetry

/// Pipes beyond Loki's language: they look at all entries of an answer and give entries again, so that any client shows them.
struct TableEvaluation {
    let reader: any EntryReader
    let budget: QueryBudget
    let limit: Int
    let direction: LogScan.Direction

    private typealias Row = (labels: Labels, entry: EntryStream.Entry)

    func apply(
        _ table: TableExpression, to streams: [EntryStream], log: LogExpression, start: Int64, end: Int64
    ) throws(QueryError) -> [EntryStream] {
        do { return try apply(table, to: try ordered(streams), log, start, end) } catch { throw QueryError(error) }
    }

    private func apply(
        _ table: TableExpression, to rows: [Row], _ log: LogExpression, _ start: Int64, _ end: Int64
    ) throws(StoreError) -> [EntryStream] {
        switch table {
        case .distinct(let names):
            var seen = GroupTable()
            return Self.streams(first(rows) { row in
                let known = seen.count
                _ = seen.number(of: Self.key(row, names).encoded)
                return seen.count > known
            })
        case .dedup:
            var last: [Labels: [UInt8]] = [:]
            return Self.streams(first(rows) { row in last.updateValue(row.entry.line, forKey: row.labels) != row.entry.line })
        case .sort(let names, let isDescending): return Self.streams(Array(try sorted(rows, names, isDescending).prefix(limit)))
        case .top(let count, let names): return Self.counts(rows.map { Self.key($0, names) }, rows, atMost: min(count, limit))
        case .uniq(let names): return Self.counts(rows.map { Self.key($0, names) }, rows, atMost: limit)
        case .cluster:
            let shapes = rows.map { Labels([(name: "pattern", value: UTF8Validation.repaired(LineShape.of($0.entry.line)[...]))]) }
            return Self.counts(shapes, rows, atMost: limit)
        case .context(let before, let after):
            return try context(Array(rows.prefix(limit)), before, after, log, start, end)
        }
    }

    private func ordered(_ streams: [EntryStream]) throws(StoreError) -> [Row] {
        let rows: [Row] = streams.flatMap { stream in stream.entries.map { (labels: stream.labels, entry: $0) } }
        let isForward = direction == .forward
        return try rows.enumerated().sorted(budget) { left, right in
            let (a, b) = (left.element.entry.time, right.element.entry.time)
            return a == b ? left.offset < right.offset : (a < b) == isForward
        }.map(\.element)
    }

    private func first(_ rows: [Row], where isKept: (Row) -> Bool) -> [Row] {
        var kept: [Row] = []
        for row in rows where kept.count < limit && isKept(row) { kept.append(row) }
        return kept
    }

    /// The labels that are asked for, or the line where none is.
    private static func key(_ row: Row, _ names: [String]) -> Labels {
        if names.isEmpty { return Labels([(name: "line", value: UTF8Validation.repaired(row.entry.line[...]))]) }
        return row.labels.keeping(LabelNames(names))
    }

    private func sorted(_ rows: [Row], _ names: [String], _ isDescending: Bool) throws(StoreError) -> [Row] {
        let keyed = rows.enumerated().map { offset, row in (offset, row, names.map { row.labels[$0] ?? "" }) }
        return try keyed.sorted(budget) { left, right in
            for (a, b) in zip(left.2, right.2) {
                if let x = DecimalNumber.parse(a), let y = DecimalNumber.parse(b) {
                    if x != y { return (x < y) != isDescending }
                } else if !a.utf8.elementsEqual(b.utf8) {
                    return a.utf8.lexicographicallyPrecedes(b.utf8) != isDescending
                }
            }
            return left.0 < right.0
        }.map(\.1)
    }

    private static func streams(_ rows: [Row]) -> [EntryStream] {
        var places: [Labels: Int] = [:]
        var result: [EntryStream] = []
        for row in rows {
            let place = places[row.labels] ?? result.count
            if place == result.count {
                places[row.labels] = place
                result.append(EntryStream(labels: row.labels))
            }
            result[place].entries.append(row.entry)
        }
        return result
    }

    /// A stream for each key with its count as a label, and the newest of its entries as the example.
    private static func counts(_ keys: [Labels], _ rows: [Row], atMost limit: Int) -> [EntryStream] {
        var table = GroupTable()
        var counts: [Int] = []
        var examples: [EntryStream.Entry] = []
        for (key, row) in zip(keys, rows) {
            let number = table.number(of: key.encoded)
            if number == counts.count {
                counts.append(0)
                examples.append(row.entry)
            }
            counts[number] += 1
            if row.entry.time > examples[number].time { examples[number] = row.entry }
        }
        return counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(limit).map { number in
            EntryStream(labels: table.labels[number].setting("count", to: String(counts[number])), entries: [examples[number]])
        }
    }

    // MARK: Context

    /// The lines before and after each hit in its own stream.
    private func context(
        _ hits: [Row], _ before: Int, _ after: Int, _ log: LogExpression, _ start: Int64, _ end: Int64
    ) throws(StoreError) -> [EntryStream] {
        let streams = Mutex<[Labels: [EntryStream.Entry]]>([:])
        let budget = budget
        _ = try reader.scan(
            LogScan(matchers: log.matchers, start: start, end: end, order: .ordered(.forward)), budget: budget
        ) { (_, chunk) throws(StoreError) -> ScanDecision in
            try budget.noteSamples(chunk.count)
            try budget.useBytes(chunk.lineArena.count)
            streams.withLock { streams in
                var entries = streams.removeValue(forKey: chunk.labels) ?? []
                for index in 0..<chunk.count {
                    entries.append(EntryStream.Entry(time: chunk.times[index], line: Array(chunk.lineArena[chunk.lineRange(index)])))
                }
                streams[chunk.labels] = entries
            }
            return .proceed
        }
        let all = streams.withLock { $0 }
        var result: [Row] = []
        for labels in all.keys.sorted() {
            let entries = all[labels] ?? []
            var wanted: Set<Int> = []
            for hit in hits where isPart(labels, of: hit.labels) {
                try budget.check()
                guard let place = entries.firstIndex(where: { $0.time == hit.entry.time && $0.line == hit.entry.line }) else { continue }
                wanted.formUnion(max(0, place - before)...min(entries.count - 1, place + after))
            }
            result += wanted.sorted().map { (labels: labels, entry: entries[$0]) }
        }
        return Self.streams(direction == .forward ? result : result.reversed())
    }

    private func isPart(_ labels: Labels, of whole: Labels) -> Bool { labels.pairs.allSatisfy { whole[$0.name] == $0.value } }
}

/// The shape of a line: words with a digit and quoted texts give way to `<_>`.
enum LineShape {
    static func of(_ line: [UInt8]) -> [UInt8] {
        var shape: [UInt8] = []
        var index = 0
        while index < line.count {
            guard isWord(line[index]) else {
                shape.append(line[index])
                index += 1
                continue
            }
            let start = index
            var hasDigit = false
            while index < line.count, isWord(line[index]) {
                hasDigit = hasDigit || line[index] >= 0x30 && line[index] <= 0x39
                index += 1
            }
            if hasDigit { shape.append(contentsOf: "<_>".utf8) } else { shape.append(contentsOf: line[start..<index]) }
        }
        return shape
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a && byte < 0x80 || byte >= 0x80 || byte == 0x5f
            || byte == 0x2e || byte == 0x2d
    }
}
