package import Bytes

/// The file system as the stores, the tailer and the agent use it. Real: `PosixFileSystem`. Simulated: `MemoryFileSystem`, which tears writes,
/// loses what was not synced, fills up and fails on command.
///
/// Paths are absolute. All calls block; they belong on threads of our own, never on the cooperative pool.
package protocol FileSystem: Sendable {
    func open(_ path: String, _ mode: FileOpenMode) throws(FileError) -> any OpenFile

    /// Replaces an existing file of the new name atomically.
    func rename(_ path: String, to newPath: String) throws(FileError)

    func removeFile(_ path: String) throws(FileError)

    /// Removes an empty directory.
    func removeDirectory(_ path: String) throws(FileError)

    /// Makes the directory and the missing ones above it; no error when it exists.
    func createDirectory(_ path: String) throws(FileError)

    /// Names in a directory, sorted, without `.` and `..`.
    func list(_ path: String) throws(FileError) -> [String]

    /// nil when nothing has this name. Symbolic links are followed.
    func attributes(_ path: String) throws(FileError) -> FileAttributes?

    /// Makes the names in a directory survive a power loss.
    func syncDirectory(_ path: String) throws(FileError)

    func linkFile(_ path: String, to newPath: String) throws(FileError)

    /// Bytes free for us, and the size of the volume.
    func space(_ path: String) throws(FileError) -> (free: Int64, total: Int64)
}

package enum FileOpenMode: Sendable {
    case read
    /// Makes the file when it is missing; does not shorten it.
    case readWrite
    /// Fails when the file exists.
    case createNew
    /// Makes the file when it is missing and refuses when another process holds it open this way (an advisory lock for the file's lifetime).
    case lock
}

/// An open file. Closed when the last reference goes; `close` only reports what went wrong.
package protocol OpenFile: AnyObject, Sendable {
    /// Appends up to `count` bytes from the offset to the buffer; fewer only at the end of the file. Returns how many.
    func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(FileError) -> Int

    /// Writes all bytes at the offset, or throws having written a prefix of them.
    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(FileError)

    /// The attributes of the open file, also after it was renamed or removed.
    func attributes() throws(FileError) -> FileAttributes

    func truncate(to size: Int64) throws(FileError)

    /// Returns when the contents survive a power loss. After a failure the contents are unknown: re-open and verify, do not retry.
    func sync() throws(FileError)

    func close() throws(FileError)
}

package struct FileAttributes: Hashable, Sendable {
    package enum Kind: Sendable { case file, directory, symbolicLink, other }

    package var kind: Kind
    package var size: Int64
    package var device: UInt64
    package var inode: UInt64
    package var modified: Timestamp
    /// Permission bits.
    package var mode: UInt32

    package init(kind: Kind, size: Int64, device: UInt64 = 0, inode: UInt64 = 0, modified: Timestamp = .epoch, mode: UInt32 = 0o644) {
        self.kind = kind
        self.size = size
        self.device = device
        self.inode = inode
        self.modified = modified
        self.mode = mode
    }
}

/// A failed file operation.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Cause: Hashable, Sendable {
        case notFound, exists, full, readOnly, denied, isLocked, notEmpty, io, tooManyOpen
        case other(errno: Int32)
    }

    package var operation: String
    package var path: String
    package var cause: Cause

    package init(_ operation: String, _ path: String, _ cause: Cause) {
        self.operation = operation
        self.path = path
        self.cause = cause
    }

    package var description: String { "cannot \(operation) \(path): \(reason)" }

    package var reason: String {
        switch cause {
        case .notFound: "no such file or directory"
        case .exists: "it exists already"
        case .full: "no space left on the device"
        case .readOnly: "the file system is read-only"
        case .denied: "permission denied"
        case .isLocked: "another process holds it"
        case .notEmpty: "the directory is not empty"
        case .io: "input/output error"
        case .tooManyOpen: "too many open files"
        case .other(let errno): "error \(errno)"
        }
    }
}

extension FileSystem {
    /// The whole contents of a file.
    package func contents(_ path: String, limit: Int = 1 << 30) throws(FileError) -> [UInt8] {
        let file = try open(path, .read)
        let size = Int(try file.attributes().size)
        var bytes: [UInt8] = []
        // Files of /proc and cgroups say 0 and have content all the same, so read until nothing comes.
        bytes.reserveCapacity(min(max(size, 4096), limit))
        while bytes.count < limit {
            let count = try file.read(at: Int64(bytes.count), count: min(limit - bytes.count, max(size - bytes.count, 8192)), into: &bytes)
            if count == 0 { break }
        }
        return bytes
    }

    /// Publishes a file as a whole: written under a temporary name, synced, renamed, the directory synced.
    package func replaceContents(_ path: String, with bytes: [UInt8]) throws(FileError) {
        let temporary = path + ".tmp"
        do {
            let file = try open(temporary, .readWrite)
            try file.truncate(to: 0)
            try file.write(bytes.span, at: 0)
            try file.sync()
            try file.close()
        }
        try rename(temporary, to: path)
        try syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    }

    package func exists(_ path: String) -> Bool {
        (try? attributes(path)) != nil
    }
}
