import Bytes

/// The dictionary of a block: its templates, and a stamp for each column of variables.
///
/// It rests as planes of fixed width, since a search over many blocks reads little else.
struct BlockHead: Sendable {
    /// Rows kept whole, without a template (template 0).
    var wholeRows = 0
    /// Rows of each template from number 1 on.
    var templateRows: [Int] = []
    /// The constant pieces of each template; only in a dictionary that was read.
    private(set) var texts: [TemplateText] = []
    /// Numbers of the texts, `UInt32.max` for those that no other block has; and the generation of the table that they are of.
    private(set) var textNumbers: [UInt32] = []
    private(set) var textGeneration: Int?
    /// First column of each template, and the end behind the last. A template has one piece more than columns.
    var templateColumns: [Int] = [0]
    /// Characters of each column's values.
    var columnClasses: [UInt8] = []
    var columnMinimum: [UInt32] = []
    var columnMaximum: [UInt32] = []
    /// Frame of each column, counted from the first of columns; `constantFrame` when all values are one, which stands in `constantArena`.
    var columnFrame: [UInt16] = []
    /// Where a column's bytes begin in its frame or in `constantArena`, and how many they are.
    var columnStart: [UInt32] = []
    var columnSize: [UInt32] = []
    var constantArena: [UInt8] = []

    static let constantFrame = UInt16.max

    var templateCount: Int { templateRows.count }

    /// Bytes in memory, without the texts, which many blocks share.
    var byteCount: Int { (templateRows.count + texts.count + templateColumns.count) * 8 + texts.count * 4 + columnClasses.count * 19 + constantArena.count }

    func columns(_ template: Int) -> Range<Int> { templateColumns[template]..<templateColumns[template + 1] }

    func isConstant(_ column: Int) -> Bool { columnFrame[column] == Self.constantFrame }

    func bytes(_ column: Int) -> Range<Int> { Int(columnStart[column])..<Int(columnStart[column] + columnSize[column]) }

    /// - Parameters:
    ///   - pieces: the pieces of all templates, end to end; `ends` says where each ends.
    func encode(pieces: [UInt8] = [], ends: [Int] = []) -> [UInt8] {
        precondition(ends.count == columnClasses.count + templateCount, "a template has one piece more than columns")
        var writer = ByteWriter(capacity: pieces.count + constantArena.count + columnClasses.count * 12 + 64)
        writer.appendVarint(UInt64(wholeRows))
        writer.appendVarint(UInt64(templateCount))
        writer.appendVarint(UInt64(columnClasses.count))
        NumberPlanes.append(templateRows.map { UInt32($0) }, to: &writer.bytes)
        NumberPlanes.append((0..<templateCount).map { UInt32(columns($0).count) }, to: &writer.bytes)
        NumberPlanes.append(ends.indices.map { UInt32(ends[$0] - ($0 == 0 ? 0 : ends[$0 - 1])) }, to: &writer.bytes)
        writer.append(contentsOf: columnClasses)
        NumberPlanes.append(columnMinimum, to: &writer.bytes)
        NumberPlanes.append(zip(columnMaximum, columnMinimum).map { $0 - $1 }, to: &writer.bytes)
        NumberPlanes.append(columnFrame.map { UInt32($0) }, to: &writer.bytes)
        NumberPlanes.append(columnSize, to: &writer.bytes)
        writer.append(contentsOf: pieces)
        writer.append(contentsOf: constantArena)
        return writer.bytes
    }

    init() {}

