import Bytes
import Synchronization
import Telemetry

@testable import LogStore

/// The plainest log store there can be: a set of entries, searched one by one.
struct PlainLog {
    struct Entry: Hashable, Comparable, CustomStringConvertible {
        var labels: Labels
        var time: Int64
        var line: [UInt8]
        var metadata = Labels.empty

        init(_ labels: Labels, _ time: Int64, _ line: some Collection<UInt8>, metadata: Labels = .empty) {
            self.labels = labels
            self.time = time
            self.line = Array(line)
            self.metadata = metadata
        }

        init(_ labels: Labels, _ time: Int64, _ line: String) { self.init(labels, time, Array(line.utf8)) }

        // Metadata is no part of an entry's identity: the first of several wins.
        static func == (left: Entry, right: Entry) -> Bool {
            left.time == right.time && left.labels == right.labels && left.line == right.line
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(labels)
            hasher.combine(time)
            hasher.combine(line)
        }

        static func < (left: Entry, right: Entry) -> Bool {
            if left.time != right.time { return left.time < right.time }
            if left.labels != right.labels { return left.labels < right.labels }
            return left.line.lexicographicallyPrecedes(right.line)
        }

        var description: String { "\(labels) \(time) \(String(decoding: line.prefix(200), as: UTF8.self))" }
    }

    var entries: Set<Entry> = []

    func read(_ matchers: [LabelMatcher] = [], start: Int64 = .min, end: Int64 = .max, filters: [LineFilter] = []) -> [Entry] {
        entries.filter { entry in
            start <= entry.time && entry.time < end && matchers.allSatisfy { $0.matches(entry.labels) }
                && filters.allSatisfy { Self.passes(entry.line, $0.test) != $0.isNegated }
        }.sorted()
    }

    static func passes(_ line: [UInt8], _ test: LineFilter.Test) -> Bool {
        switch test {
        case .contains(let part):
            part.isEmpty || line.indices.contains { line[$0...].starts(with: part) }
        case .matches(let expression): expression.matches(line)
        case .anyOf(let tests): tests.contains { passes(line, $0) }
        }
    }

    static func batch(_ entries: [Entry]) -> LogWriteBatch {
        var batch = LogWriteBatch()
        var streams: [Labels: UInt32] = [:]
        for entry in entries {
            if streams[entry.labels] == nil { streams[entry.labels] = batch.addStream(entry.labels) }
            batch.addEntry(stream: streams[entry.labels]!, time: entry.time, line: entry.line, metadata: entry.metadata)
        }
        return batch
    }
}

/// Gathers chunks from several workers.
final class Collector: Sendable {
    private let gathered = Mutex<[PlainLog.Entry]>([])

    func add(_ chunk: LogChunk) {
        gathered.withLock { entries in
            for entry in 0..<chunk.count {
                entries.append(
                    PlainLog.Entry(
                        chunk.labels, chunk.times[entry], chunk.lineArena[chunk.lineRange(entry)],
                        metadata: Labels(canonical: Array(chunk.metadataArena[chunk.metadataRange(entry)]))))
            }
        }
    }

    var entries: [PlainLog.Entry] { gathered.withLock { $0 } }
}

/// Lines as programs write them, and the odd ones, drawn from a seed.
struct LineSource {
    var generator: SplitMix64
    static let words = ["error", "INFO", "user", "login", "failed", "Kernel", "disk", "request_id", "session", "ok", "Ärger", "x"]

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func stream() -> Labels {
        let number = Int.random(in: 0..<5, using: &generator)
        return Labels(["app": "app\(number % 2)", "pod": "pod-\(number)", "stream": number == 0 ? "stderr" : "stdout"])
    }

    mutating func line() -> [UInt8] {
        switch Int.random(in: 0..<40, using: &generator) {
        case 0: return []
        case 1: return (0..<Int.random(in: 1..<40, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
        case 2: return Array("a\nb\0c\r\n\(Int.random(in: 0..<9, using: &generator))".utf8)
        case 3: return Array(repeating: UInt8(ascii: "7"), count: Int.random(in: 1..<3000, using: &generator))
        default: break
        }
        let id = UInt64.random(in: 0...UInt64.max, using: &generator)
        let number = Int.random(in: 0..<1000, using: &generator)
        let word = Self.words.randomElement(using: &generator)!
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return Array("2026-11-24 02:\(number % 60):00 INFO [main] request_id=\(String(id, radix: 16)) took \(number)ms".utf8)
        case 1: return Array("\(word)[\(number)]: Failed password for user\(number % 7) from 10.0.\(number % 3).\(number % 250) port \(number)".utf8)
        case 2: return Array("{\"level\":\"\(word)\",\"n\":\(number),\"trace\":\"\(String(id, radix: 16, uppercase: true))\"}".utf8)
        case 3: return Array("\(word) \(Self.words.randomElement(using: &generator)!) done".utf8)
        case 4: return Array("v\(number)\(word)-\(number % 4).\(word)".utf8)
        default: return Array("session \(number % 3) \(word) opened".utf8)
        }
    }

    /// A needle that often occurs: a part of a line.
    mutating func needle() -> [UInt8] {
        let line = self.line()
        if line.isEmpty { return line }
        let start = Int.random(in: 0..<line.count, using: &generator)
        return Array(line[start..<min(line.count, start + Int.random(in: 1...20, using: &generator))])
    }

    mutating func filter() throws -> LineFilter {
        let expressions = [
            "(?i)error|fail", "took [0-9]+ms", "^session", "opened$", "(?i)kernel", "user[0-9] from", "a|b", "\\d{3}", "port 1..$", "x.*z",
            "(?i)disk", "\\bok\\b", "request_id=[0-9a-f]+ took",
        ]
        let test: LineFilter.Test =
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: .matches(try RegularExpression(expressions.randomElement(using: &generator)!))
            case 1: .anyOf([.contains(needle()), .contains(needle())])
            default: .contains(needle())
            }
        return LineFilter(test, isNegated: Int.random(in: 0..<4, using: &generator) == 0)
    }
}
