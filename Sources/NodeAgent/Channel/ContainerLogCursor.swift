import Bytes
import ClusterAPI
import Environment

/// A place in the log files of one run of a container, and how the reader wants the lines.
///
/// It blocks on file reads: it belongs on a worker.
struct ContainerLogCursor: Sendable {
    enum Step: Sendable {
        case bytes([UInt8])
        /// Everything that is there has been read.
        case atEnd
        /// The limit of bytes was reached.
        case finished
    }

    private let files: any FileSystem
    private let path: String
    private let options: LogOptions
    /// Records before this text are left out; times of one format compare as texts.
    private let since: [UInt8]
    private var waiting: [String]
    private var open: (any OpenFile)?
    private var offset: Int64 = 0
    /// The beginning of a record whose end has not been read.
    private var rest: [UInt8] = []
    private var isMidLine = false
    private var bytesLeft: Int
    /// Newer files that the search for the last lines has passed.
    private var skipped: [String] = []

    private static let chunk = 64 << 10

    init(_ path: String, _ options: LogOptions, now: Timestamp, files: any FileSystem) throws(FileError) {
        self.files = files
        self.path = path
        self.options = options
        bytesLeft = options.limitBytes ?? .max
        var since: Timestamp?
        if let nanoseconds = options.sinceTimeNanoseconds { since = Timestamp(nanoseconds: nanoseconds) }
        if let seconds = options.sinceSeconds { since = now - .seconds(seconds) }
        self.since = since.map { Array($0.rfc3339(.nanoseconds).utf8) } ?? []
        waiting = try Self.rotated(path, files) + [path]
        if let lines = options.tailLines { try skip(toLast: lines) }
    }

    /// Rotated files of a log, oldest first; what is packed is not read here: its lines are in the log store.
    private static func rotated(_ path: String, _ files: any FileSystem) throws(FileError) -> [String] {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let folder = String(path[..<slash])
        let prefix = path[path.index(after: slash)...] + "."
        return try files.list(folder).filter { $0.hasPrefix(prefix) && !$0.hasSuffix(".gz") && !$0.hasSuffix(".tmp") }.map { folder + "/" + $0 }
    }

    // MARK: Reading

    mutating func step() throws(FileError) -> Step {
        while true {
            if bytesLeft <= 0 { return .finished }
            if open == nil {
                guard !waiting.isEmpty else { return .atEnd }
                let next = waiting.removeFirst()
                do throws(FileError) {
                    open = try files.open(next, .read)
                } catch where error.cause == .notFound {
                    // Rotated away between listing and opening.
                    continue
                }
            }
            var bytes = rest
            let count = try open!.read(at: offset, count: Self.chunk, into: &bytes)
            offset += Int64(count)
            if count == 0 {
                if waiting.isEmpty { return .atEnd }
                advance()
                continue
            }
            let output = take(bytes)
            if !output.isEmpty { return .bytes(output) }
        }
    }

    private mutating func advance() {
        open = nil
        offset = 0
        rest = []
    }

    /// At the end of the present file: finds the files that followed it when it was rotated meanwhile.
    mutating func followRotation() throws(FileError) {
        guard let open, let current = try files.attributes(path) else { return }
        let own = try open.attributes()
        guard own.inode != current.inode else { return }
        let rotated = try Self.rotated(path, files)
        waiting = []
        for (place, name) in rotated.enumerated() where try files.attributes(name)?.inode == own.inode {
            waiting = Array(rotated[(place + 1)...])
        }
        waiting.append(path)
    }

    /// Turns records into text: time, stream and tag go, parts of a line are joined.
    private mutating func take(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var start = 0
        while let newline = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = bytes[start..<newline]
            start = newline + 1
            guard let record = CRIRecord(line) else { continue }
            if !since.isEmpty, !isMidLine, line[record.time].lexicographicallyPrecedes(since) { continue }
            if options.timestamps && !isMidLine { output += line[record.time] + [UInt8(ascii: " ")] }
            output += line[record.text]
            isMidLine = !record.isFull
            if record.isFull { output.append(UInt8(ascii: "\n")) }
        }
        rest = Array(bytes[start...])
        if output.count > bytesLeft { output.removeLast(output.count - bytesLeft) }
        bytesLeft -= output.count
        return output
    }

    // MARK: The last lines

    /// Stands where the last lines begin, reading backwards in growing windows.
    private mutating func skip(toLast lines: Int) throws(FileError) {
        var missing = lines
        while let path = waiting.popLast() {
            guard let attributes = try files.attributes(path) else { continue }
            let file = try files.open(path, .read)
            let size = Int(attributes.size)
            var window = min(size, Self.chunk)
            while true {
                var bytes: [UInt8] = []
                _ = try file.read(at: Int64(size - window), count: window, into: &bytes)
                let ends = Self.lineEnds(bytes, isWhole: window == size)
                if ends.count > missing || (ends.count == missing && window == size) {
                    // The last line that is not wanted ends where the wanted ones begin.
                    let start = ends.count == missing ? 0 : ends[ends.count - missing - 1]
                    open = file
                    offset = Int64(size - window + start)
                    waiting = Array(skipped.reversed())
                    return
                }
                if window == size {
                    missing -= ends.count
                    break
                }
                window = min(size, window * 2)
            }
            skipped.append(path)
        }
        waiting = Array(skipped.reversed())
    }

    /// Where full records end in a window; its first piece is left out unless the window is the whole file.
    private static func lineEnds(_ bytes: [UInt8], isWhole: Bool) -> [Int] {
        var ends: [Int] = []
        var start = 0
        var isFirst = true
        while let newline = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = bytes[start..<newline]
            start = newline + 1
            if (!isFirst || isWhole), CRIRecord(line)?.isFull ?? false { ends.append(start) }
            isFirst = false
        }
        return ends
    }
}

/// The parts of one record of the CRI log format.
struct CRIRecord {
    var time: Range<Int>
    var stream: Range<Int>
    var isFull: Bool
    var text: Range<Int>

    /// nil when the line is no record.
    init?(_ line: ArraySlice<UInt8>) {
        let space = UInt8(ascii: " ")
        guard let first = line.firstIndex(of: space), let second = line[(first + 1)...].firstIndex(of: space),
            let third = line[(second + 1)...].firstIndex(of: space), third > second + 1
        else { return nil }
        time = line.startIndex..<first
        stream = first + 1..<second
        isFull = line[second + 1] == UInt8(ascii: "F")
        text = third + 1..<line.endIndex
    }
}
