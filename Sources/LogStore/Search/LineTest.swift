import Bytes
import Telemetry

/// Bytes that are looked for.
struct Needle: Sendable {
    /// In lower case when the case is ignored.
    let bytes: [UInt8]
    let ignoresCase: Bool

    func firstRange(in text: Span<UInt8>, from start: Int) -> Int? {
        ignoresCase
            ? ByteSearch.firstRangeIgnoringCase(of: bytes, in: text, from: start) : ByteSearch.firstRange(of: bytes, in: text, from: start)
    }

    /// Whether a part of the needle stands at a place in other bytes.
    func matches(_ part: Range<Int>, at start: Int, in other: [UInt8]) -> Bool {
        guard start >= 0, start + part.count <= other.count else { return false }
        var index = 0
        while index < part.count {
            let byte = other[start &+ index]
            if bytes[part.lowerBound &+ index] != (ignoresCase ? ByteSearch.lowercased(byte) : byte) { return false }
            index &+= 1
        }
        return true
    }
}

/// A string that a line must contain, with the facts that let a block answer without its lines.
final class Literal: Sendable {
    /// A run of word characters in the literal; the first and the last may be parts of longer words in a line.
    struct Word: Sendable {
        let range: Range<Int>
        let needle: Needle
        /// A word without a digit is never a whole variable.
        let hasDigit: Bool
        /// By the classes of a column's characters: whether they can spell the word.
        let isSpelled: [Bool]
        /// The form in which word filters are asked; nil when the case is ignored.
        let question: WordQuestion?
    }

    let needle: Needle
    let words: [Word]

    var bytes: [UInt8] { needle.bytes }
    var ignoresCase: Bool { needle.ignoresCase }
    /// Whether it is a word, or a part of one, and nothing else.
    var isWord: Bool { words.count == 1 && words[0].range.count == bytes.count }

    init(_ given: [UInt8], ignoresCase: Bool = false) {
        let bytes = ignoresCase ? given.map(ByteSearch.lowercased) : given
        needle = Needle(bytes: bytes, ignoresCase: ignoresCase)
        var words: [Word] = []
        var index = 0
        while index < bytes.count {
            let start = index
            while index < bytes.count, WordClass.isWord(bytes[index]) { index += 1 }
            if index > start { words.append(Word(bytes, start..<index, ignoresCase: ignoresCase)) } else { index += 1 }
        }
        self.words = words
    }

    func firstRange(in text: Span<UInt8>, from start: Int) -> Int? { needle.firstRange(in: text, from: start) }

    func matches(_ part: Range<Int>, at start: Int, in other: [UInt8]) -> Bool { needle.matches(part, at: start, in: other) }

    /// False when the words of a block rule out that a line of it contains the literal.
    func mayOccur(in filter: WordFilter) -> Bool {
        if ignoresCase { return true }
        for word in words {
            guard let question = word.question else { continue }
            // A word at an edge may go on in the line.
            let isWhole = word.range.lowerBound > 0 && word.range.upperBound < bytes.count
            if !filter.mayContain(question, isWhole: isWhole) { return false }
        }
        return true
    }
}

extension Literal.Word {
    init(_ bytes: [UInt8], _ range: Range<Int>, ignoresCase: Bool) {
        self.range = range
        let own = bytes[range]
        needle = Needle(bytes: Array(own), ignoresCase: ignoresCase)
        hasDigit = own.contains { $0 &- 0x30 < 10 }
        question = ignoresCase ? nil : WordQuestion(own)
        var classes: Set<UInt8> = []
        for byte in own {
            let own = WordClass.of(byte)
            let isLetter = ignoresCase && byte &- 0x61 < 26
            classes.insert((isLetter ? own.union(WordClass.of(byte ^ 0x20)) : own).rawValue)
        }
        isSpelled = (0...UInt8.max).map { held in classes.allSatisfy { $0 & held != 0 } }
    }
}

