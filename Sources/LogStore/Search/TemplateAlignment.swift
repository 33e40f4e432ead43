import Bytes

/// Where a literal can lie in the lines of one template.
///
/// A line is piece, variable, piece, …, piece. Variables are whole words with a digit, and words never touch, so the words of the literal
/// say where it can lie: inside a piece, inside one variable, or across some of both, where each inner word is all of a variable, the
/// first word the end of one and the last the beginning of one. Each way is a conjunction of conditions on columns.
struct TemplateAlignment {
    enum Kind { case contains, prefix, suffix, equals }

    struct Condition {
        var column: Int
        var kind: Kind
        /// The word of the literal that the condition is about.
        var word: Int
    }

    private let literal: Literal
    private let head: BlockHead

    init(_ literal: Literal, _ head: BlockHead) {
        self.literal = literal
        self.head = head
    }

    /// Whether there is any way for a literal that no piece holds to lie in a template's lines.
    func canLie(template: Int) -> Bool {
        if literal.words.isEmpty { return false }
        return !alternatives(template: template).isEmpty
    }

    /// The ways in which a literal that no piece holds can lie in a template's lines, each a conjunction.
    func alternatives(template: Int) -> [[Condition]] {
        let pieces = head.templatePieces[template]..<head.templatePieces[template + 1]
        let columns = head.columns(template)
        var alternatives: [[Condition]] = []
        if let word = literal.words.first, word.range.count == literal.bytes.count {
            // One word, or a part of one: inside a variable. Nothing else can hold it.
            for column in columns where mayHold(0, .contains, column) {
                alternatives.append([Condition(column: column, kind: .contains, word: 0)])
            }
            return alternatives
        }
        for index in 0..<columns.count {
            // It begins within the piece before a variable, which then is the start of one of its words, but not of its first byte.
            let piece = head.piece(pieces.lowerBound + index)
            for number in literal.words.indices {
                let word = literal.words[number].range
                if word.lowerBound == 0 { continue }
                if word.lowerBound > piece.count { break }
                guard literal.matches(0..<word.lowerBound, at: piece.upperBound - word.lowerBound, in: head.pieceArena) else { continue }
                if let conditions = follow(number, index, pieces, columns) { alternatives.append(conditions) }
            }
            // It begins within a variable.
            if let word = literal.words.first?.range, word.lowerBound == 0, mayHold(0, .suffix, columns.lowerBound + index),
                let conditions = followPiece(word.upperBound, next: 1, index + 1, pieces, columns)
            {
                alternatives.append([Condition(column: columns.lowerBound + index, kind: .suffix, word: 0)] + conditions)
            }
        }
        return alternatives
    }

    /// The literal goes on at its word `number` with the variable `index`.
    private func follow(_ number: Int, _ index: Int, _ pieces: Range<Int>, _ columns: Range<Int>) -> [Condition]? {
        guard index < columns.count else { return nil }
        let word = literal.words[number].range
        let column = columns.lowerBound + index
        let isLast = word.upperBound == literal.bytes.count
        let kind = isLast ? Kind.prefix : .equals
        guard mayHold(number, kind, column) else { return nil }
        let condition = Condition(column: column, kind: kind, word: number)
        if isLast { return [condition] }
        return followPiece(word.upperBound, next: number + 1, index + 1, pieces, columns).map { [condition] + $0 }
    }

    /// The literal goes on at `offset` with the piece `index`; `next` is its next word.
    private func followPiece(_ offset: Int, next: Int, _ index: Int, _ pieces: Range<Int>, _ columns: Range<Int>) -> [Condition]? {
        let piece = head.piece(pieces.lowerBound + index)
        let rest = literal.bytes.count - offset
        guard literal.matches(offset..<offset + min(rest, piece.count), at: piece.lowerBound, in: head.pieceArena) else { return nil }
        if rest <= piece.count { return [] }
        // What follows the piece is a variable, so a word of the literal must begin there.
        guard let number = literal.words[next...].firstIndex(where: { $0.range.lowerBound >= offset + piece.count }),
            literal.words[number].range.lowerBound == offset + piece.count
        else { return nil }
        return follow(number, index, pieces, columns)
    }

    /// False when a column's stamp rules the condition out.
    private func mayHold(_ number: Int, _ kind: Kind, _ column: Int) -> Bool {
        let word = literal.words[number]
        // A variable has a digit, so a word without one is at most a part of it.
        if kind == .equals, !word.hasDigit { return false }
        let count = word.range.count
        guard count <= Int(head.columnMaximum[column]), kind != .equals || count >= Int(head.columnMinimum[column]) else { return false }
        let classes = head.columnClasses[column]
        for need in word.needs where classes & need == 0 { return false }
        return true
    }
}

extension TemplateAlignment.Condition {
    /// Whether the condition holds for a value in which its word, of `count` bytes, was found at `hit`.
    func holds(hit: Int, count: Int, _ value: Range<Int>) -> Bool {
        guard hit >= value.lowerBound, hit + count <= value.upperBound else { return false }
        return switch kind {
        case .contains: true
        case .prefix: hit == value.lowerBound
        case .suffix: hit + count == value.upperBound
        case .equals: hit == value.lowerBound && count == value.count
        }
    }

    /// The same for a value that was not searched yet.
    func holds(_ value: Range<Int>, in arena: [UInt8], _ literal: Literal) -> Bool {
        let part = literal.words[word].range
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
