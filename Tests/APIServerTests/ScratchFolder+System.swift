import Glibc

/// A folder of its own for a test, gone with it.
final class ScratchFolder: Sendable {
    let path: String

    struct Failed: Error {}

    init() throws {
        path = "/tmp/skysail-api-\(UInt64.random(in: .min ... .max))"
        guard unsafe mkdir(path, 0o700) == 0 else { throw Failed() }
    }

    deinit {
        for name in ["objects.db", "objects.db-wal", "objects.db-shm"] { unsafe unlink(path + "/" + name) }
        unsafe rmdir(path)
    }
}
