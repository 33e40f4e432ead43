import Bytes

/// The dictionary of a block: its templates, and a stamp for each column of variables.
///
/// It rests as planes of fixed width, since a search over many blocks reads little else.
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

    /// Bytes in memory.
    var byteCount: Int {
        (templateRows.count + templatePieces.count + templateColumns.count + pieceEnds.count) * 8 + columnClasses.count * 19 + pieceArena.count
            + constantArena.count
    }

    func columns(_ template: Int) -> Range<Int> { templateColumns[template]..<templateColumns[template + 1] }

    func piece(_ index: Int) -> Range<Int> { (index == 0 ? 0 : pieceEnds[index - 1])..<pieceEnds[index] }

    func isConstant(_ column: Int) -> Bool { columnFrame[column] == Self.constantFrame }

    func bytes(_ column: Int) -> Range<Int> { Int(columnStart[column])..<Int(columnStart[column] + columnSize[column]) }

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: pieceArena.count + constantArena.count + columnClasses.count * 12 + 64)
        writer.appendVarint(UInt64(wholeRows))
        writer.appendVarint(UInt64(templateCount))
        writer.appendVarint(UInt64(columnClasses.count))
        NumberPlanes.append(templateRows.map { UInt32($0) }, to: &writer.bytes)
        NumberPlanes.append((0..<templateCount).map { UInt32(columns($0).count) }, to: &writer.bytes)
        NumberPlanes.append(pieceEnds.indices.map { UInt32(piece($0).count) }, to: &writer.bytes)
        writer.append(contentsOf: columnClasses)
        NumberPlanes.append(columnMinimum, to: &writer.bytes)
        NumberPlanes.append(zip(columnMaximum, columnMinimum).map { $0 - $1 }, to: &writer.bytes)
        NumberPlanes.append(columnFrame.map { UInt32($0) }, to: &writer.bytes)
        NumberPlanes.append(columnSize, to: &writer.bytes)
        writer.append(contentsOf: pieceArena)
        writer.append(contentsOf: constantArena)
        return writer.bytes
    }

    init() {}

    init(_ bytes: [UInt8], entries: Int, frames: BlockFrames) throws(CorruptBytes) {
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
        templatePieces.reserveCapacity(templates + 1)
        for count in try NumberPlanes.read(bytes, &offset, count: templates) {
            templateColumns.append(templateColumns[templateColumns.count - 1] + Int(count))
            templatePieces.append(templatePieces[templatePieces.count - 1] + Int(count) + 1)
        }
        guard templateColumns[templates] == columns else {
            throw CorruptBytes("block dictionary", offset: offset, expected: "\(columns) columns")
        }
        var end = 0
        pieceEnds.reserveCapacity(templatePieces[templates])
        for length in try NumberPlanes.read(bytes, &offset, count: templatePieces[templates]) {
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
        pieceArena = Array(bytes[offset..<offset + end])
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
