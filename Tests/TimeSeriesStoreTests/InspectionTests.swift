import Bytes
import Environment
import Telemetry
import Testing

@testable import TimeSeriesStore

@Suite("Inspection of a stopped store")
struct InspectionTests {
    private let directory = "/data/metrics"

    private func stopped() throws -> Harness {
        let harness = try Harness()
        var traffic = Traffic(seed: 9, series: 12)
        for step in 0..<10 {
            for (labels, samples) in traffic.batch(around: Harness.now + Int64(step) * 600_000) { try harness.append(labels, samples) }
            if step == 6 { try harness.store.flush() }
        }
        harness.store.close()
        return harness
    }

    private func contents(_ files: MemoryFileSystem) throws -> [String: [UInt8]] {
        var all: [String: [UInt8]] = [:]
        for (path, _) in files.listing() { all[path] = try files.contents(path) }
        return all
    }

    @Test("a sound store has no problem, and counts what it holds")
    func sound() throws {
        let harness = try stopped()
        let result = try Inspection.run(directory: directory, fileSystem: harness.files)
        #expect(result.problems == [])
        #expect(result.blocks > 0 && result.samples > 0 && result.series > 0 && result.logSamples > 0)
        #expect(try Inspection.run(directory: "/nowhere", fileSystem: harness.files).problems == [])
    }

    @Test("a store that a server holds is refused")
    func held() throws {
        let harness = try Harness()
        #expect(throws: StoreError.self) { try Inspection.run(directory: directory, fileSystem: harness.files) }
    }

    @Test("a flipped bit in any kind of file is named, and nothing on disk changes")
    func damage() throws {
        let harness = try stopped()
        for (path, size) in harness.files.listing() where !path.hasSuffix("/lock") {
            let isLog = path.hasSuffix(".wal")
            for place in stride(from: 9, to: size, by: max(1, size / 40)) {
                harness.files.flipBit(path, byte: place, bit: place % 8)
                let before = try contents(harness.files)
                let result = try Inspection.run(directory: directory, fileSystem: harness.files)
                // The last record of a log that does not check out is what a crash leaves.
                #expect(!result.problems.isEmpty || isLog && !result.notes.isEmpty, "\(path) byte \(place)")
                #expect(try contents(harness.files) == before)
                harness.files.flipBit(path, byte: place, bit: place % 8)
            }
        }
    }

    @Test("a torn tail, leftovers and quarantined copies are notes; a missing block is a problem")
    func notes() throws {
        let harness = try stopped()
        let log = try #require(harness.files.list(directory + "/wal").filter { $0.hasSuffix(".wal") }.last)
        let whole = try harness.files.contents(directory + "/wal/" + log)
        try harness.files.replaceContents(directory + "/wal/" + log, with: whole + [1, 2, 3])
        try harness.files.replaceContents(directory + "/blocks/000000000099.block.tmp", with: [1])
        try harness.files.createDirectory(directory + "/quarantine")
        try harness.files.replaceContents(directory + "/quarantine/old", with: [1])
        var result = try Inspection.run(directory: directory, fileSystem: harness.files)
        #expect(result.problems == [])
        #expect(result.notes.count == 3)
        let block = try #require(harness.files.list(directory + "/blocks").first { $0.hasSuffix(".block") })
        try harness.files.removeFile(directory + "/blocks/" + block)
        result = try Inspection.run(directory: directory, fileSystem: harness.files)
        #expect(result.problems.contains { $0.contains(block) && $0.contains("missing") })
    }
}
