import CSQLite

/// One connection to a SQLite file, used by one thread at a time.
@safe final class SQLiteDatabase {
    private let handle: OpaquePointer
    let path: String

    /// Opens or makes the file with a write-ahead log and full synchronisation, and checks that both are in force.
    ///
    /// The file is this process's alone: the file layer `unix-excl` keeps other processes out for as long as a connection is open, and the index
    /// of the log in memory instead of in a mapped file. The log is copied into the file only when `copyLog` is called, on any connection.
    init(path: String) throws(ObjectStoreError) {
        self.path = path
        var opened: OpaquePointer?
        let result = unsafe sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, "unix-excl")
        guard result == SQLITE_OK, let opened = unsafe opened else {
            unsafe sqlite3_close(opened)
            throw ObjectStoreError(Self.code(result), "cannot open \(path): \(Self.text(result))")
        }
        unsafe handle = unsafe opened
        unsafe sqlite3_busy_timeout(handle, 0)
        guard try text("PRAGMA journal_mode=WAL") == "wal" else {
            throw ObjectStoreError(.failed, "cannot open \(path): it has no write-ahead log on this file system")
        }
        try execute("PRAGMA synchronous=FULL")
        guard try text("PRAGMA synchronous") == "2" else {
            throw ObjectStoreError(.failed, "cannot open \(path): full synchronisation is not in force")
        }
        try execute("PRAGMA wal_autocheckpoint=0")
    }

    deinit { unsafe sqlite3_close_v2(handle) }

    /// Copies what the log holds into the file, without waiting for anybody who reads or writes; once all is copied, the next write begins the log anew.
    func copyLog() throws(ObjectStoreError) { try execute("PRAGMA wal_checkpoint(PASSIVE)") }

    func execute(_ sql: String) throws(ObjectStoreError) {
        let result = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard result == SQLITE_OK else { throw failure(result, "execute") }
    }

    func prepare(_ sql: String) throws(ObjectStoreError) -> SQLiteStatement {
        var statement: OpaquePointer?
        let result = unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard result == SQLITE_OK, let statement = unsafe statement else { throw failure(result, "prepare") }
        return unsafe SQLiteStatement(statement, database: self)
    }

    /// The first column of the first row as text.
    func text(_ sql: String) throws(ObjectStoreError) -> String {
        let statement = try prepare(sql)
        return try statement.step() ? statement.text(0) : ""
    }

    func failure(_ result: Int32, _ operation: String) -> ObjectStoreError {
        let message = unsafe String(cString: sqlite3_errmsg(handle))
        let code = Self.code(result)
        let advice =
            switch code {
            case .locked: "another skysail uses this data directory"
            case .full: "no space left on the device"
            default: message
            }
        return ObjectStoreError(code, "cannot \(operation) in \(path): \(advice)")
    }

    private static func text(_ result: Int32) -> String { unsafe String(cString: sqlite3_errstr(result)) }

    private static func code(_ result: Int32) -> ObjectStoreError.Code {
        switch result & 0xff {
        case SQLITE_FULL: .full
        case SQLITE_READONLY: .readOnly
        case SQLITE_BUSY, SQLITE_LOCKED: .locked
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
        case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: .denied
        default: .failed
        }
    }
}

/// A prepared statement; reset by its owner before each use.
@safe final class SQLiteStatement {
    private let handle: OpaquePointer
    private let database: SQLiteDatabase

    init(_ handle: OpaquePointer, database: SQLiteDatabase) {
        unsafe self.handle = handle
        self.database = database
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Forgets the last run and what was bound.
    func reset() {
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
    }

    func bind(_ index: Int32, _ value: Int64) { unsafe sqlite3_bind_int64(handle, index, value) }

    func bind(_ index: Int32, text: String) {
        var text = text
        text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                unsafe _ = csqlite_bind_text_copied(handle, index, characters.baseAddress, UInt64(characters.count))
            }
        }
    }

    func bind(_ index: Int32, blob: [UInt8]) {
        unsafe blob.withUnsafeBytes { bytes in
            unsafe _ = csqlite_bind_blob_copied(handle, index, bytes.baseAddress, UInt64(bytes.count))
        }
    }

    /// Runs to the next row; false when there is none.
    func step() throws(ObjectStoreError) -> Bool {
        let result = unsafe sqlite3_step(handle)
        switch result {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw database.failure(result, "write")
        }
    }

    func int64(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    func text(_ column: Int32) -> String {
        guard let text = unsafe sqlite3_column_text(handle, column) else { return "" }
        let count = unsafe Int(sqlite3_column_bytes(handle, column))
        return unsafe String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }

    func blob(_ column: Int32) -> [UInt8] {
        guard let bytes = unsafe sqlite3_column_blob(handle, column) else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))))
    }
}
