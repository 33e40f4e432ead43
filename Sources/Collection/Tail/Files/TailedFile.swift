import Bytes
import Environment

/// A file by its inode.
struct FileKey: Hashable, Comparable, Sendable {
    var device: UInt64
    var inode: UInt64

    static func < (left: FileKey, right: FileKey) -> Bool { (left.device, left.inode) < (right.device, right.inode) }
}

/// A place in a file.
struct FilePosition: Hashable, Sendable {
    var file: FileKey
    var offset: Int64
}

/// How far a file has been handed over: what is marked when it is durable.
struct TailMark: Hashable, Sendable {
    /// Which filling of the file is meant: it rises when the file was cut.
    var generation: Int
    var offset: Int64
}

/// One file of a log, and how far it has been read.
struct TailedFile: Sendable {
    let key: FileKey
    let target: TailTarget
    var path: String
    /// nil once a packed file has been read to its end: it cannot grow.
    var file: (any OpenFile)?
    var fingerprint: FileFingerprint
    let isPacked: Bool
    var generation = 0
    /// Where the next read begins, in the text: of a packed file in what is inside.
    var offset: Int64
    /// Bytes of a record whose end has not been read.
    var rest: [UInt8] = []
    /// When bytes came last, in monotonic nanoseconds.
    var grownAt: UInt64
    /// When the file had been changed last as it was read to its end.
    var modifiedAtEnd: Timestamp?
    /// Up to where lines were handed over.
    var handedOffset: Int64
    /// Everything before this has been handed over and became durable.
    var durableOffset: Int64
    /// Whether the name is gone; it is read to its end and then let go.
    var isGone = false
    /// Reads that failed since one did not.
    var failures = 0

    init(
        _ key: FileKey, _ target: TailTarget, path: String, file: (any OpenFile)?, fingerprint: FileFingerprint, isPacked: Bool, offset: Int64, now: UInt64
    ) {
        self.key = key
        self.target = target
        self.path = path
        self.file = file
        self.fingerprint = fingerprint
        self.isPacked = isPacked
        self.offset = offset
        grownAt = now
        handedOffset = offset
        durableOffset = offset
    }

    /// Where the record begins whose end has not been read.
    var restOffset: Int64 { offset - Int64(rest.count) }
}
