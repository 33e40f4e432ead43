import Bytes
import Environment
import Telemetry

/// The open end of the write-ahead log.
///
/// - Isolation: its lock is the queue of the appenders; the write to the file happens under it on purpose, so that the order in the log is
///   the order in the head. Syncing happens outside, on the file that `unsynced` hands out.
struct LogWriter {
    private let segments: LogSegments
    private let fileSystem: any FileSystem
    /// Number of the open segment, or of the next one when none is open.
    private(set) var segment: UInt64
    private var file: (any OpenFile)?
    private var size: Int64 = 0
    /// Files with bytes that no sync has covered yet, oldest first.
    private var dirty: [any OpenFile] = []
    private(set) var isClosed = false

    init(segments: LogSegments, fileSystem: any FileSystem, next: UInt64) {
        self.segments = segments
        self.fileSystem = fileSystem
        segment = next
    }

    /// Where the next record will begin.
    var position: UInt64 { LogSegments.position(segment: segment, offset: size) }

    /// Writes one record; nothing of it counts when this throws.
    mutating func append(_ record: [UInt8]) throws(FileError) {
        if file == nil { try openSegment() }
        guard let file else { preconditionFailure("a segment is open once it was opened") }
        do {
            try file.write(record.span, at: size)
        } catch {
            // What was written in part is cut off; if even that fails the next append starts a segment of its own, and replay skips the rest.
            do { try file.truncate(to: size) } catch { abandonSegment() }
            throw error
        }
        size += Int64(record.count)
        markDirty(file)
    }

    /// Ends the open segment, so that the next record starts a new one; returns the number of the last one ended.
    mutating func rotate() -> UInt64 {
        if file != nil { abandonSegment() }
        return segment - 1
    }

    /// The files to sync and the position that is durable once they are.
    mutating func unsynced() -> (files: [any OpenFile], position: UInt64) {
        defer { dirty = [] }
        return (dirty, position)
    }

    mutating func close() -> (files: [any OpenFile], position: UInt64) {
        isClosed = true
        file = nil
        return unsynced()
    }

    private mutating func abandonSegment() {
        file = nil
        size = 0
        segment += 1
    }

    private mutating func markDirty(_ file: any OpenFile) {
        if let last = dirty.last, last === file { return }
        dirty.append(file)
    }

    private mutating func openSegment() throws(FileError) {
        let path = segments.path(segment)
        let opened = try fileSystem.open(path, .readWrite)
        do {
            try opened.truncate(to: 0)
            let magic = LogSegments.magic
            try opened.write(magic.span, at: 0)
            try fileSystem.syncDirectory(segments.directory)
        } catch {
            try? fileSystem.removeFile(path)
            throw error
        }
        file = opened
        size = Int64(LogSegments.magic.count)
    }
}