    /// - Parameter table: where texts are shared with other blocks; without it the dictionary has its own.
    init(_ bytes: [UInt8], entries: Int, frames: BlockFrames, table: TemplateTable? = nil) throws(CorruptBytes) {
        var reader = ByteReader(bytes)
        wholeRows = try reader.readCount(limit: entries)
        let templates = try reader.readCount(limit: min(LineSplitter.maximumTemplateCount, bytes.count))
        let columns = try reader.readCount(limit: bytes.count)
        var offset = reader.offset
        templateRows = try NumberPlanes.read(bytes, &offset, count: templates).map { Int($0) }
        guard wholeRows + templateRows.reduce(0, +) == entries, templateRows.allSatisfy({ $0 > 0 }) else {
            throw CorruptBytes("block dictionary", offset: offset, expected: "\(entries) rows")
        }
        templateColumns.reserveCapacity(templates + 1)
        for count in try NumberPlanes.read(bytes, &offset, count: templates) {
            templateColumns.append(templateColumns[templateColumns.count - 1] + Int(count))
        }
        guard templateColumns[templates] == columns else {
            throw CorruptBytes("block dictionary", offset: offset, expected: "\(columns) columns")
        }
        var end = 0
        var pieceEnds: [Int] = []
        pieceEnds.reserveCapacity(columns + templates)
        for length in try NumberPlanes.read(bytes, &offset, count: columns + templates) {
            end += Int(length)
            pieceEnds.append(end)
        }
        guard offset + columns <= bytes.count else { throw CorruptBytes("block dictionary", offset: offset, expected: "its columns") }
        columnClasses = Array(bytes[offset..<offset + columns])
        offset += columns
        columnMinimum = try NumberPlanes.read(bytes, &offset, count: columns)
        let spread = try NumberPlanes.read(bytes, &offset, count: columns)
        columnFrame = try NumberPlanes.read(bytes, &offset, count: columns).map { UInt16(truncatingIfNeeded: $0) }
        columnSize = try NumberPlanes.read(bytes, &offset, count: columns)
        let constants = try placeColumns(spread, frames, offset)
        guard offset + end + constants == bytes.count else {
            throw CorruptBytes("block dictionary", offset: offset, expected: "\(end) bytes of pieces and \(constants) of constants")
        }
        let pieces = Array(bytes[offset..<offset + end])
        let firstPieces = templateColumns.indices.map { templateColumns[$0] + $0 }
        if let table {
            (texts, textGeneration) = table.texts(pieces, pieceEnds, firstPieces: firstPieces)
        } else {
            texts = (0..<templates).map { TemplateTable.unshared(pieces, pieceEnds, firstPieces[$0]..<firstPieces[$0 + 1]) }
        }
        textNumbers = texts.map { $0.number.map { UInt32($0) } ?? .max }
        constantArena = Array(bytes[(offset + end)...])
    }

    /// Columns of a frame follow one another in the order of their numbers; returns the bytes of all constants.
    private mutating func placeColumns(_ spread: [UInt32], _ frames: BlockFrames, _ offset: Int) throws(CorruptBytes) -> Int {
        var used = frames.frames.dropFirst(BlockFrames.firstColumns).map { _ in UInt32(0) }
        let room = frames.frames.dropFirst(BlockFrames.firstColumns).map { UInt32(clamping: $0.rawBytes) }
        var constants: UInt32 = 0
        // Locals, so that the loop over thousands of columns is plain loads and stores.
        let (minimum, frameOf, sizes) = (columnMinimum, columnFrame, columnSize)
        var maximum = spread
        var starts = spread
        var template = 0
        while template < templateCount {
            let rows = UInt32(clamping: templateRows[template])
            var column = templateColumns[template]
            let last = templateColumns[template &+ 1]
            while column < last {
                let (greatest, overflow) = minimum[column].addingReportingOverflow(spread[column])
                let size = sizes[column]
                let isFixed = spread[column] == 0
                maximum[column] = greatest
                if frameOf[column] == Self.constantFrame {
                    guard isFixed, size == minimum[column], size <= UInt32.max - constants else {
                        throw CorruptBytes("block dictionary", offset: offset, expected: "the size of constant \(column)")
                    }
                    starts[column] = constants
                    constants &+= size
                } else {
                    let frame = Int(frameOf[column])
                    guard !overflow, frame < used.count, size <= room[frame], used[frame] <= room[frame] &- size,
                        !isFixed || (size > 0 && UInt64(size) == UInt64(minimum[column]) &* UInt64(rows))
                    else { throw CorruptBytes("block dictionary", offset: offset, expected: "column \(column) inside its frame") }
                    starts[column] = used[frame]
                    used[frame] &+= size
                }
                column &+= 1
            }
            template &+= 1
        }
        columnMaximum = maximum
        columnStart = starts
        return Int(constants)
    }
}
