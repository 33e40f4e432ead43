import Bytes
import Environment

/// Who a file is, whatever its name: its inode, and what it begins with.
struct FileFingerprint: Hashable, Sendable {
    /// Bytes that are looked at; a short file has a short fingerprint, which grows with it.
    static let limit = 1024
    /// Below this many bytes two files may begin alike by chance.
    static let telling = 32

    var hash: UInt64
    var length: Int

    /// The fingerprint of the first bytes, as many as there are.
    init(_ file: any OpenFile, length: Int = Self.limit) throws(FileError) {
        var bytes: [UInt8] = []
        var done = 0
        while done < length {
            let count = try file.read(at: Int64(done), count: length - done, into: &bytes)
            if count == 0 { break }
            done += count
        }
        hash = Hash64.hash(bytes)
        self.length = done
    }

    init(hash: UInt64, length: Int) {
        self.hash = hash
        self.length = length
    }

    /// Whether the file begins as this one did.
    func matches(_ file: any OpenFile) throws(FileError) -> Bool { try FileFingerprint(file, length: length) == self }
}

/// One file of a container's log, and how far it has been read.
struct TailedFile: Sendable {
    var path: String
    var device: UInt64
    var inode: UInt64
    var file: any OpenFile
    var fingerprint: FileFingerprint
    /// Where the next read begins.
    var offset: Int64
    /// Bytes of a record whose end has not been read.
    var rest: [UInt8] = []
    var assembler = LineAssembler()
    /// Everything before this has been handed over and became durable.
    var durableOffset: Int64
    /// Whether the name is gone; it is read to its end and then let go.
    var isGone = false

    /// Where reading must begin again after a restart: in front of whatever is not complete.
    var safeOffset: Int64 { assembler.earliestOffset ?? offset - Int64(rest.count) }
}

/// Joins the parts of long lines, each stream for itself.
struct LineAssembler: Sendable {
    private struct Pending: Sendable {
        var time: Int64
        var offset: Int64
        var text: [UInt8]
    }

    /// Bytes of a line; what is longer is cut into lines of this size.
    static let lineLimit = 1 << 20

    private var pending: [Pending?] = [nil, nil]

    /// Where the first line begins that is not complete.
    var earliestOffset: Int64? { pending.compactMap { $0?.offset }.min() }

    /// Takes one record; calls back when a line is complete.
    mutating func take(
        _ record: CRILogRecord, at offset: Int64, _ line: (_ stream: Int, _ time: Int64, _ text: [UInt8]) -> Void
    ) {
        var current = pending[record.stream] ?? Pending(time: record.time, offset: offset, text: [])
        current.text += record.text
        if record.isFull || current.text.count >= Self.lineLimit {
            pending[record.stream] = nil
            line(record.stream, current.time, current.text)
        } else {
            pending[record.stream] = current
        }
    }
}

/// One record of the CRI log format.
struct CRILogRecord: Hashable, Sendable {
    /// Nanoseconds since the epoch.
    var time: Int64
    /// 0: standard output, 1: standard error.
    var stream: Int
    var isFull: Bool
    var text: ArraySlice<UInt8>

    /// nil when the line is no record; such a line is taken as text by the caller.
    init?(_ line: ArraySlice<UInt8>) {
        let space = UInt8(ascii: " ")
        guard let first = line.firstIndex(of: space), let second = line[(first + 1)...].firstIndex(of: space),
            let third = line[(second + 1)...].firstIndex(of: space), third == second + 2,
            let time = Timestamp(rfc3339: line[..<first])
        else { return nil }
        let name = line[(first + 1)..<second]
        if name.elementsEqual("stdout".utf8) { stream = 0 } else if name.elementsEqual("stderr".utf8) { stream = 1 } else { return nil }
        let tag = line[second + 1]
        guard tag == UInt8(ascii: "F") || tag == UInt8(ascii: "P") else { return nil }
        self.time = time.nanoseconds
        isFull = tag == UInt8(ascii: "F")
        text = line[(third + 1)...]
    }
}