/// A pushed-down line filter in the form that searches use.
indirect enum LineTest: Sendable {
    case literal(Literal)
    /// A regular expression, of whose every match each of the sets has a member.
    case expression(RegularExpression, required: [[Literal]])
    case anyOf([LineTest])

    init(_ test: LineFilter.Test) {
        switch test {
        case .contains(let bytes): self = .literal(Literal(bytes))
        case .matches(let expression): self = LineTest(expression)
        case .anyOf(let tests): self = .anyOf(tests.map(LineTest.init))
        }
    }

    private init(_ expression: RegularExpression) {
        if let (literals, ignoresCase) = LiteralPattern.parse(expression.pattern, options: expression.options) {
            var tests = literals.map { LineTest.literal(Literal($0, ignoresCase: ignoresCase)) }
            // In either case, K and S have a third form each: the Kelvin sign and the long s.
            let folding: Set<UInt8> = [UInt8(ascii: "k"), UInt8(ascii: "s")]
            if ignoresCase, literals.contains(where: { $0.contains { folding.contains(ByteSearch.lowercased($0)) } }) {
                tests.append(.expression(expression, required: [[Literal([0xe2, 0x84, 0xaa]), Literal([0xc5, 0xbf])]]))
            }
            self = tests.count == 1 ? tests[0] : .anyOf(tests)
            return
        }
        // A folded literal with a K or an S can match bytes that it does not have, so it requires nothing.
        let required = expression.requiredLiterals
            .filter { set in !set.ignoresCase || !set.anyOf.contains { $0.contains(UInt8(ascii: "k")) || $0.contains(UInt8(ascii: "s")) } }
            .map { set in set.anyOf.map { Literal($0, ignoresCase: set.ignoresCase) } }
            // Long literals first: they leave the fewest templates to the others.
            .sorted { ($0.map(\.bytes.count).min() ?? 0) > ($1.map(\.bytes.count).min() ?? 0) }
        self = .expression(expression, required: required)
    }

    /// False when the words of a block rule out that any line of it passes.
    func mayPass(_ filter: WordFilter) -> Bool {
        switch self {
        case .literal(let literal): literal.mayOccur(in: filter)
        case .expression(_, let required): required.allSatisfy { set in set.contains { $0.mayOccur(in: filter) } }
        case .anyOf(let tests): tests.contains { $0.mayPass(filter) }
        }
    }

    /// Whether the words of a block can say anything about this test.
    var asksWords: Bool {
        switch self {
        case .literal(let literal): !literal.ignoresCase && literal.words.contains { $0.range.count >= WordFilter.minimumLength }
        case .expression(_, let required): required.contains { $0.allSatisfy { LineTest.literal($0).asksWords } }
        case .anyOf(let tests): tests.allSatisfy(\.asksWords)
        }
    }
}

/// Regular expressions that are only alternatives of plain text: `error|fail`, `(?i)exception`.
enum LiteralPattern {
    /// nil when the pattern is more than that.
    static func parse(_ pattern: String, options: RegularExpression.Options) -> (literals: [[UInt8]], ignoresCase: Bool)? {
        if options.contains(.anchored) || options.contains(.latin1) { return nil }
        var ignoresCase = options.contains(.caseInsensitive)
        var bytes = Array(pattern.utf8)[...]
        if bytes.starts(with: "(?i)".utf8) {
            ignoresCase = true
            bytes = bytes.dropFirst(4)
        }
        var literals: [[UInt8]] = [[]]
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "|"): literals.append([])
            case UInt8(ascii: "\\"):
                guard let escaped = bytes.popFirst(), escaped < 0x80, !WordClass.isWord(escaped) else { return nil }
                literals[literals.count - 1].append(escaped)
            case _ where "^$.*+?()[]{}".utf8.contains(byte): return nil
            // Folding of other letters is RE2's business.
            case 0x80...: if ignoresCase { return nil } else { literals[literals.count - 1].append(byte) }
            default: literals[literals.count - 1].append(byte)
            }
        }
        // An empty alternative passes everything; that is no literal to look for.
        return literals.contains(where: \.isEmpty) ? nil : (literals, ignoresCase)
    }
}
