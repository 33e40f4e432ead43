import Bytes

/// The dictionary of a block: its templates, and a stamp for each column of variables.
struct BlockHead: Sendable {
    /// Rows kept whole, without a template (template 0).
    var wholeRows = 0
    /// Rows of each template from number 1 on.
    var templateRows: [Int] = []
    /// First piece of each template, and the end behind the last.
    var templatePieces: [Int] = [0]
    /// First column of each template, and the end behind the last.
    var templateColumns: [Int] = [0]
    var pieceEnds: [Int] = []
    var pieceArena: [UInt8] = []
    /// Characters of each column's values.
    var columnClasses: [UInt8] = []
    var columnMinimum: [Int] = []
    var columnMaximum: [Int] = []
    /// Frame of each column; -1 when all values are one, which then stands in `constantArena`.
    var columnFrame: [Int] = []
    /// Where a column's bytes lie in its frame or in `constantArena`.
    var columnBytes: [Range<Int>] = []
    var constantArena: [UInt8] = []

    var templateCount: Int { templateRows.count }

    func columns(_ template: Int) -> Range<Int> { templateColumns[template]..<templateColumns[template + 1] }

    func piece(_ index: Int) -> Range<Int> { (index == 0 ? 0 : pieceEnds[index - 1])..<pieceEnds[index] }

    private static let constantFlag: UInt8 = 128

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: pieceArena.count + constantArena.count + columnClasses.count * 6 + 64)
        writer.appendVarint(UInt64(wholeRows))
        writer.appendVarint(UInt64(templateCount))
        for template in 0..<templateCount {
            writer.appendVarint(UInt64(templateRows[template]))
            writer.appendVarint(UInt64(templateColumns[template + 1] - templateColumns[template]))
        }
        for piece in pieceEnds.indices { writer.appendVarint(UInt64(self.piece(piece).count)) }
        for column in columnClasses.indices {
            writer.append(columnClasses[column] | (columnFrame[column] < 0 ? Self.constantFlag : 0))
        }
        for column in columnClasses.indices {
            writer.appendVarint(UInt64(columnMinimum[column]))
            if columnFrame[column] < 0 { continue }
            writer.appendVarint(UInt64(columnMaximum[column] - columnMinimum[column]))
            writer.appendVarint(UInt64(columnFrame[column]))
            writer.appendVarint(UInt64(columnBytes[column].lowerBound))
            if columnMaximum[column] != columnMinimum[column] { writer.appendVarint(UInt64(columnBytes[column].count)) }
        }
        writer.append(contentsOf: pieceArena)
        writer.append(contentsOf: constantArena)
        return writer.bytes
    }

    init() {}

    init(_ bytes: [UInt8], entries: Int, frames: BlockFrames) throws(CorruptBytes) {
        var reader = ByteReader(bytes)
        wholeRows = try reader.readCount(limit: entries)
        let templates = try reader.readCount(limit: min(LineSplitter.maximumTemplateCount, bytes.count))
        templateRows.reserveCapacity(templates)
        var rows = wholeRows
        for _ in 0..<templates {
            templateRows.append(try reader.readCount(limit: entries))
            rows += templateRows.last!
            guard templateRows.last! > 0 else { throw CorruptBytes("block dictionary", offset: reader.offset, expected: "a row of a template") }
            let columns = try reader.readCount(limit: bytes.count)
            templateColumns.append(templateColumns.last! + columns)
            templatePieces.append(templatePieces.last! + columns + 1)
        }
        guard rows == entries, templateColumns.last! <= bytes.count else {
            throw CorruptBytes("block dictionary", offset: reader.offset, expected: "\(entries) rows")
        }
        var end = 0
        pieceEnds.reserveCapacity(templatePieces.last!)
        for _ in 0..<templatePieces.last! {
            end += try reader.readCount(limit: bytes.count)
            pieceEnds.append(end)
        }
        let columns = templateColumns.last!
        let flags = try reader.readBytes(columns)
        try readColumns(&reader, flags, frames)
        pieceArena = Array(try reader.readBytes(end))
        constantArena = Array(try reader.readBytes(reader.remaining))
        guard constantArena.count == (columnBytes.indices.last(where: { columnFrame[$0] < 0 }).map { columnBytes[$0].upperBound } ?? 0) else {
            throw CorruptBytes("block dictionary", offset: reader.offset, expected: "its constants")
        }
    }

    private mutating func readColumns(_ reader: inout ByteReader, _ flags: ArraySlice<UInt8>, _ frames: BlockFrames) throws(CorruptBytes) {
        columnClasses.reserveCapacity(flags.count)
        columnMinimum.reserveCapacity(flags.count)
        columnMaximum.reserveCapacity(flags.count)
        columnFrame.reserveCapacity(flags.count)
        columnBytes.reserveCapacity(flags.count)
        var constants = 0
        var template = 0
        for flag in flags {
            while templateColumns[template + 1] <= columnClasses.count { template += 1 }
            let offset = reader.offset
            let minimum = try reader.readCount(limit: BlockFrames.maximumRawBytes)
            columnClasses.append(flag & ~Self.constantFlag)
            columnMinimum.append(minimum)
            if flag & Self.constantFlag != 0 {
                columnMaximum.append(minimum)
                columnFrame.append(-1)
                columnBytes.append(constants..<constants + minimum)
                constants += minimum
                continue
            }
            let maximum = minimum + (try reader.readCount(limit: BlockFrames.maximumRawBytes))
            let frame = try reader.readCount(limit: frames.frames.count)
            let start = try reader.readCount(limit: BlockFrames.maximumRawBytes)
            let size = minimum == maximum
                ? minimum.multipliedReportingOverflow(by: templateRows[template]).partialValue
                : try reader.readCount(limit: BlockFrames.maximumRawBytes)
            guard frame >= BlockFrames.firstColumns, frame < frames.frames.count, size >= 0,
                start + size <= frames.frames[frame].rawBytes
            else { throw CorruptBytes("block dictionary", offset: offset, expected: "a column inside its frame") }
            columnMaximum.append(maximum)
            columnFrame.append(frame)
            columnBytes.append(start..<start + size)
        }
    }
}
