import Bytes
import Environment

/// What a file begins with: with its inode it says who a file is, whatever its name.
struct FileFingerprint: Hashable, Sendable {
    /// Bytes that are looked at; a short file has a short fingerprint, which grows with it.
    static let limit = 1024
    /// Below this many bytes two files may begin alike by chance.
    static let telling = 32

    var hash: UInt64
    var length: Int

    var isTelling: Bool { length >= Self.telling }
}

/// The first bytes of a file, read once to be compared with many fingerprints.
struct FileHead: Sendable {
    private let bytes: [UInt8]
    /// Of all the bytes: most fingerprints are of that length.
    let fingerprint: FileFingerprint

    /// Of a file whose beginning cannot be read.
    init() {
        bytes = []
        fingerprint = FileFingerprint(hash: Hash64.hash([]), length: 0)
    }

    init(_ file: any OpenFile) throws(FileError) {
        var bytes: [UInt8] = []
        while bytes.count < FileFingerprint.limit {
            if try file.read(at: Int64(bytes.count), count: FileFingerprint.limit - bytes.count, into: &bytes) == 0 { break }
        }
        self.bytes = bytes
        fingerprint = FileFingerprint(hash: Hash64.hash(bytes), length: bytes.count)
    }

    /// Whether the file is a copy of the one of the fingerprint, as far as beginnings tell; of a packed one that is short, all of it must be the same.
    func isCopy(of other: FileFingerprint, isPacked: Bool) -> Bool {
        if other.isTelling { return begins(as: other) }
        return isPacked && other.length > 0 && other == fingerprint
    }

    /// Whether the file begins as the one of the fingerprint did.
    func begins(as other: FileFingerprint) -> Bool {
        if other.length == fingerprint.length { return other == fingerprint }
        return other.length < bytes.count && Hash64.hash(bytes, range: 0..<other.length) == other.hash
    }
}
