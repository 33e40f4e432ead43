import Bytes
import Environment
import Telemetry

@testable import LogStore

/// A part with one block, on a simulated disk.
struct BlockFixture {
    let part: Part

    init(_ entries: EntryColumns, _ effort: BlockEncoder.Effort = .resting) throws {
        let files = MemoryFileSystem()
        try files.createDirectory("/parts")
        let summary = PartSummary(sequence: 1, day: 0, isResting: true, logThrough: 0, deletesThrough: 0, createdAt: .epoch)
        let writer = try PartWriter(summary, directory: "/parts", fileSystem: files)
        try writer.append(Labels(["app": "web"]), [BlockEncoder.encode(entries, effort: effort)])
        part = try Part(path: try writer.publish(), fileSystem: files)
    }

    static func decode(_ entries: EntryColumns, _ effort: BlockEncoder.Effort) throws -> EntryColumns {
        try UnitReader.entries(BlockFixture(entries, effort).part, 0, deletes: [], budget: .unlimited)
    }

    func rows(_ filter: LineFilter) throws -> [Int] {
        var search = try BlockSearch(part.open(0), budget: .unlimited)
        var rows: [Int] = []
        try search.rows(passing: [(LineTest(filter.test), filter.isNegated)])?.forEach { rows.append($0) }
        return rows
    }
}
