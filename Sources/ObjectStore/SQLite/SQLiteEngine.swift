import Bytes
import Synchronization

/// Objects in a SQLite file, with all current records in memory as well.
///
/// One thread writes. It takes every batch that waits, checks each against the state the ones before it leave, writes them in one
/// transaction (one sync for all), then publishes the new state, tells the observer, and answers. Readers see durable state only.
/// The format is described in `docs/formats/objects.md`.
package final class SQLiteEngine: ObjectEngine {
    private struct State {
        var index: ObjectIndex
        var log: ChangeLog
        var observer: (@Sendable ([Change]) -> Void)?
    }

    private struct Item: Sendable {
        var batch: CommitBatch
        var completion: @Sendable (Result<CommitOutcome, ObjectStoreError>) -> Void
    }

    private let shared: Shared
    private let queue = BlockingQueue<Item>(capacity: 4096)
    private let writer: WriterThread
    private let copier: LogCopier
    private let hold: FileHold
    private let isClosed = Atomic<Bool>(false)

    /// Version of the tables, kept in the file's `user_version`.
    static let formatVersion = 1

    /// Opens or makes the file; reads all records.
    ///
    /// - Throws: in one line, when another process has it, when it is damaged, or when it cannot be written.
    package init(path: String) throws(ObjectStoreError) {
        let hold = try FileHold(path)
        let database = try SQLiteDatabase(path: path)
        let index = try Self.load(database)
        let shared = Shared(State(index: index, log: ChangeLog(revision: index.revision), observer: nil))
        let statements = try Statements(database)
        self.shared = shared
        self.hold = hold
        let copier = LogCopier(try SQLiteDatabase(path: path))
        self.copier = copier
        let work = Work(database: database, statements: statements, shared: shared, copier: copier)
        writer = WriterThread { [queue] in
            while let items = queue.takeAll() { work.commit(items) }
        }
    }

    deinit { close() }

    package var index: ObjectIndex { shared.state.withLock { $0.index } }

    package func changes(after revision: UInt64) -> ChangeHistory { shared.state.withLock { $0.log.after(revision) } }

    package func observe(_ observer: @escaping @Sendable ([Change]) -> Void) { shared.state.withLock { $0.observer = observer } }

    package func commit(_ batch: CommitBatch, completion: @escaping @Sendable (Result<CommitOutcome, ObjectStoreError>) -> Void) {
        if !queue.add(Item(batch: batch, completion: completion)) {
            completion(.failure(ObjectStoreError(.closed, "cannot write: the object store is shut down")))
        }
    }

    package func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        queue.close()
        writer.join()
        copier.close()
        hold.release()
    }

    // MARK: Loading

    private static func load(_ database: SQLiteDatabase) throws(ObjectStoreError) -> ObjectIndex {
        let version = Int(try database.text("PRAGMA user_version")) ?? 0
        guard version <= formatVersion else {
            throw ObjectStoreError(.failed, "cannot open \(database.path): it was written by a newer release (format \(version))")
        }
        if version == 0 {
            try database.execute(
                """
                BEGIN IMMEDIATE;
                CREATE TABLE objects (
                    key TEXT PRIMARY KEY, value BLOB NOT NULL, checksum INTEGER NOT NULL,
                    create_revision INTEGER NOT NULL, mod_revision INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);
                INSERT INTO state VALUES (1, 0);
                PRAGMA user_version = \(formatVersion);
                COMMIT;
                """)
        }
        var index = ObjectIndex()
        index.revision = UInt64(try database.text("SELECT revision FROM state")) ?? 0
        let rows = try database.prepare("SELECT key, value, checksum, create_revision, mod_revision FROM objects ORDER BY key")
        while try rows.step() {
            let record = Record(
                key: rows.text(0), value: rows.blob(1), createRevision: UInt64(bitPattern: rows.int64(3)), modRevision: UInt64(bitPattern: rows.int64(4)))
            guard UInt32(truncatingIfNeeded: rows.int64(2)) == CRC32C.checksum(record.value) else {
                throw ObjectStoreError(
                    .corrupt, "cannot open \(database.path): the object \(record.key) is damaged; restore a backup, or run skysail fsck")
            }
            index.put(record)
        }
        return index
    }

    private final class Shared: Sendable {
        let state: Mutex<State>
        init(_ state: State) { self.state = Mutex(state) }
    }

    private final class Statements {
        let put, delete, revision: SQLiteStatement

        init(_ database: SQLiteDatabase) throws(ObjectStoreError) {
            put = try database.prepare(
                "INSERT INTO objects VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (key) DO UPDATE SET value = ?2, checksum = ?3, mod_revision = ?5")
            delete = try database.prepare("DELETE FROM objects WHERE key = ?1")
            revision = try database.prepare("UPDATE state SET revision = ?1")
        }
    }

    // MARK: Writing

    /// The writer thread's own: only `commit(_:)` on that thread touches the database.
    private final class Work: @unchecked Sendable {
        private let database: SQLiteDatabase
        private let statements: Statements
        private let shared: Shared
        private let copier: LogCopier
        /// Pages that have about been written into the log since it was last copied.
        private var pages = 0
        private var isCopying = false

        /// Pages of the log after which it is copied: 16 MiB, so that pages written often are copied once.
        private static let pageLimit = 4096
        private static let pageSize = 4096

        init(database: SQLiteDatabase, statements: Statements, shared: Shared, copier: LogCopier) {
            self.database = database
            self.statements = statements
            self.shared = shared
            self.copier = copier
        }

        func commit(_ items: [Item]) {
            var index = shared.state.withLock { $0.index }
            var changes: [[Change]] = []
            var outcomes: [CommitOutcome] = []
            for item in items {
                if let key = index.conflict(item.batch.compares) {
                    outcomes.append(.conflict(key: key))
                    changes.append([])
                } else {
                    changes.append(index.apply(item.batch.writes))
                    outcomes.append(.committed(revision: index.revision))
                }
            }
            let results: [Result<CommitOutcome, ObjectStoreError>]
            do throws(ObjectStoreError) {
                if outcomes.contains(where: { if case .committed = $0 { true } else { false } }) {
                    try write(changes.joined(), revision: index.revision)
                }
                results = outcomes.map(Result.success)
                let observer = shared.state.withLock { state in
                    state.index = index
                    for change in changes { state.log.append(change) }
                    return state.observer
                }
                for change in changes where !change.isEmpty { observer?(change) }
            } catch {
                // Nothing of the group was published: the state stays what the file holds.
                results = items.map { _ in .failure(error) }
            }
            for (item, result) in zip(items, results) { item.completion(result) }
            tendLog()
        }

        /// The bulk of the log is copied beside the writing; what was written meanwhile is copied here, so that the log can begin anew.
        private func tendLog() {
            if isCopying {
                guard copier.isDone else { return }
                try? database.copyLog()
                (isCopying, pages) = (false, 0)
            } else if pages >= Self.pageLimit {
                isCopying = true
                copier.begin()
            }
        }

        private func write(_ changes: some Sequence<Change>, revision: UInt64) throws(ObjectStoreError) {
            try database.execute("BEGIN IMMEDIATE")
            pages += 2
            do throws(ObjectStoreError) {
                for change in changes {
                    pages += 1
                    if let record = change.record {
                        pages += record.value.count / Self.pageSize
                        statements.put.reset()
                        statements.put.bind(1, text: record.key)
                        statements.put.bind(2, blob: record.value)
                        statements.put.bind(3, Int64(CRC32C.checksum(record.value)))
                        statements.put.bind(4, Int64(bitPattern: record.createRevision))
                        statements.put.bind(5, Int64(bitPattern: record.modRevision))
                        _ = try statements.put.step()
                    } else {
                        statements.delete.reset()
                        statements.delete.bind(1, text: change.key)
                        _ = try statements.delete.step()
                    }
                }
                statements.revision.reset()
                statements.revision.bind(1, Int64(bitPattern: revision))
                _ = try statements.revision.step()
                statements.put.reset()
                statements.delete.reset()
                statements.revision.reset()
                try database.execute("COMMIT")
            } catch {
                statements.put.reset()
                statements.delete.reset()
                statements.revision.reset()
                try? database.execute("ROLLBACK")
                throw error
            }
        }
    }
}

