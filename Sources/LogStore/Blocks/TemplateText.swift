import Bytes
import Synchronization

/// What the lines of a template say apart from their variables: constant pieces, one more than variables.
final class TemplateText: Sendable {
    /// The pieces, end to end.
    let bytes: [UInt8]
    let ends: [Int]
    /// Counted from 0 in its table, for notes that are kept by template; nil when blocks do not share the text. Another text may have
    /// had the number before, so whoever keeps a note keeps its text beside it.
    let number: Int?

    init(bytes: [UInt8], ends: [Int], number: Int?) {
        precondition(ends.last == bytes.count, "the pieces are all of the text")
        self.bytes = bytes
        self.ends = ends
        self.number = number
    }

    var pieceCount: Int { ends.count }

    func piece(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }
}

/// The texts of the templates of all blocks that searches keep, each once.
///
/// A program says the same few hundred things in every block: of the 1 GB of the log benchmark 174,870 templates of 18 MB are 2,925 texts of
/// 0.4 MB. So dictionaries are small in memory, and a search decides what a text says about its filters once (`TemplatePlans`).
final class TemplateTable: Sendable {
    /// More texts than that, or more bytes, begin a new table: the blocks that are searched then say something else in every line.
    private let maximumTexts: Int
    private static let maximumBytes = 16 << 20

    private struct State {
        /// Rises when the table begins anew.
        var generation = 1
        /// By hash of the pieces and their lengths.
        var texts: [UInt64: TemplateText] = [:]
        var bytes = 0
    }

    private let state = Mutex(State())

    init(maximumTexts: Int = 1 << 16) { self.maximumTexts = maximumTexts }

    /// The texts of a block's templates, of which each has the pieces from one entry of `firstPieces` to the next; and the generation of the
    /// table that all their numbers are of, nil when it began anew between them.
    func texts(_ arena: [UInt8], _ ends: [Int], firstPieces: [Int]) -> (texts: [TemplateText], generation: Int?) {
        state.withLock { state in
            let generation = state.generation
            let texts = (0..<firstPieces.count - 1).map { text(arena, ends, firstPieces[$0]..<firstPieces[$0 + 1], &state) }
            return (texts, state.generation == generation ? generation : nil)
        }
    }

    private func text(_ arena: [UInt8], _ ends: [Int], _ pieces: Range<Int>, _ state: inout State) -> TemplateText {
        let start = pieces.lowerBound == 0 ? 0 : ends[pieces.lowerBound - 1]
        let range = start..<ends[pieces.upperBound - 1]
        var hash = Hash64.hash(arena, range: range)
        for piece in pieces { hash = (hash ^ UInt64(ends[piece] - start)) &* 0x9e37_79b9_7f4a_7c15 }
        if let known = state.texts[hash] {
            let (text, textEnds) = (known.bytes, known.ends)
            let isSame = textEnds.count == pieces.count && textEnds.indices.allSatisfy { textEnds[$0] == ends[pieces.lowerBound + $0] - start }
                && ByteSearch.compare(text.span, arena.span.extracting(range)) == 0
            return isSame ? known : Self.unshared(arena, ends, pieces)
        }
        if state.texts.count == maximumTexts || state.bytes > Self.maximumBytes { state = State(generation: state.generation + 1) }
        let text = TemplateText(bytes: Array(arena[range]), ends: ends[pieces].map { $0 - start }, number: state.texts.count)
        state.texts[hash] = text
        state.bytes += range.count + pieces.count * 8 + 128
        return text
    }

    /// A text of its own for one template.
    static func unshared(_ arena: [UInt8], _ ends: [Int], _ pieces: Range<Int>) -> TemplateText {
        let start = pieces.lowerBound == 0 ? 0 : ends[pieces.lowerBound - 1]
        return TemplateText(bytes: Array(arena[start..<ends[pieces.upperBound - 1]]), ends: ends[pieces].map { $0 - start }, number: nil)
    }
}
