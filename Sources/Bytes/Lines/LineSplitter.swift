/// Splits the lines of a block into templates and columns of variables.
///
/// A template is what a line says apart from its variables: constant pieces, one more than variables. Lines whose template is rare, very long or
/// full of variables stay whole, under template 0.
/// - Source: the idea is published as CLP (OSDI 2021) and LogGrep (EuroSys 2023).
package struct LineSplitter: Sendable {
    /// Lines longer than this stay whole.
    static let maximumLine = 1 << 16
    static let maximumVariables = 512
    /// Fewer lines than this do not pay for a template of their own.
    static let minimumRows = 3
    /// The number of a template rests on two bytes.
    package static let maximumTemplateCount = 65_535

    package struct Template: Sendable {
        /// Pieces of `pieceEnds`, one more than variables.
        package var pieces: Range<Int>
        package var columns: Range<Int>
        package var rows: Int
    }

    /// One variable of one template.
    package struct Column: Sendable {
        package var classes: UInt8 = 0
        package var minimumLength = Int.max
        package var maximumLength = 0
        /// Whether all values are the same; then the value is stored once.
        package var isConstant = true
        /// Where the values lie in `columnArena`: end to end when all have one length, else each followed by a line feed.
        package var bytes = 0..<0
        fileprivate var first = 0
        fileprivate var total = 0
        fileprivate var noted = 0
    }

    /// Template of each line; 0 = kept whole.
    package private(set) var rows: [UInt16] = []
    /// Templates from number 1 on (index 0 is number 1).
    package private(set) var templates: [Template] = []
    package private(set) var pieceArena: [UInt8] = []
    package private(set) var pieceEnds: [Int] = []
    package private(set) var columns: [Column] = []
    package private(set) var columnArena: [UInt8] = []
    /// Order of the columns in `columnArena`: columns of like characters stand together.
    package private(set) var columnOrder: [Int] = []
    package private(set) var wholeArena: [UInt8] = []
    package private(set) var wholeLengths: [Int] = []
    /// Bytes of all lines.
    package let lineBytes: Int

    private var tokens: [Token] = []
    /// First token of each line, and the end behind the last.
    private var lineTokens: [Int] = []

    /// A variable of a line: where it starts and its length.
    private struct Token {
        private let bits: UInt64

        @inline(__always)
        init(start: Int, length: Int) { bits = UInt64(truncatingIfNeeded: start) &<< 32 | UInt64(truncatingIfNeeded: length) }

        @inline(__always) var start: Int { Int(truncatingIfNeeded: bits &>> 32) }
        @inline(__always) var length: Int { Int(truncatingIfNeeded: bits & 0xffff_ffff) }
        @inline(__always) var end: Int { start &+ length }
    }

    /// A template while lines are still being read.
    private struct Candidate {
        var hash: UInt64
        var line: Int
        var rows: Int
        var number: Int = 0
    }

    package init(lines: [UInt8], ends: [Int]) {
        precondition(ends.last ?? 0 <= lines.count, "the lines lie in their arena")
        precondition(lines.count < 1 << 31, "a block is smaller than 2 GB")
        lineBytes = ends.last ?? 0
        guard !ends.isEmpty else { return }
        unsafe lines.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else {
                rows = [UInt16](repeating: 0, count: ends.count)
                wholeLengths = [Int](repeating: 0, count: ends.count)
                return
            }
            split(unsafe RawBytes(base), ends)
        }
    }

    private mutating func split(_ bytes: RawBytes, _ ends: [Int]) {
        var candidates: [Candidate] = []
        let lineCandidates = WordMasks(bytes, count: lineBytes).withCursor { findTemplates(bytes, ends, $0, &candidates) }
        number(&candidates, bytes, ends)
        measureColumns(bytes, lineCandidates, candidates)
        placeColumns()
        fill(bytes, ends, lineCandidates, candidates)
        orderColumns()
        tokens = []
        lineTokens = []
    }

    // MARK: - First pass: words, and which template a line has

    /// Returns the candidate of each line, -1 for lines kept whole.
    private mutating func findTemplates(
        _ bytes: RawBytes, _ ends: [Int], _ masks: WordMasks.Cursor, _ candidates: inout [Candidate]
    ) -> [Int32] {
        var lineCandidates = [Int32](repeating: -1, count: ends.count)
        lineTokens.reserveCapacity(ends.count + 1)
        tokens.reserveCapacity(ends.count * 12)
        var slots = [Int32](repeating: -1, count: 1024)
        var line = 0
        var start = 0
        while line < ends.count {
            let end = ends[line]
            lineTokens.append(tokens.count)
            if end &- start <= Self.maximumLine {
                let hash = tokenize(bytes, masks, start, end)
                if tokens.count &- lineTokens[line] <= Self.maximumVariables {
                    if candidates.count &* 2 >= slots.count { slots = Self.grow(slots, candidates) }
                    let mask = slots.count &- 1
                    var slot = Int(truncatingIfNeeded: hash &>> 7) & mask
                    while true {
                        let candidate = slots[slot]
                        if candidate < 0 {
                            slots[slot] = Int32(candidates.count)
                            lineCandidates[line] = Int32(candidates.count)
                            candidates.append(Candidate(hash: hash, line: line, rows: 1))
                            break
                        }
                        if candidates[Int(candidate)].hash == hash,
                            hasSamePieces(bytes, ends, line, candidates[Int(candidate)].line, tokensEnd: tokens.count)
                        {
                            lineCandidates[line] = candidate
                            candidates[Int(candidate)].rows &+= 1
                            break
                        }
                        slot = (slot &+ 1) & mask
                    }
                }
            }
            start = end
            line &+= 1
        }
        lineTokens.append(tokens.count)
        return lineCandidates
    }

    /// Notes the variables of one line and returns the hash of its constant pieces.
    private mutating func tokenize(_ bytes: RawBytes, _ masks: WordMasks.Cursor, _ start: Int, _ end: Int) -> UInt64 {
        var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
        var pieceStart = start
        while true {
            let digit = masks.digit(from: pieceStart, to: end)
            if digit == end { break }
            let word = masks.wordStart(at: digit, from: pieceStart)
            let wordEnd = masks.wordEnd(from: digit, to: end)
            hash = Self.mix(hash, bytes, pieceStart, word &- pieceStart)
            tokens.append(Token(start: word, length: wordEnd &- word))
            pieceStart = wordEnd
        }
        return Self.mix(hash, bytes, pieceStart, end &- pieceStart)
    }

    @inline(__always)
    private static func mix(_ hash: UInt64, _ bytes: RawBytes, _ start: Int, _ count: Int) -> UInt64 {
        var hash = (hash ^ UInt64(truncatingIfNeeded: count)) &* 0xff51_afd7_ed55_8ccd
        hash ^= hash &>> 32
        var done = 0
        while done &+ 8 <= count {
            hash = (hash ^ bytes.load(start &+ done, as: UInt64.self)) &* 0xc4ce_b9fe_1a85_ec53
            hash ^= hash &>> 29
            done &+= 8
        }
        if done < count {
            hash = (hash ^ bytes.word(start &+ done, count: count &- done)) &* 0xc4ce_b9fe_1a85_ec53
            hash ^= hash &>> 29
        }
        return hash
    }

    private static func grow(_ slots: [Int32], _ candidates: [Candidate]) -> [Int32] {
        var grown = [Int32](repeating: -1, count: slots.count * 2)
        let mask = grown.count &- 1
        for (index, candidate) in candidates.enumerated() {
            var slot = Int(truncatingIfNeeded: candidate.hash &>> 7) & mask
            while grown[slot] >= 0 { slot = (slot &+ 1) & mask }
            grown[slot] = Int32(index)
        }
        return grown
    }

    /// Whether two lines have the same constant pieces: equal hashes alone would let a chosen line corrupt another.
    private func hasSamePieces(_ bytes: RawBytes, _ ends: [Int], _ left: Int, _ right: Int, tokensEnd: Int) -> Bool {
        let leftTokens = lineTokens[left]..<tokensEnd
        let rightTokens = lineTokens[right]..<lineTokens[right &+ 1]
        guard leftTokens.count == rightTokens.count else { return false }
        var leftAt = left == 0 ? 0 : ends[left &- 1]
        var rightAt = right == 0 ? 0 : ends[right &- 1]
        var index = 0
        while index <= leftTokens.count {
            let isLast = index == leftTokens.count
            let leftEnd = isLast ? ends[left] : tokens[leftTokens.lowerBound &+ index].start
            let rightEnd = isLast ? ends[right] : tokens[rightTokens.lowerBound &+ index].start
            let count = leftEnd &- leftAt
            guard count == rightEnd &- rightAt, bytes.isEqual(at: leftAt, to: bytes, at: rightAt, count: count) else { return false }
            if isLast { break }
            leftAt = tokens[leftTokens.lowerBound &+ index].end
            rightAt = tokens[rightTokens.lowerBound &+ index].end
            index &+= 1
        }
        return true
    }

    // MARK: - Second pass: columns

    private mutating func number(_ candidates: inout [Candidate], _ bytes: RawBytes, _ ends: [Int]) {
        for index in candidates.indices {
            guard candidates[index].rows >= Self.minimumRows, templates.count < Self.maximumTemplateCount else { continue }
            let line = candidates[index].line
            let lineTokens = lineTokens[line]..<lineTokens[line + 1]
            let firstPiece = pieceEnds.count
            var at = line == 0 ? 0 : ends[line - 1]
            for token in lineTokens {
                appendPiece(bytes, at, tokens[token].start)
                at = tokens[token].end
            }
            appendPiece(bytes, at, ends[line])
            let firstColumn = columns.count
            for _ in lineTokens { columns.append(Column()) }
            templates.append(
                Template(pieces: firstPiece..<pieceEnds.count, columns: firstColumn..<columns.count, rows: candidates[index].rows))
            candidates[index].number = templates.count
        }
    }

    private mutating func appendPiece(_ bytes: RawBytes, _ start: Int, _ end: Int) {
        var index = start
        while index < end {
            pieceArena.append(bytes[index])
            index += 1
        }
        pieceEnds.append(pieceArena.count)
    }

    private mutating func measureColumns(_ bytes: RawBytes, _ lineCandidates: [Int32], _ candidates: [Candidate]) {
        var line = 0
        while line < lineCandidates.count {
            defer { line &+= 1 }
            guard lineCandidates[line] >= 0 else { continue }
            let number = candidates[Int(lineCandidates[line])].number
            guard number > 0 else { continue }
            var column = templates[number &- 1].columns.lowerBound
            var token = lineTokens[line]
            let last = lineTokens[line &+ 1]
            while token < last {
                columns[column].note(bytes, tokens[token].start, tokens[token].length)
                column &+= 1
                token &+= 1
            }
        }
    }

    /// Gives each column its place, those of a template side by side: what is written line after line should not lie far apart.
    private mutating func placeColumns() {
        var offset = 0
        for index in columns.indices {
            let column = columns[index]
            let size =
                column.isConstant ? column.minimumLength : column.total + (column.minimumLength == column.maximumLength ? 0 : column.noted)
            columns[index].bytes = offset..<offset + size
            offset += size
        }
    }

    private mutating func fill(_ bytes: RawBytes, _ ends: [Int], _ lineCandidates: [Int32], _ candidates: [Candidate]) {
        let size = columns.last?.bytes.upperBound ?? 0
        var cursors = columns.map(\.bytes.lowerBound)
        rows.reserveCapacity(ends.count)
        var whole: [UInt8] = []
        columnArena = unsafe [UInt8](unsafeUninitializedCapacity: max(size, 1)) { buffer, count in
            let out = unsafe RawBytes(UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped))
            var line = 0
            while line < ends.count {
                let candidate = lineCandidates[line]
                let number = candidate < 0 ? 0 : candidates[Int(candidate)].number
                rows.append(UInt16(truncatingIfNeeded: number))
                if number == 0 {
                    let start = line == 0 ? 0 : ends[line &- 1]
                    bytes.append(start, ends[line], to: &whole)
                    wholeLengths.append(ends[line] &- start)
                } else {
                    var column = templates[number &- 1].columns.lowerBound
                    var token = lineTokens[line]
                    let last = lineTokens[line &+ 1]
                    while token < last {
                        let shape = columns[column]
                        let cursor = cursors[column]
                        if !shape.isConstant {
                            let length = tokens[token].length
                            out.copy(from: bytes, at: tokens[token].start, count: length, to: cursor)
                            if shape.minimumLength != shape.maximumLength {
                                out[cursor &+ length] = 0x0a
                                cursors[column] = cursor &+ length &+ 1
                            } else {
                                cursors[column] = cursor &+ length
                            }
                        } else if cursor == shape.bytes.lowerBound {
                            out.copy(from: bytes, at: tokens[token].start, count: shape.minimumLength, to: cursor)
                            cursors[column] = shape.bytes.upperBound
                        }
                        column &+= 1
                        token &+= 1
                    }
                }
                line &+= 1
            }
            count = size
        }
        wholeArena = whole
    }

    /// Puts columns of like characters side by side. What characters a column has is looked at now that its values lie together.
    private mutating func orderColumns() {
        for index in columns.indices { columns[index].classes = WordClass.union(columnArena, columns[index].bytes).rawValue }
        columnOrder = columns.indices.sorted { (columns[$0].group, $0) < (columns[$1].group, $1) }
        var ordered: [UInt8] = []
        ordered.reserveCapacity(columnArena.count)
        for index in columnOrder {
            let start = ordered.count
            ordered.append(span: columnArena.span.extracting(columns[index].bytes))
            columns[index].bytes = start..<ordered.count
        }
        columnArena = ordered
    }
}