/// Copies the write-ahead log into the file, on a thread and a connection of its own: hundreds of scattered pages have to reach the disk, for
/// which no commit should wait.
private final class LogCopier: Sendable {
    private let requests = BlockingQueue<Bool>(capacity: 4)
    private let work: Work
    private let thread: WriterThread

    init(_ database: SQLiteDatabase) {
        let work = Work(database: database)
        self.work = work
        thread = WriterThread { [requests] in
            // A disk that is full or fails is told by the commits; the next round tries again.
            while requests.takeAll() != nil { work.run() }
        }
    }

    /// Whether the copying that was begun last has come to its end.
    var isDone: Bool { work.isDone.load(ordering: .acquiring) }

    func begin() {
        work.isDone.store(false, ordering: .releasing)
        _ = requests.add(true)
    }

    func close() {
        requests.close()
        thread.join()
    }

    /// Only the copier's thread touches the database.
    private final class Work: @unchecked Sendable {
        private let database: SQLiteDatabase
        let isDone = Atomic<Bool>(false)

        init(database: SQLiteDatabase) { self.database = database }

        func run() {
            try? database.copyLog()
            isDone.store(true, ordering: .releasing)
        }
    }
}

/// Keeps a file to one engine of this process; `unix-excl` keeps it from other processes.
private final class FileHold: Sendable {
    private static let held = Mutex<Set<String>>([])
    private let path: String
    private let isReleased = Atomic<Bool>(false)

    init(_ path: String) throws(ObjectStoreError) {
        guard Self.held.withLock({ $0.insert(path).inserted }) else {
            throw ObjectStoreError(.locked, "cannot open \(path): another skysail uses this data directory")
        }
        self.path = path
    }

    func release() {
        if !isReleased.exchange(true, ordering: .relaxed) { _ = Self.held.withLock { $0.remove(path) } }
    }

    deinit { release() }
}
