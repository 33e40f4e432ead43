import Bytes
import Environment
import OrderedCollections
import Telemetry
import Testing

@testable import Rules

@Suite("The log of what rules remember")
struct RuleLogTests {
    static let names = ["a", "ab", "ab", "b", "", "a", "abc", "c"]

    /// Runs the steps until an operation fails; the snapshot after each step that came through.
    static func run(_ files: MemoryFileSystem) -> [RuleSnapshot] {
        let definition = RuleGroupDefinition.alert(for: .seconds(60), keep: .seconds(60))
        var snapshots: [RuleSnapshot] = []
        guard var rig = try? Rig([definition], files: files) else { return [] }
        snapshots.append(rig.log.snapshot)
        var now = RuleGroupSchedule(definition).next(after: Rig.start)
        for names in names {
            do { try rig.step(at: now) { _ in .success(.of(names.map(String.init))) } } catch { return snapshots }
            snapshots.append(rig.log.snapshot)
            now = now + .seconds(60)
        }
        return snapshots
    }

    @Test("what was read is what was written")
    func roundTrip() throws {
        let files = MemoryFileSystem()
        let last = try #require(Self.run(files).last)
        #expect(!last.groups.isEmpty && !last.queued.isEmpty)
        #expect(try RuleLog(fileSystem: files, directory: Rig.directory).snapshot == last)
    }

    @Test("power lost at any operation leaves the state after one of the evaluations, none that was synced lost")
    func crashes() throws {
        let counting = MemoryFileSystem()
        let all = Self.run(counting)
        #expect(all.count == Self.names.count + 1)
        for operation in 1...counting.operationCount {
            for seed in UInt64(0)..<3 {
                let files = MemoryFileSystem()
                files.setPlan { _, _, number in number >= operation ? .io : nil }
                let reached = Self.run(files).count
                files.crash(seed: seed)
                files.setPlan(nil)
                let found = try RuleLog(fileSystem: files, directory: Rig.directory).snapshot
                // Steps without a transition are not synced, so a few may be lost; a step that failed may be there all the same.
                let candidates = all.prefix(reached + 1).map(\.groups) + [[:]]
                #expect(candidates.contains(found.groups), "operation \(operation), seed \(seed)")
            }
        }
    }

    @Test("a full disk loses nothing once there is room again")
    func fullDisk() throws {
        let files = MemoryFileSystem()
        let log = try RuleLog(fileSystem: files, directory: Rig.directory)
        let id = RuleGroupID(kind: .file, source: "f", name: "g")
        try log.commit([.evaluated(id, Timestamp(seconds: 1))], sync: true)
        files.setPlan { operation, _, _ in operation == "write" ? .full : nil }
        #expect(throws: FileError.self) { try log.commit([.rule(id, identity: 7, .init(series: [Labels(["a": "b"])]))], sync: true) }
        files.setPlan(nil)
        try log.commit([.evaluated(id, Timestamp(seconds: 2))], sync: true)
        let found = try RuleLog(fileSystem: files, directory: Rig.directory).snapshot
        #expect(found == log.snapshot && found.groups[id]?.rules.count == 1 && found.groups[id]?.lastEvaluation == Timestamp(seconds: 2))
    }

    @Test("a log that grew is written anew, small")
    func compaction() throws {
        let files = MemoryFileSystem()
        let log = try RuleLog(fileSystem: files, directory: Rig.directory)
        let id = RuleGroupID(kind: .file, source: "f", name: "g")
        for second in 0..<4000 { try log.commit([.evaluated(id, Timestamp(seconds: Int64(second)))], sync: false) }
        #expect(try files.contents(Rig.directory + "/state.log").count < 70_000)
        #expect(try RuleLog(fileSystem: files, directory: Rig.directory).snapshot == log.snapshot)
    }

    @Test("any byte flipped costs at most its record, and never the process")
    func damage() throws {
        let files = MemoryFileSystem()
        _ = Self.run(files)
        let bytes = try files.contents(Rig.directory + "/state.log")
        for index in stride(from: 0, to: bytes.count, by: 7) {
            var damaged = bytes
            damaged[index] ^= 0x55
            _ = RuleLog.read(damaged)
            _ = RuleLog.read(Array(bytes[..<index]))
        }
    }
}
