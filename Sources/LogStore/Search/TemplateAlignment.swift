import Bytes

/// Where a literal can lie in the lines of one template.
///
/// A line is piece, variable, piece, …, piece. Variables are whole words with a digit, and words never touch, so the words of the literal
/// say where it can lie: inside a piece, inside one variable, or across some of both, where each inner word is all of a variable, the
/// first word the end of one and the last the beginning of one. Each way is a conjunction of conditions on columns.
enum TemplateAlignment {
    enum Kind { case contains, prefix, suffix, equals }

    struct Condition {
        var column: Int
        var kind: Kind
        /// The part of the literal that the condition is about.
        var part: Range<Int>
    }

    /// The ways, as conjunctions; nil when every line of the template contains the literal.
    static func alternatives(of literal: Literal, in head: BlockHead, template: Int) -> [[Condition]]? {
        let pieces = head.templatePieces[template]..<head.templatePieces[template + 1]
        let columns = head.columns(template)
        var alternatives: [[Condition]] = []
        let count = literal.bytes.count
        for index in 0..<pieces.count {
            let piece = head.piece(pieces.lowerBound + index)
            if piece.count >= count, occurs(literal, in: head.pieceArena, piece) { return nil }
        }
        if columns.isEmpty { return [] }
        let firstWord = literal.words.first
        if let word = firstWord, word.count == count {
            // One word, or a part of one: inside a variable. Nothing else can hold it.
            for column in columns where mayHold(literal, word, .contains, column, head) {
                alternatives.append([Condition(column: column, kind: .contains, part: word)])
            }
            return alternatives
        }
        for index in 0..<columns.count {
            // It begins within the piece before a variable: at a word of its own that is not its first byte.
            let piece = head.piece(pieces.lowerBound + index)
            for word in literal.words where word.lowerBound > 0 && word.lowerBound <= piece.count {
                guard literal.matches(0..<word.lowerBound, at: piece.upperBound - word.lowerBound, in: head.pieceArena) else { continue }
                if let conditions = follow(literal, word.lowerBound, index, head, pieces, columns) { alternatives.append(conditions) }
            }
            // It begins within a variable.
            if let word = firstWord, word.lowerBound == 0,
                mayHold(literal, word, .suffix, columns.lowerBound + index, head),
                let conditions = followPiece(literal, word.upperBound, index + 1, head, pieces, columns)
            {
                alternatives.append([Condition(column: columns.lowerBound + index, kind: .suffix, part: word)] + conditions)
            }
        }
        return alternatives
    }

    /// The literal goes on at `offset` with the variable `index`.
    private static func follow(
        _ literal: Literal, _ offset: Int, _ index: Int, _ head: BlockHead, _ pieces: Range<Int>, _ columns: Range<Int>
    ) -> [Condition]? {
        guard index < columns.count, let word = literal.words.first(where: { $0.lowerBound == offset }) else { return nil }
        let column = columns.lowerBound + index
        let isLast = word.upperBound == literal.bytes.count
        let kind = isLast ? Kind.prefix : .equals
        guard mayHold(literal, word, kind, column, head) else { return nil }
        let condition = Condition(column: column, kind: kind, part: word)
        if isLast { return [condition] }
        return followPiece(literal, word.upperBound, index + 1, head, pieces, columns).map { [condition] + $0 }
    }

    /// The literal goes on at `offset` with the piece `index`.
    private static func followPiece(
        _ literal: Literal, _ offset: Int, _ index: Int, _ head: BlockHead, _ pieces: Range<Int>, _ columns: Range<Int>
    ) -> [Condition]? {
        let piece = head.piece(pieces.lowerBound + index)
        let rest = literal.bytes.count - offset
        guard literal.matches(offset..<offset + min(rest, piece.count), at: piece.lowerBound, in: head.pieceArena) else { return nil }
        return rest <= piece.count ? [] : follow(literal, offset + piece.count, index, head, pieces, columns)
    }

    /// False when a column's stamp rules the condition out.
    private static func mayHold(_ literal: Literal, _ part: Range<Int>, _ kind: Kind, _ column: Int, _ head: BlockHead) -> Bool {
        guard part.count <= head.columnMaximum[column], kind != .equals || part.count >= head.columnMinimum[column] else { return false }
        let classes = WordClass(rawValue: head.columnClasses[column])
        for byte in literal.bytes[part] {
            if classes.contains(WordClass.of(byte)) { continue }
            if literal.ignoresCase, byte &- 0x61 < 26, classes.contains(WordClass.of(byte ^ 0x20)) { continue }
            return false
        }
        return true
    }

    private static func occurs(_ literal: Literal, in arena: [UInt8], _ range: Range<Int>) -> Bool {
        literal.firstRange(in: arena.span.extracting(range), from: 0) != nil
    }
}

extension TemplateAlignment.Condition {
    /// Whether the condition holds for a value of which the part was found at `hit`.
    func holds(hit: Int, _ value: Range<Int>) -> Bool {
        guard hit >= value.lowerBound, hit + part.count <= value.upperBound else { return false }
        return switch kind {
        case .contains: true
        case .prefix: hit == value.lowerBound
        case .suffix: hit + part.count == value.upperBound
        case .equals: hit == value.lowerBound && part.count == value.count
        }
    }

    /// The same for a value that was not searched yet.
    func holds(_ value: Range<Int>, in arena: [UInt8], _ literal: Literal) -> Bool {
        guard part.count <= value.count else { return false }
        switch kind {
        case .prefix: return literal.matches(part, at: value.lowerBound, in: arena)
        case .suffix: return literal.matches(part, at: value.upperBound - part.count, in: arena)
        case .equals: return part.count == value.count && literal.matches(part, at: value.lowerBound, in: arena)
        case .contains:
            return (value.lowerBound...value.upperBound - part.count).contains { literal.matches(part, at: $0, in: arena) }
        }
    }
}
