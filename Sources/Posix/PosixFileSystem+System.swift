import Bytes
package import Environment
import Glibc

/// The host's file system.
package struct PosixFileSystem: FileSystem {
    package init() {}

    package func open(_ path: String, _ mode: FileOpenMode) throws(FileError) -> any OpenFile {
        let flags: Int32 =
            switch mode {
            case .read: O_RDONLY
            case .readWrite, .lock: O_RDWR | O_CREAT
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            }
        var descriptor: Int32 = -1
        repeat { descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o644) } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw FileError("open", path, errno: errno) }
        let file = PosixFile(path: path, descriptor: descriptor)
        if mode == .lock, flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            throw FileError("lock", path, errno == EWOULDBLOCK ? .isLocked : FileError.cause(errno))
        }
        return file
    }

    package func rename(_ path: String, to newPath: String) throws(FileError) {
        guard unsafe Glibc.rename(path, newPath) == 0 else { throw FileError("rename", path, errno: errno) }
    }

    package func removeFile(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 else { throw FileError("remove", path, errno: errno) }
    }

    package func removeDirectory(_ path: String) throws(FileError) {
        guard unsafe rmdir(path) == 0 else { throw FileError("remove directory", path, errno: errno) }
    }

    package func createDirectory(_ path: String) throws(FileError) {
        if unsafe mkdir(path, 0o755) == 0 { return }
        switch errno {
        case EEXIST:
            guard try attributes(path)?.kind == .directory else { throw FileError("create directory", path, .exists) }
        case ENOENT:
            guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
                throw FileError("create directory", path, .notFound)
            }
            try createDirectory(String(path[..<slash]))
            guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else { throw FileError("create directory", path, errno: errno) }
        default:
            throw FileError("create directory", path, errno: errno)
        }
    }

    package func list(_ path: String) throws(FileError) -> [String] {
        guard let directory = unsafe opendir(path) else { throw FileError("list", path, errno: errno) }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(directory) else {
                guard errno == 0 else { throw FileError("list", path, errno: errno) }
                break
            }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func attributes(_ path: String) throws(FileError) -> FileAttributes? {
        var status = stat()
        if unsafe stat(path, &status) == 0 { return FileAttributes(status) }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw FileError("read attributes of", path, errno: errno)
    }

    package func syncDirectory(_ path: String) throws(FileError) {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path, errno: errno) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError("sync", path, errno: errno) }
    }

    package func linkFile(_ path: String, to newPath: String) throws(FileError) {
        guard unsafe link(path, newPath) == 0 else { throw FileError("link", path, errno: errno) }
    }

    package func space(_ path: String) throws(FileError) -> (free: Int64, total: Int64) {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { throw FileError("measure", path, errno: errno) }
        return (Int64(status.f_bavail) * Int64(status.f_frsize), Int64(status.f_blocks) * Int64(status.f_frsize))
    }
}

/// A file descriptor with one owner; closed with the last reference.
final class PosixFile: OpenFile {
    let path: String
    private let descriptor: Int32

    init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { Glibc.close(descriptor) }

    func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(FileError) -> Int {
        guard count > 0 else { return 0 }
        var failure: Int32 = 0
        let descriptor = descriptor
        let before = buffer.count
        // Straight into the buffer's spare memory: filling it with zeros first cost more than the reading.
        buffer.append(addingCapacity: count) { span in
            unsafe span.withUnsafeMutableBufferPointer { room, done in
                while done < count {
                    let result = unsafe pread(descriptor, room.baseAddress! + done, count - done, off_t(offset) + off_t(done))
                    if result > 0 {
                        done += result
                    } else if result == 0 {
                        break
                    } else if errno != EINTR {
                        failure = errno
                        break
                    }
                }
            }
        }
        guard failure == 0 else {
            buffer.removeLast(buffer.count - before)
            throw FileError("read", path, errno: failure)
        }
        return buffer.count - before
    }

    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(FileError) {
        var failure: Int32 = 0
        let descriptor = descriptor
        unsafe bytes.withUnsafeBufferPointer { buffer in
            var done = 0
            while done < buffer.count {
                let result = unsafe pwrite(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
                if result >= 0 {
                    done += result
                } else if errno != EINTR {
                    failure = errno
                    return
                }
            }
        }
        guard failure == 0 else { throw FileError("write", path, errno: failure) }
    }

    func attributes() throws(FileError) -> FileAttributes {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileError("read attributes of", path, errno: errno) }
        return FileAttributes(status)
    }

    func truncate(to size: Int64) throws(FileError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError("truncate", path, errno: errno) }
    }

    func sync() throws(FileError) {
        guard fdatasync(descriptor) == 0 else { throw FileError("sync", path, errno: errno) }
    }

    func close() throws(FileError) {
        // The descriptor itself is closed by deinit; what a close could report, a sync reports first.
    }
}

extension FileAttributes {
    init(_ status: stat) {
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        self.init(
            kind: kind, size: Int64(status.st_size), device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
            modified: Timestamp(nanoseconds: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)),
            mode: UInt32(status.st_mode & 0o7777))
    }
}

extension FileError {
    package init(_ operation: String, _ path: String, errno number: Int32) {
        self.init(operation, path, Self.cause(number))
    }

    static func cause(_ number: Int32) -> Cause {
        switch number {
        case ENOENT, ENOTDIR: .notFound
        case EEXIST: .exists
        case ENOSPC, EDQUOT: .full
        case EROFS: .readOnly
        case EACCES, EPERM: .denied
        case ENOTEMPTY: .notEmpty
        case EIO: .io
        case EMFILE, ENFILE: .tooManyOpen
        default: .other(errno: number)
        }
    }
}
