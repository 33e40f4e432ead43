package import Bytes
import Synchronization

/// A file system in memory that behaves like a disk on its worst day: the simulated twin of the host's.
///
/// - What was written but not synced may be lost, torn or reordered by `crash(seed:)`; names that were made or renamed in a directory that was
///   not synced may be lost with it.
/// - `plan` decides before each operation whether it fails, so a test can fail the n-th call for every n.
/// - `capacity` bounds the bytes in all files; writes beyond it fail with `.full` after a prefix, as a real disk's do.
package final class MemoryFileSystem: FileSystem {
    /// Decides about one operation: its name ("write", "sync", "rename", …), its path and its number since the start.
    package typealias Plan = @Sendable (_ operation: String, _ path: String, _ number: Int) -> FileError.Cause?

    fileprivate final class Node: Sendable {
        struct Content {
            var bytes: [UInt8] = []
            /// What a crash leaves for certain.
            var synced: [UInt8] = []
            /// Writes since the last sync, in order; a crash keeps some of them, whole or in part.
            var pending: [Change] = []
            var modified = Timestamp.epoch
        }

        enum Change {
            case write(offset: Int, bytes: [UInt8])
            case truncate(Int)
        }

        let inode: UInt64
        let content = Mutex(Content())

        init(inode: UInt64) { self.inode = inode }
    }

    fileprivate struct State {
        var files: [String: Node] = [:]
        var directories: Set<String> = ["/"]
        /// Names as a crash leaves them.
        var syncedFiles: [String: Node] = [:]
        var syncedDirectories: Set<String> = ["/"]
        var locked: Set<String> = []
        var nextInode: UInt64 = 1
        var operations = 0
        var capacity = Int.max
        var plan: Plan?
        var now = Timestamp.epoch
        /// Rises with each crash: files opened before it are dead.
        var generation = 0
    }

    fileprivate let state = Mutex(State())

    package init() {}

    // MARK: Driving it

    package func setPlan(_ plan: Plan?) { state.withLock { $0.plan = plan } }

    package func setCapacity(_ bytes: Int) { state.withLock { $0.capacity = bytes } }

    package func setTime(_ time: Timestamp) { state.withLock { $0.now = time } }

    package var operationCount: Int { state.withLock { $0.operations } }

    /// Loses power: keeps what was synced and a random part of what was not.
    package func crash(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        state.withLock { state in
            state.generation += 1
            state.locked = []
            // A name change that was not synced survives or not, each on its own.
            var names = state.syncedFiles
            for path in Set(state.files.keys).union(state.syncedFiles.keys).sorted() where state.files[path] !== state.syncedFiles[path] {
                if Bool.random(using: &generator) { names[path] = state.files[path] }
            }
            for directory in state.directories.subtracting(state.syncedDirectories).sorted()
            where names.keys.contains(where: { $0.hasPrefix(directory + "/") }) || Bool.random(using: &generator) {
                state.syncedDirectories.insert(directory)
            }
            state.directories = state.syncedDirectories
            state.files = names
            state.syncedFiles = names
            var seen: Set<UInt64> = []
            for path in names.keys.sorted() {
                let node = names[path]!
                guard seen.insert(node.inode).inserted else { continue }
                node.content.withLock { $0.loseUnsynced(using: &generator) }
            }
        }
    }

    /// The process dies but the machine goes on: everything written stays, locks are released.
    package func killProcess() {
        state.withLock { state in
            state.generation += 1
            state.locked = []
        }
    }

    /// Flips one bit of a file, as a bad disk would.
    package func flipBit(_ path: String, byte: Int, bit: Int) {
        state.withLock { $0.files[path] }?.content.withLock { content in
            content.bytes[byte] ^= 1 << UInt8(bit)
            if byte < content.synced.count { content.synced[byte] ^= 1 << UInt8(bit) }
        }
    }

    /// Every file with its size, sorted by path.
    package func listing() -> [(path: String, size: Int)] {
        state.withLock { state in
            state.files.keys.sorted().map { path in (path, state.files[path]!.content.withLock { $0.bytes.count }) }
        }
    }

    // MARK: FileSystem

    package func open(_ path: String, _ mode: FileOpenMode) throws(FileError) -> any OpenFile {
        try begin("open", path)
        let result: Result<MemoryFile, FileError> = state.withLock { state in
            if state.directories.contains(path) { return .failure(FileError("open", path, .other(errno: 21))) }
            if let node = state.files[path] {
                if mode == .createNew { return .failure(FileError("open", path, .exists)) }
                if mode == .lock, !state.locked.insert(path).inserted { return .failure(FileError("lock", path, .isLocked)) }
                return .success(MemoryFile(self, path: path, node: node, isLock: mode == .lock, generation: state.generation))
            }
            guard mode != .read, state.directories.contains(Self.parent(path)) else { return .failure(FileError("open", path, .notFound)) }
            let node = Node(inode: state.nextInode)
            state.nextInode += 1
            let now = state.now
            node.content.withLock { $0.modified = now }
            state.files[path] = node
            if mode == .lock { state.locked.insert(path) }
            return .success(MemoryFile(self, path: path, node: node, isLock: mode == .lock, generation: state.generation))
        }
        return try result.get()
    }

    package func rename(_ path: String, to newPath: String) throws(FileError) {
        try begin("rename", path)
        let isDone = state.withLock { state in
            if let node = state.files.removeValue(forKey: path) {
                state.files[newPath] = node
                return true
            }
            guard state.directories.contains(path), !state.directories.contains(newPath) else { return false }
            func moved(_ name: String) -> String {
                name == path ? newPath : name.hasPrefix(path + "/") ? newPath + name.dropFirst(path.count) : name
            }
            state.files = Dictionary(uniqueKeysWithValues: state.files.map { (moved($0.key), $0.value) })
            state.directories = Set(state.directories.map(moved))
            // The contents of a renamed directory were synced under the old name; what is at stake in a crash is the name alone.
            state.syncedFiles = Dictionary(state.syncedFiles.map { (moved($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
            state.syncedDirectories = Set(state.syncedDirectories.map(moved))
            return true
        }
        if !isDone { throw FileError("rename", path, .notFound) }
    }

    package func removeFile(_ path: String) throws(FileError) {
        try begin("remove", path)
        if state.withLock({ $0.files.removeValue(forKey: path) }) == nil { throw FileError("remove", path, .notFound) }
    }

    package func removeDirectory(_ path: String) throws(FileError) {
        try begin("remove directory", path)
        let cause: FileError.Cause? = state.withLock { state in
            guard state.directories.contains(path) else { return .notFound }
            let prefix = path + "/"
            if state.files.keys.contains(where: { $0.hasPrefix(prefix) }) || state.directories.contains(where: { $0.hasPrefix(prefix) }) {
                return .notEmpty
            }
            state.directories.remove(path)
            return nil
        }
        if let cause { throw FileError("remove directory", path, cause) }
    }

    package func createDirectory(_ path: String) throws(FileError) {
        try begin("create directory", path)
        state.withLock { state in
            var path = path
            while path != "/" && !path.isEmpty {
                state.directories.insert(path)
                path = Self.parent(path)
            }
        }
    }

    package func list(_ path: String) throws(FileError) -> [String] {
        try begin("list", path)
        let names: [String]? = state.withLock { state in
            guard state.directories.contains(path) else { return nil }
            let prefix = path == "/" ? "/" : path + "/"
            let inside = Array(state.files.keys) + Array(state.directories)
            return inside.filter { $0.hasPrefix(prefix) && $0.count > prefix.count && !$0.dropFirst(prefix.count).contains("/") }
                .map { String($0.dropFirst(prefix.count)) }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
        guard let names else { throw FileError("list", path, .notFound) }
        return names
    }

    package func attributes(_ path: String) throws(FileError) -> FileAttributes? {
        try begin("read attributes of", path)
        return state.withLock { state in
            if state.directories.contains(path) { return FileAttributes(kind: .directory, size: 0, device: 1) }
            return state.files[path]?.attributes
        }
    }

    package func syncDirectory(_ path: String) throws(FileError) {
        try begin("sync directory", path)
        state.withLock { state in
            func isInside(_ name: String) -> Bool { Self.parent(name) == path }
            for name in Set(state.syncedFiles.keys).union(state.files.keys) where isInside(name) {
                state.syncedFiles[name] = state.files[name]
            }
            for directory in state.directories where directory == path || isInside(directory) { state.syncedDirectories.insert(directory) }
            for directory in state.syncedDirectories where isInside(directory) && !state.directories.contains(directory) {
                state.syncedDirectories.remove(directory)
            }
        }
    }

    package func linkFile(_ path: String, to newPath: String) throws(FileError) {
        try begin("link", path)
        let cause: FileError.Cause? = state.withLock { state in
            guard let node = state.files[path] else { return .notFound }
            guard state.files[newPath] == nil else { return .exists }
            state.files[newPath] = node
            return nil
        }
        if let cause { throw FileError("link", path, cause) }
    }

    package func space(_ path: String) throws(FileError) -> (free: Int64, total: Int64) {
        try begin("measure", path)
        return state.withLock { state in
            let capacity = state.capacity == .max ? 1 << 40 : state.capacity
            return (Int64(max(0, capacity - state.usedBytes)), Int64(capacity))
        }
    }

    fileprivate func begin(_ operation: String, _ path: String, generation: Int? = nil) throws(FileError) {
        let (cause, isDead): (FileError.Cause?, Bool) = state.withLock { state in
            state.operations += 1
            return (state.plan?(operation, path, state.operations), generation.map { $0 != state.generation } ?? false)
        }
        if isDead { throw FileError(operation, path, .other(errno: 9)) }
        if let cause { throw FileError(operation, path, cause) }
    }

    fileprivate static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}

extension MemoryFileSystem.State {
    fileprivate var usedBytes: Int {
        var seen: Set<UInt64> = []
        return files.values.reduce(0) { sum, node in
            seen.insert(node.inode).inserted ? sum + node.content.withLock { $0.bytes.count } : sum
        }
    }
}

extension MemoryFileSystem.Node {
    fileprivate var attributes: FileAttributes {
        content.withLock {
            FileAttributes(kind: .file, size: Int64($0.bytes.count), device: 1, inode: inode, modified: $0.modified)
        }
    }
}

extension MemoryFileSystem.Node.Content {
    /// Keeps the synced bytes and a random choice of the later writes, the last of them possibly cut short.
    fileprivate mutating func loseUnsynced(using generator: inout SplitMix64) {
        var left = synced
        for change in pending where Bool.random(using: &generator) {
            switch change {
            case .truncate(let size): left.resize(to: size)
            case .write(let offset, let data):
                let kept = Bool.random(using: &generator) ? data.count : Int.random(in: 0...data.count, using: &generator)
                left.overwrite(at: offset, with: data[..<kept])
            }
        }
        (bytes, synced, pending) = (left, left, [])
    }
}

private final class MemoryFile: OpenFile {
    let system: MemoryFileSystem
    let path: String
    let node: MemoryFileSystem.Node
    let isLock: Bool
    let generation: Int

    init(_ system: MemoryFileSystem, path: String, node: MemoryFileSystem.Node, isLock: Bool, generation: Int) {
        self.system = system
        self.path = path
        self.node = node
        self.isLock = isLock
        self.generation = generation
    }

    deinit {
        guard isLock else { return }
        system.state.withLock { state in
            if state.generation == generation { state.locked.remove(path) }
        }
    }

    func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(FileError) -> Int {
        try system.begin("read", path, generation: generation)
        let piece = node.content.withLock { content in
            let start = min(Int(offset), content.bytes.count)
            return Array(content.bytes[start..<min(start + count, content.bytes.count)])
        }
        buffer += piece
        return piece.count
    }

    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(FileError) {
        try system.begin("write", path, generation: generation)
        var data: [UInt8] = []
        data.reserveCapacity(bytes.count)
        for index in bytes.indices { data.append(bytes[index]) }
        let (room, now) = system.state.withLock { state in
            (state.capacity == .max ? Int.max : state.capacity - state.usedBytes, state.now)
        }
        let isFull = node.content.withLock { content in
            let growth = max(0, Int(offset) + data.count - content.bytes.count)
            let kept = growth > room ? max(0, data.count - (growth - max(0, room))) : data.count
            content.bytes.overwrite(at: Int(offset), with: data[..<kept])
            content.pending.append(.write(offset: Int(offset), bytes: Array(data[..<kept])))
            content.modified = now
            return kept < data.count
        }
        if isFull { throw FileError("write", path, .full) }
    }

    func attributes() throws(FileError) -> FileAttributes {
        try system.begin("read attributes of", path, generation: generation)
        return node.attributes
    }

    func truncate(to size: Int64) throws(FileError) {
        try system.begin("truncate", path, generation: generation)
        node.content.withLock { content in
            content.bytes.resize(to: Int(size))
            content.pending.append(.truncate(Int(size)))
        }
    }

    func sync() throws(FileError) {
        try system.begin("sync", path, generation: generation)
        node.content.withLock { content in
            content.synced = content.bytes
            content.pending = []
        }
    }

    func close() throws(FileError) { try system.begin("close", path, generation: generation) }
}

extension [UInt8] {
    fileprivate mutating func resize(to size: Int) {
        if size < count { removeLast(count - size) } else { append(contentsOf: repeatElement(0, count: size - count)) }
    }

    fileprivate mutating func overwrite(at offset: Int, with data: ArraySlice<UInt8>) {
        if count < offset { resize(to: offset) }
        let overlap = Swift.min(data.count, count - offset)
        replaceSubrange(offset..<offset + overlap, with: data.prefix(overlap))
        append(contentsOf: data.dropFirst(overlap))
    }
}
