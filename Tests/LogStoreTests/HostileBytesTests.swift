import Bytes
import Environment
import Telemetry
import Testing

@testable import LogStore

/// Readers of blocks, parts and logs over bytes whose checksums are right and whose contents are not: nothing may trap, hang or ask for
/// memory that nobody limited. A seed is a case.
@Suite("Log store and hostile bytes")
struct HostileBytesTests {
    private func entries(_ source: inout LineSource, _ count: Int) -> EntryColumns {
        var entries = EntryColumns()
        for number in 0..<count {
            let line = source.line()
            let metadata = number % 7 == 0 ? Labels(["trace": "\(number)"]).encoded : []
            entries.append(time: Int64(number) * 1_000_003, arena: line, line: 0..<line.count, metadata: 0..<metadata.count, of: metadata)
        }
        return entries
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SplitMix64) {
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            if bytes.isEmpty { return bytes.append(UInt8.random(in: 0...255, using: &generator)) }
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...9, using: &generator)))
            case 3: bytes.insert(contentsOf: [0xff, 0xff, 0xff, 0xff, 0x7f], at: place)
            case 4: bytes[place] = 0
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 20)], at: 0)
            }
        }
    }

    /// The same block with the contents of one or two frames changed and every checksum right.
    private func forged(_ block: EncodedBlock, _ generator: inout SplitMix64) throws -> EncodedBlock {
        let old = try BlockFrames(prologue: Array(block.bytes[..<block.prologueBytes]))
        var frames = BlockFrames()
        var stored: [UInt8] = []
        let victims = (0..<2).map { _ in Int.random(in: 0..<old.frames.count, using: &generator) }
        for (index, frame) in old.frames.enumerated() {
            let start = block.prologueBytes + frame.offset
            var raw: [UInt8] = []
            try old.decode(index, stored: block.bytes.span.extracting(start..<start + frame.storedBytes), into: &raw)
            if victims.contains(index) { mutate(&raw, &generator) }
            frames.append(raw, codec: index == 0 ? .stored : frame.codec, to: &stored)
        }
        var forged = block
        let prologue = frames.encodePrologue()
        forged.bytes = prologue + stored
        forged.prologueBytes = prologue.count
        forged.wordsBytes = frames.frames[0].storedBytes
        forged.wordsChecksum = frames.frames[0].checksum
        return forged
    }

    @Test("a block with any frame changed is refused or read, never more than that", arguments: 0..<60 as Range<UInt64>)
    func blocks(seed: UInt64) throws {
        var source = LineSource(seed: seed)
        let block = BlockEncoder.encode(entries(&source, 60), effort: seed % 3 == 0 ? .hot : .resting)
        let searches = try (0..<4).map { _ in try source.filter() }
        let files = MemoryFileSystem()
        try files.createDirectory("/parts")
        for round in 0..<12 as Range<UInt64> {
            let summary = PartSummary(
                sequence: round + 1, day: 0, isResting: true, logThrough: 0, deletesThrough: 0, createdAt: .epoch)
            let writer = try PartWriter(summary, directory: "/parts", fileSystem: files)
            try writer.append(Labels(["app": "web"]), [try forged(block, &source.generator)])
            let part = try Part(path: try writer.publish(), fileSystem: files)
            if let read = try? UnitReader.entries(part, 0, deletes: [], budget: .unlimited) {
                #expect(read.count <= block.entries)
                #expect(read.lineEnds.allSatisfy { $0 <= read.lineArena.count })
            }
            _ = try? part.words(0)
            for filter in searches {
                if let reader = try? part.open(0), var search = try? BlockSearch(reader, budget: .unlimited) {
                    if let rows = try? search.rows(passing: [(LineTest(filter.test), filter.isNegated)]) {
                        _ = try? search.lines(rows)
                        _ = try? search.lengths(rows)
                    }
                }
            }
        }
    }

    @Test("sections of a part with any byte changed are refused or read", arguments: 0..<40 as Range<UInt64>)
    func sections(seed: UInt64) throws {
        var source = LineSource(seed: seed)
        let encoded = BlockEncoder.encode(entries(&source, 20), effort: .resting)
        let entry = BlockEntry(
            stream: 0, offset: 8, bytes: encoded.bytes.count, prologueBytes: encoded.prologueBytes, wordsBytes: encoded.wordsBytes,
            wordsChecksum: encoded.wordsChecksum, minTime: encoded.minTime, maxTime: encoded.maxTime, entries: encoded.entries,
            lineBytes: encoded.lineBytes, isResting: true, firstEdge: 0..<1, lastEdge: 1..<2)
        let summary = PartSummary(sequence: 3, day: 1, isResting: true, logThrough: 2, deletesThrough: 0, createdAt: .epoch, replaces: [1, 2])
        for _ in 0..<200 {
            var blocks = PartSections.encodeBlocks([entry, entry], edges: [1, 2], minTime: 0)
            mutate(&blocks, &source.generator)
            for version in [1, 2] as [UInt8] {
                if let read = try? PartSections.decodeBlocks(
                    blocks, version: version, minTime: 0, streams: 1, firstOffset: 8, end: Int64(encoded.bytes.count) + 8)
                {
                    #expect(read.blocks.allSatisfy { $0.offset + Int64($0.bytes) <= Int64(encoded.bytes.count) + 8 })
                }
            }
            var head = summary.encode()
            mutate(&head, &source.generator)
            _ = try? PartSummary(decoding: head)
        }
    }

    @Test("a log with any record changed gives back whole records only", arguments: 0..<40 as Range<UInt64>)
    func log(seed: UInt64) throws {
        var source = LineSource(seed: seed)
        for _ in 0..<25 {
            var bytes = LogSegments.magic
            for number in 0..<3 {
                let batch = PlainLog.batch((0..<5).map { _ in PlainLog.Entry(source.stream(), Int64(number), source.line()) })
                var raw = LogRecord.encode(batch, durable: 0)
                if number == 1 {
                    // The payload is changed below its checksum.
                    var payload = Array(raw[LogRecord.headerCount...])
                    mutate(&payload, &source.generator)
                    var writer = ByteWriter()
                    writer.append(contentsOf: LogRecord.marker)
                    writer.appendUInt32LE(UInt32(payload.count))
                    writer.appendUInt32LE(LogRecord.checksum(payload, payload: 0..<payload.count))
                    writer.append(contentsOf: payload)
                    raw = writer.bytes
                }
                bytes += raw
            }
            let whole = LogSegmentContents.read(bytes)
            #expect(whole.batches.count >= 2)
            mutate(&bytes, &source.generator)
            let read = LogSegmentContents.read(bytes)
            for batch in read.batches {
                #expect(batch.lineEnds.count == batch.count && (batch.lineEnds.last ?? 0) == batch.lineArena.count)
            }
        }
    }

    @Test("a part that ends at any byte is set aside and named, and the rest is served")
    func tornPart() throws {
        let web = Labels(["app": "web"])
        let noon = StoreWorld.noon.nanoseconds
        var world = try StoreWorld()
        try world.append((0..<30).map { PlainLog.Entry(web, noon - 2 * LogStore.dayNanoseconds + Int64($0), "old line \($0)") })
        try world.append((0..<30).map { PlainLog.Entry(web, noon + Int64($0), "new line \($0)") })
        try world.store.flush()
        let (path, size) = world.files.listing().first { $0.path.hasSuffix(".part") }!
        let whole = try world.files.contents(path)
        for cut in 0..<size {
            try world.files.open(path, .readWrite).truncate(to: Int64(cut))
            try world.restart()
            let answer = try world.read()
            #expect(answer.entries.count == 30, "cut at byte \(cut)")
            #expect(answer.summary.warnings.count == 1, "cut at byte \(cut)")
            for name in try world.files.list("/data/logs/quarantine") { try world.files.removeFile("/data/logs/quarantine/\(name)") }
            try world.files.replaceContents(path, with: whole)
        }
        try world.restart()
        #expect(try world.read().entries.count == 60)
    }
}
