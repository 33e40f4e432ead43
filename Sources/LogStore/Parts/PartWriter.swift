import Bytes
import Environment
import Telemetry

/// Writes one part from front to back and publishes it whole.
///
/// - Invariant: streams come in the order of `Labels.precedesInPart`, a stream's blocks by time without overlap and without repeats between them.
final class PartWriter {
    private static let bufferBytes = 1 << 20

    private let fileSystem: any FileSystem
    private let path: String
    private let file: any OpenFile
    private var buffer: [UInt8] = []
    private var offset: Int64 = 0
    private var summary: PartSummary
    private var streams = ByteWriter()
    private var streamCount = 0
    private var blocks: [BlockEntry] = []
    private var edges: [UInt32] = []

    init(_ summary: PartSummary, directory: String, fileSystem: any FileSystem) throws(FileError) {
        self.summary = summary
        self.fileSystem = fileSystem
        path = PartWriter.path(summary.sequence, in: directory)
        file = try fileSystem.open(path + ".tmp", .readWrite)
        try file.truncate(to: 0)
        buffer.append(contentsOf: PartSections.magic)
        offset = Int64(buffer.count)
    }

    static func path(_ sequence: UInt64, in directory: String) -> String {
        let digits = String(sequence)
        return "\(directory)/\(String(repeating: "0", count: max(0, 10 - digits.count)))\(digits).part"
    }

    var isEmpty: Bool { blocks.isEmpty }
    var bytes: Int64 { offset }

    func append(_ stream: Labels, _ encoded: [EncodedBlock]) throws(FileError) {
        if encoded.isEmpty { return }
        streams.appendUInt64LE(stream.hash)
        streams.appendLengthPrefixed(stream.encoded)
        for block in encoded {
            let first = edges.count
            edges.append(contentsOf: block.firstEdge)
            let last = edges.count
            edges.append(contentsOf: block.lastEdge)
            blocks.append(
                BlockEntry(
                    stream: UInt32(streamCount), offset: offset, bytes: block.bytes.count, prologueBytes: block.prologueBytes,
                    wordsBytes: block.wordsBytes, wordsChecksum: block.wordsChecksum,
                    minTime: block.minTime, maxTime: block.maxTime, entries: block.entries, lineBytes: block.lineBytes,
                    isResting: block.isResting, firstEdge: first..<last, lastEdge: last..<edges.count))
            summary.minTime = min(summary.minTime, block.minTime)
            summary.maxTime = max(summary.maxTime, block.maxTime)
            summary.entries += block.entries
            summary.lineBytes += block.lineBytes
            buffer.append(contentsOf: block.bytes)
            offset += Int64(block.bytes.count)
            if buffer.count >= Self.bufferBytes { try writeBuffer() }
        }
        streamCount += 1
    }

    /// Writes the sections, syncs, and gives the file its name; returns that name.
    func publish() throws(FileError) -> String {
        summary.isResting = blocks.allSatisfy(\.isResting)
        var sections: [PartSections.Section] = []
        var names = ByteWriter()
        names.appendVarint(UInt64(streamCount))
        names.append(contentsOf: streams.bytes)
        appendSection(.streams, names.bytes, to: &sections)
        appendSection(.blocks, PartSections.encodeBlocks(blocks, edges: edges, minTime: summary.minTime), to: &sections)
        appendSection(.summary, summary.encode(), to: &sections)
        let table = PartSections.encodeTable(sections)
        buffer.append(contentsOf: table)
        offset += Int64(table.count)
        try writeBuffer()
        try file.sync()
        try file.close()
        try fileSystem.rename(path + ".tmp", to: path)
        try fileSystem.syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        return path
    }

    /// Takes away what was written of a part that will not be published.
    func discard() {
        try? file.close()
        try? fileSystem.removeFile(path + ".tmp")
    }

    private func appendSection(_ kind: PartSections.Kind, _ raw: [UInt8], to sections: inout [PartSections.Section]) {
        let start = buffer.count
        ZSTD.compress(raw.span, level: 3, into: &buffer)
        let stored = buffer.count - start
        sections.append(
            PartSections.Section(
                kind: kind.rawValue, version: PartSections.version, offset: offset, stored: stored, raw: raw.count,
                checksum: CRC32C.checksum(buffer, range: start..<buffer.count)))
        offset += Int64(stored)
    }

    private func writeBuffer() throws(FileError) {
        let full = buffer
        buffer = []
        buffer.reserveCapacity(Self.bufferBytes + Self.bufferBytes / 4)
        try file.write(full.span, at: offset - Int64(full.count))
    }
}
