import Bytes
import Environment
import NodeAgent
import Posix

/// The files by which a shim and its agent know of each other (`docs/formats/shim-folder.md`).
struct ShimFolder {
    let path: String
    private let files = PosixFileSystem()

    init(_ path: String) { self.path = path }

    /// Who holds a pid: pid and start time together name a process for ever within a boot.
    struct ProcessIdentity: Hashable {
        var pid: Int32
        var startTicks: Int64

        init(pid: Int32, startTicks: Int64) {
            self.pid = pid
            self.startTicks = startTicks
        }

        /// The process that has the pid now; nil when none has.
        init?(pid: Int32) {
            guard pid > 0, let stat = try? PosixFileSystem().contents("/proc/\(pid)/stat"),
                let parenthesis = stat.lastIndex(of: UInt8(ascii: ")"))
            else { return nil }
            // The name may hold blanks and parentheses; the fields after it begin with the third.
            let fields = stat[(parenthesis + 1)...].split(separator: UInt8(ascii: " "))
            guard fields.count > 19, let ticks = Int64(String(decoding: fields[19], as: UTF8.self)) else { return nil }
            self.init(pid: pid, startTicks: ticks)
        }

        init?(json: JSONValue?) {
            guard let pid = json?["pid"]?.int64Value, let ticks = json?["startTicks"]?.int64Value else { return nil }
            self.init(pid: Int32(clamping: pid), startTicks: ticks)
        }

        var json: JSONValue { ["pid": .number(Int64(pid)), "startTicks": .number(startTicks)] }

        var isAlive: Bool { ProcessIdentity(pid: pid) == self }
    }

    struct StartRecord: Equatable {
        var shim: ProcessIdentity
        var container: ProcessIdentity?
        var boot: String
        var startedAt: Timestamp
    }

    // MARK: spec.json

    func readSpec() -> ContainerSpec? { read("spec.json").flatMap { ContainerSpec(json: $0, folder: path) } }

    func writeSpec(_ spec: ContainerSpec) throws(FileError) { try write("spec.json", spec.json) }

    // MARK: started.json

    func readStart() -> StartRecord? {
        guard let json = read("started.json"), let shim = ProcessIdentity(json: json["shim"]) else { return nil }
        return StartRecord(
            shim: shim, container: ProcessIdentity(json: json["container"]), boot: json["boot"]?.stringValue ?? "",
            startedAt: json["startedAt"]?.stringValue.flatMap { Timestamp(rfc3339: $0) } ?? .epoch)
    }

    func writeStart(_ record: StartRecord) throws(FileError) {
        var json: JSONValue = [
            "version": 1, "shim": record.shim.json, "boot": .string(record.boot),
            "startedAt": .string(record.startedAt.rfc3339(.nanoseconds)),
        ]
        if let container = record.container { json["container"] = container.json }
        try write("started.json", json)
    }

    static var boot: String {
        let bytes = (try? PosixFileSystem().contents("/proc/sys/kernel/random/boot_id")) ?? []
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    // MARK: exit.json

    func readExit() -> ContainerExit? {
        guard let json = read("exit.json"), let code = json["code"]?.int64Value else { return nil }
        return ContainerExit(
            code: Int32(clamping: code), signal: Int32(clamping: json["signal"]?.int64Value ?? 0),
            reason: json["reason"]?.stringValue ?? "Error", message: json["message"]?.stringValue ?? "",
            startedAt: json["startedAt"]?.stringValue.flatMap { Timestamp(rfc3339: $0) },
            finishedAt: json["finishedAt"]?.stringValue.flatMap { Timestamp(rfc3339: $0) } ?? .epoch)
    }

    func writeExit(_ exit: ContainerExit) throws(FileError) {
        var json: JSONValue = [
            "version": 1, "code": .number(Int64(exit.code)), "signal": .number(Int64(exit.signal)), "reason": .string(exit.reason),
            "message": .string(exit.message), "finishedAt": .string(exit.finishedAt.rfc3339(.nanoseconds)),
        ]
        if let startedAt = exit.startedAt { json["startedAt"] = .string(startedAt.rfc3339(.nanoseconds)) }
        try write("exit.json", json)
    }

    // MARK: The lock

    /// The lock, held until the result goes; nil when another process holds it.
    func lock() throws(FileError) -> (any OpenFile)? {
        do {
            return try files.open(path + "/lock", .lock)
        } catch where error.cause == .isLocked {
            return nil
        }
    }

    var isLocked: Bool {
        guard files.exists(path + "/lock") else { return false }
        do throws(FileError) {
            return try lock() == nil
        } catch {
            return false
        }
    }

    // MARK: The whole folder

    /// Removes the folder with its files.
    func remove() throws(FileError) {
        guard files.exists(path) else { return }
        for name in try files.list(path) { try files.removeFile(path + "/" + name) }
        try files.removeDirectory(path)
    }

    private func read(_ name: String) -> JSONValue? {
        guard let bytes = try? files.contents(path + "/" + name) else { return nil }
        return try? JSONValue.parse(bytes)
    }

    private func write(_ name: String, _ json: JSONValue) throws(FileError) {
        let temporary = path + "/" + name + ".tmp"
        let file = try files.open(temporary, .readWrite)
        try file.truncate(to: 0)
        try file.write(json.bytes.span, at: 0)
        try file.close()
        try files.rename(temporary, to: path + "/" + name)
    }
}
