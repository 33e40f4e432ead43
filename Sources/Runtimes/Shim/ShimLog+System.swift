import Bytes
import Environment
import Glibc
import Posix

/// The log file of one container: appends whole records, rotates by size, reopens after somebody else renamed it.
struct ShimLog: ~Copyable {
    /// Bytes of a file before it is rotated, and rotated files that stay.
    ///
    /// - Source: the kubelet's defaults `containerLogMaxSize` 10Mi and `containerLogMaxFiles` 5, the current file among them.
    static let sizeLimit: Int64 = 10 << 20
    static let rotatedFiles = 4

    private let path: String
    private var descriptor: Int32 = -1
    private var size: Int64 = 0
    private let sizeLimit: Int64

    init(path: String, sizeLimit: Int64 = Self.sizeLimit) throws(FileError) {
        self.path = path
        self.sizeLimit = sizeLimit
        if let slash = path.lastIndex(of: "/") { try PosixFileSystem().createDirectory(String(path[..<slash])) }
        try reopen()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    mutating func reopen() throws(FileError) {
        let opened = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard opened >= 0 else { throw FileError("open", path, errno: errno) }
        if descriptor >= 0 { close(descriptor) }
        descriptor = opened
        var status = stat()
        size = unsafe fstat(opened, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Writes records; returns how many bytes were taken, fewer than all only when the disk refuses.
    mutating func write(_ records: ArraySlice<UInt8>, now: Timestamp) -> Int {
        if size > 0 && size + Int64(records.count) > sizeLimit { rotate(now: now) }
        var done = 0
        while done < records.count {
            let rest = records.dropFirst(done)
            let result = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if result > 0 {
                done += result
            } else if result < 0 && errno != EINTR {
                break
            }
        }
        size += Int64(done)
        return done
    }

    /// Renames the full file by the time of the rotation and begins a new one. When the new one cannot be made the old one goes on.
    private mutating func rotate(now: Timestamp) {
        let civil = CivilTime(now)
        func digits(_ value: Int, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let stamp =
            digits(civil.year, 4) + digits(civil.month, 2) + digits(civil.day, 2) + "-" + digits(civil.hour, 2) + digits(civil.minute, 2)
            + digits(civil.second, 2) + "." + digits(civil.nanosecond, 9)
        let rotated = path + "." + stamp
        let files = PosixFileSystem()
        guard (try? files.rename(path, to: rotated)) != nil else { return }
        guard (try? reopen()) != nil else {
            try? files.rename(rotated, to: path)
            return
        }
        guard let slash = path.lastIndex(of: "/") else { return }
        let folder = String(path[..<slash])
        let prefix = String(path[path.index(after: slash)...]) + "."
        let names = ((try? files.list(folder)) ?? []).filter { $0.hasPrefix(prefix) }
        for name in names.dropLast(Self.rotatedFiles) { try? files.removeFile(folder + "/" + name) }
    }
}
