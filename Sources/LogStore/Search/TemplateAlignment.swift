import Bytes

/// Where a literal that no piece holds can lie in the lines of one template.
///
/// A line is piece, variable, piece, …, piece. Variables are whole words with a digit, and words never touch, so the words of the literal
/// say where it can lie: inside a piece, inside one variable, or across some of both, where each inner word is all of a variable, the
/// first word the end of one and the last the beginning of one. Each way is a conjunction of conditions on columns.
struct TemplateAlignment {
    enum Kind { case prefix, suffix, equals }

    struct Condition: Sendable {
        /// Counted from the template's first.
        var column: Int
        var kind: Kind
        /// The word of the literal that the condition is about.
        var word: Int
    }

    private let literal: Literal
    private let text: TemplateText

    init(_ literal: Literal, _ text: TemplateText) {
        self.literal = literal
        self.text = text
    }

    /// The ways in which a literal of more than a word can lie in the lines, each a conjunction.
    func ways() -> [[Condition]] {
        var ways: [[Condition]] = []
        for index in 0..<text.pieceCount - 1 {
            // It begins within the piece before a variable, which then is the start of one of its words, but not of its first byte.
            let piece = text.piece(index)
            for number in literal.words.indices {
                let word = literal.words[number].range
                if word.lowerBound == 0 { continue }
                if word.lowerBound > piece.count { break }
                guard literal.matches(0..<word.lowerBound, at: piece.upperBound - word.lowerBound, in: text.bytes) else { continue }
                if let conditions = follow(number, index) { ways.append(conditions) }
            }
            // It begins within a variable.
            if let word = literal.words.first?.range, word.lowerBound == 0, let conditions = followPiece(word.upperBound, next: 1, index + 1) {
                ways.append([Condition(column: index, kind: .suffix, word: 0)] + conditions)
            }
        }
        return ways
    }

    /// The literal goes on at its word `number` with the variable `index`.
    private func follow(_ number: Int, _ index: Int) -> [Condition]? {
        guard index < text.pieceCount - 1 else { return nil }
        let word = literal.words[number]
        let isLast = word.range.upperBound == literal.bytes.count
        // A variable has a digit, so a word without one is at most a part of it.
        guard isLast || word.hasDigit else { return nil }
        let condition = Condition(column: index, kind: isLast ? .prefix : .equals, word: number)
        if isLast { return [condition] }
        return followPiece(word.range.upperBound, next: number + 1, index + 1).map { [condition] + $0 }
    }

    /// The literal goes on at `offset` with the piece `index`; `next` is its next word.
    private func followPiece(_ offset: Int, next: Int, _ index: Int) -> [Condition]? {
        let piece = text.piece(index)
        let rest = literal.bytes.count - offset
        guard literal.matches(offset..<offset + min(rest, piece.count), at: piece.lowerBound, in: text.bytes) else { return nil }
        if rest <= piece.count { return [] }
        // What follows the piece is a variable, so a word of the literal must begin there.
        guard let number = literal.words[next...].firstIndex(where: { $0.range.lowerBound >= offset + piece.count }),
            literal.words[number].range.lowerBound == offset + piece.count
        else { return nil }
        return follow(number, index)
    }
}

extension TemplateAlignment.Condition {
    /// Whether the condition holds for a value.
    func holds(_ value: Range<Int>, in arena: [UInt8], _ literal: Literal) -> Bool {
        let part = literal.words[word].range
        guard part.count <= value.count else { return false }
        return switch kind {
        case .prefix: literal.matches(part, at: value.lowerBound, in: arena)
        case .suffix: literal.matches(part, at: value.upperBound - part.count, in: arena)
        case .equals: part.count == value.count && literal.matches(part, at: value.lowerBound, in: arena)
        }
    }
}
