/// Puts lines together again from templates and columns of variables: the counterpart of `LineSplitter`.
///
/// - Ownership: one block's dictionary; the columns that a caller needs are placed one by one as their frames are decoded.
package struct LineJoiner: Sendable {
    /// Where the values of a column lie.
    private struct Place: Sendable {
        var start = 0
        /// Length of each value of a column of one length.
        var length = 0
        /// Distance between values; 0 = one value for all rows, -1 = varied lengths, -2 = not placed.
        var stride = -2
        /// First entry of a column of varied lengths in `valueEnds`.
        var firstEnd = 0
    }

    /// First column of each template, and the end behind the last.
    private let templateColumns: [Int]
    /// Pieces of the placed templates.
    private var pieceArena: [UInt8] = []
    private var pieceEnds: [Int] = []
    /// First of `pieceEnds` by template, -1 = not placed; empty until the first is placed.
    private var firstPieces: [Int] = []
    /// Bytes of the placed columns.
    package private(set) var arena: [UInt8] = []
    /// By column; empty until the first is placed, since many blocks are answered without any.
    private var places: [Place] = []
    private var valueEnds: [UInt32] = []

    /// `templateColumns` holds each template's first column, and the end behind the last.
    package init(templateColumns: [Int]) { self.templateColumns = templateColumns }

    private mutating func setPlace(_ column: Int, _ place: Place) {
        if places.isEmpty { places = [Place](repeating: Place(), count: templateColumns.last ?? 0) }
        places[column] = place
    }

    // MARK: - Pieces

    /// Places the constant pieces of a template, one more than it has columns, end to end in `bytes`.
    package mutating func placePieces(template: Int, _ bytes: [UInt8], ends: [Int]) {
        if firstPieces.isEmpty { firstPieces = [Int](repeating: -1, count: templateColumns.count - 1) }
        if firstPieces[template] >= 0 { return }
        precondition(
            ends.count == templateColumns[template + 1] - templateColumns[template] + 1 && ends.last == bytes.count,
            "a template has one piece more than columns, and they are all of its text")
        let start = pieceArena.count
        firstPieces[template] = pieceEnds.count
        pieceArena.append(contentsOf: bytes)
        for end in ends { pieceEnds.append(start + end) }
    }

    // MARK: - Columns

    package func isPlaced(_ column: Int) -> Bool { !places.isEmpty && places[column].stride != -2 }

    /// Appends decoded bytes that columns will be placed in; returns where they begin.
    package mutating func addBytes<Failure: Error>(_ fill: (inout [UInt8]) throws(Failure) -> Void) throws(Failure) -> Int {
        let start = arena.count
        try fill(&arena)
        return start
    }

    package mutating func placeConstant(_ column: Int, _ value: Range<Int>) {
        precondition(value.upperBound <= arena.count, "a column lies in its arena")
        setPlace(column, Place(start: value.lowerBound, length: value.count, stride: 0))
    }

    package mutating func placeFixed(_ column: Int, at start: Int, length: Int, rows: Int) throws(CorruptBytes) {
        guard length > 0, start + length * rows <= arena.count else {
            throw CorruptBytes("column \(column)", offset: start, expected: "\(rows) values of \(length) bytes")
        }
        setPlace(column, Place(start: start, length: length, stride: length))
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
        setPlace(column, Place(start: bytes.lowerBound, stride: -1, firstEnd: first))
    }

    /// Where the value of a column lies in `arena`.
    @inline(__always)
    package func value(_ column: Int, row: Int) -> Range<Int> {
        let place = places[column]
        if place.stride >= 0 {
            let start = place.start &+ row &* place.stride
            return start..<start &+ place.length
        }
        precondition(place.stride == -1, "a column is placed before it is read")
        let start = row == 0 ? place.start : Int(valueEnds[place.firstEnd &+ row &- 1]) &+ 1
        return start..<Int(valueEnds[place.firstEnd &+ row])
    }

    /// The row of a placed column of varied lengths whose value holds the byte at `offset`, at or after `row`.
    package func row(ofVaried column: Int, holding offset: Int, from row: Int, rows: Int) -> Int {
        let first = places[column].firstEnd
        var (low, high) = (row, rows - 1)
        while low < high {
            let middle = (low + high) / 2
            if Int(valueEnds[first + middle]) < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: - Lines

    /// Puts the lines of some rows together, end to end; each is a template and the row within it, and the template's pieces and columns are placed.
    ///
    /// - Throws: when the lines are longer than `capacity`, which the caller knows they are not.
    package func join(
        templates: [UInt16], rows: [UInt32], capacity: Int, ends: inout [Int]
    ) throws(CorruptBytes) -> [UInt8] {
        precondition(templates.count == rows.count, "each line has a template and a row")
        var isWhole = true
        ends.reserveCapacity(ends.count + rows.count)
        let lines = unsafe [UInt8](unsafeUninitializedCapacity: max(capacity, 1)) { buffer, written in
            unsafe pieceArena.withUnsafeBytes { pieceBuffer in
                unsafe arena.withUnsafeBytes { arenaBuffer in
                    // An empty array has no address; then nothing is copied from it.
                    let out = unsafe RawBytes(UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped))
                    let pieces = unsafe RawBytes(pieceBuffer.baseAddress ?? UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped))
                    let values = unsafe RawBytes(arenaBuffer.baseAddress ?? UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped))
                    var at = 0
                    var line = 0
                    while line < rows.count, isWhole {
                        isWhole = write(Int(templates[line]) &- 1, Int(rows[line]), pieces, values, out, &at, capacity)
                        ends.append(at)
                        line &+= 1
                    }
                    written = at
                }
            }
        }
        guard isWhole else { throw CorruptBytes("lines of a block", offset: 0, expected: "at most \(capacity) bytes") }
        return lines
    }

    /// Writes one line; returns false when it does not fit.
    @inline(__always)
    private func write(
        _ template: Int, _ row: Int, _ pieces: RawBytes, _ values: RawBytes, _ out: RawBytes, _ at: inout Int, _ capacity: Int
    ) -> Bool {
        var piece = firstPieces[template]
        precondition(piece >= 0, "a template is placed before its lines are put together")
        var pieceStart = piece == 0 ? 0 : pieceEnds[piece &- 1]
        var column = templateColumns[template]
        let lastColumn = templateColumns[template &+ 1]
        while true {
            let count = pieceEnds[piece] &- pieceStart
            if at &+ count > capacity { return false }
            out.copy(from: pieces, at: pieceStart, count: count, to: at)
            at &+= count
            if column == lastColumn { return true }
            let value = value(column, row: row)
            if at &+ value.count > capacity { return false }
            out.copy(from: values, at: value.lowerBound, count: value.count, to: at)
            at &+= value.count
            pieceStart = pieceEnds[piece]
            piece &+= 1
            column &+= 1
        }
    }
}