extension LineSplitter.Column {
    /// Columns of one group share frames: digits first, then what may be hexadecimal, then text by the case of its letters, since a search
    /// decodes the frames of the columns that can spell its words.
    package var group: Int {
        if isConstant { return 5 }
        let hexadecimal = WordClass([.digit, .lowerHex, .upperHex]).rawValue
        if classes & ~hexadecimal == 0 { return classes == WordClass.digit.rawValue ? 0 : 1 }
        let (lower, upper) = (WordClass([.lowerHex, .lower]).rawValue, WordClass([.upperHex, .upper]).rawValue)
        return classes & lower == 0 ? 2 : classes & upper == 0 ? 3 : 4
    }

    @inline(__always)
    fileprivate mutating func note(_ bytes: RawBytes, _ start: Int, _ length: Int) {
        if noted == 0 { first = start }
        if length < minimumLength { minimumLength = length }
        if length > maximumLength { maximumLength = length }
        if isConstant, minimumLength != maximumLength || !bytes.isEqual(at: start, to: bytes, at: first, count: length) {
            isConstant = false
        }
        total &+= length
        noted &+= 1
    }
}

extension RawBytes {
    func append(_ start: Int, _ end: Int, to array: inout [UInt8]) {
        unsafe array.append(contentsOf: buffer(start, end))
    }
}
