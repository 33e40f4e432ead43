import Bytes
import ClusterAPI
import Environment
import Synchronization
import Telemetry

/// Lines of one container out of the log store, as text, in windows of bounded size.
final class StoredLines: Sendable {
    private struct State {
        var scan: LogScan
        var bytesLeft: Int
        var isDone = false
    }

    private let withTimes: Bool
    private let entries: any EntryReader
    private let workers: any WorkPool
    private let state: Mutex<State>

    /// Bytes of lines that are gathered before they are put in order.
    private static let windowBytes = 4 << 20

    init(_ scan: LogScan, _ options: LogOptions, entries: any EntryReader, workers: any WorkPool) {
        var scan = scan
        if let lines = options.tailLines { scan.limit = lines }
        withTimes = options.timestamps
        self.entries = entries
        self.workers = workers
        state = Mutex(State(scan: scan, bytesLeft: options.limitBytes ?? .max))
    }

    /// The next lines, in order of their times; nil at the end.
    func next() async throws -> [UInt8]? {
        while true {
            let (scan, isDone) = state.withLock { ($0.scan, $0.isDone) }
            if isDone || scan.start >= scan.end { return nil }
            let window = try await workers.run { [self] in try read(scan) }
            let text = state.withLock { state in
                state.scan.start = window.end
                // The last lines are found in one walk backwards.
                state.isDone = window.isLast || scan.limit > 0
                var text = self.text(window.lines)
                if text.count >= state.bytesLeft {
                    text.removeLast(text.count - state.bytesLeft)
                    state.isDone = true
                }
                state.bytesLeft -= text.count
                return text
            }
            if !text.isEmpty { return text }
        }
    }

    private struct Line {
        var time: Int64
        var text: [UInt8]
    }

    private struct Window {
        var lines: [Line]
        /// Everything before this time is in the window.
        var end: Int64
        var isLast: Bool
    }

    private func read(_ scan: LogScan) throws -> Window {
        let found = Mutex((lines: [Line](), bytes: 0, bound: Int64.min, isCut: false))
        _ = try entries.scan(scan, budget: .unlimited) { _, chunk throws(StoreError) in
            found.withLock { found in
                for entry in 0..<chunk.count {
                    let range = chunk.lineRange(entry)
                    found.lines.append(Line(time: chunk.times[entry], text: Array(chunk.lineArena[range])))
                    found.bytes += range.count
                }
                found.bound = chunk.bound
                if scan.limit > 0 {
                    // Enough when no later chunk can hold a line that is newer than the oldest one wanted.
                    guard found.lines.count >= scan.limit else { return .proceed }
                    found.lines.sort { $0.time > $1.time }
                    found.lines.removeLast(found.lines.count - scan.limit)
                    return chunk.bound < found.lines[found.lines.count - 1].time ? .stop : .proceed
                }
                // The window must come forward, or the next one would be the same.
                guard found.bytes >= Self.windowBytes, chunk.bound > scan.start else { return .proceed }
                found.isCut = true
                return .stop
            }
        }
        return found.withLock { found in
            var lines = found.lines
            if found.isCut { lines.removeAll { $0.time >= found.bound } }
            // Stable: lines of one time stay in the order of the store.
            lines = lines.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
            return Window(lines: lines, end: found.isCut ? found.bound : scan.end, isLast: !found.isCut)
        }
    }

    private func text(_ lines: [Line]) -> [UInt8] {
        var text: [UInt8] = []
        for line in lines {
            if withTimes {
                text += Timestamp(nanoseconds: line.time).rfc3339(.nanoseconds).utf8
                text.append(UInt8(ascii: " "))
            }
            text += line.text
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }
}
