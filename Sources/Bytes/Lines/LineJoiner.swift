/// Puts lines together again from templates and columns of variables: the counterpart of `LineSplitter`.
///
/// - Ownership: one block's dictionary; the columns that a caller needs are placed one by one as their frames are decoded.
package struct LineJoiner: Sendable {
    private let pieceArena: [UInt8]
    private let pieceEnds: [Int]
    private let templatePieces: [Int]
    private let templateColumns: [Int]
    /// Bytes of the placed columns.
    package private(set) var arena: [UInt8] = []
    private var starts: [Int]
    private var lengths: [Int]
    /// Distance between the values of a column; 0 = one value for all rows, -1 = varied lengths.
    private var strides: [Int]
    /// First entry of a column of varied lengths in `valueEnds`.
    private var firstEnds: [Int]
    private var valueEnds: [UInt32] = []
    private static let unplaced = -2

    /// `templatePieces` and `templateColumns` hold each template's first piece and column, and the end behind the last.
    package init(pieceArena: [UInt8], pieceEnds: [Int], templatePieces: [Int], templateColumns: [Int]) {
        self.pieceArena = pieceArena
        self.pieceEnds = pieceEnds
        self.templatePieces = templatePieces
        self.templateColumns = templateColumns
        let count = templateColumns.last ?? 0
        starts = [Int](repeating: 0, count: count)
        lengths = starts
        strides = [Int](repeating: Self.unplaced, count: count)
        firstEnds = starts
    }

    package func isPlaced(_ column: Int) -> Bool { strides[column] != Self.unplaced }

    /// Appends decoded bytes that columns will be placed in; returns where they begin.
    package mutating func addBytes(_ fill: (inout [UInt8]) throws(CorruptBytes) -> Void) throws(CorruptBytes) -> Int {
        let start = arena.count
        try fill(&arena)
        return start
    }

    package mutating func placeConstant(_ column: Int, _ value: Range<Int>) {
        precondition(value.upperBound <= arena.count, "a column lies in its arena")
        (starts[column], lengths[column], strides[column]) = (value.lowerBound, value.count, 0)
    }

    package mutating func placeFixed(_ column: Int, at start: Int, length: Int, rows: Int) throws(CorruptBytes) {
        guard length > 0, start + length * rows <= arena.count else {
            throw CorruptBytes("column \(column)", offset: start, expected: "\(rows) values of \(length) bytes")
        }
        (starts[column], lengths[column], strides[column]) = (start, length, length)
    }

    /// Values that each end with a line feed.
    package mutating func placeVaried(_ column: Int, _ bytes: Range<Int>, rows: Int) throws(CorruptBytes) {
        guard bytes.upperBound <= arena.count, arena.count < 1 << 32 else {
            throw CorruptBytes("column \(column)", offset: bytes.lowerBound, expected: "bytes of its frame")
        }
        let first = valueEnds.count
        valueEnds.reserveCapacity(first + rows)
        unsafe arena.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            let raw = unsafe RawBytes(base)
            var index = bytes.lowerBound
            while index < bytes.upperBound {
                if raw[index] == 0x0a { valueEnds.append(UInt32(truncatingIfNeeded: index)) }
                index &+= 1
            }
        }
        guard valueEnds.count - first == rows, bytes.isEmpty || valueEnds.last! + 1 == bytes.upperBound else {
            throw CorruptBytes("column \(column)", offset: bytes.lowerBound, expected: "\(rows) values")
        }
        (starts[column], strides[column], firstEnds[column]) = (bytes.lowerBound, -1, first)
    }

    /// Where the value of a column lies in `arena`.
    @inline(__always)
    package func value(_ column: Int, row: Int) -> Range<Int> {
        let stride = strides[column]
        if stride >= 0 {
            let start = starts[column] &+ row &* stride
            return start..<start &+ lengths[column]
        }
        precondition(stride == -1, "a column is placed before it is read")
        let first = firstEnds[column]
        let start = row == 0 ? starts[column] : Int(valueEnds[first &+ row &- 1]) &+ 1
        return start..<Int(valueEnds[first &+ row])
    }

    /// The row of a placed column of varied lengths whose value holds the byte at `offset`, at or after `row`.
    package func row(ofVaried column: Int, holding offset: Int, from row: Int, rows: Int) -> Int {
        let first = firstEnds[column]
        var (low, high) = (row, rows - 1)
        while low < high {
            let middle = (low + high) / 2
            if Int(valueEnds[first + middle]) < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Bytes of one line, without building it.
    package func length(template: Int, row: Int) -> Int {
        var length = 0
        let pieces = templatePieces[template]..<templatePieces[template + 1]
        length += pieceEnds[pieces.upperBound - 1] - (pieces.lowerBound == 0 ? 0 : pieceEnds[pieces.lowerBound - 1])
        for column in templateColumns[template]..<templateColumns[template + 1] { length += value(column, row: row).count }
        return length
    }

    /// Appends one line; its template's columns must be placed.
    package func append(template: Int, row: Int, to lines: inout [UInt8]) {
        var piece = templatePieces[template]
        var pieceStart = piece == 0 ? 0 : pieceEnds[piece &- 1]
        var column = templateColumns[template]
        let lastColumn = templateColumns[template &+ 1]
        while column < lastColumn {
            let pieceEnd = pieceEnds[piece]
            if pieceEnd > pieceStart { lines.append(span: pieceArena.span.extracting(pieceStart..<pieceEnd)) }
            lines.append(span: arena.span.extracting(value(column, row: row)))
            pieceStart = pieceEnd
            piece &+= 1
            column &+= 1
        }
        lines.append(span: pieceArena.span.extracting(pieceStart..<pieceEnds[piece]))
    }
}
