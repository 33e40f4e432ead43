/// Reads as much of RE2's syntax as the facts about a pattern need; the pattern has compiled, so it is well-formed.
struct PatternParser {
    private let scalars: [UnicodeScalar]
    private var index = 0
    private var depth = 0
    /// Whether case folding was on anywhere; all literals are then lower-case.
    private(set) var ignoresCase: Bool
    private(set) var sawAssertion = false
    private(set) var sawFlags = false
    private(set) var sawTopLevelAlternative = false

    init(_ scalars: [UnicodeScalar], ignoresCase: Bool) {
        self.scalars = scalars
        self.ignoresCase = ignoresCase
        // A flag may come late; then what was read before it must be folded as well.
        if !ignoresCase, Self.turnsOnFolding(scalars) { self.ignoresCase = true }
    }

    /// The facts of the whole pattern, nil where its syntax is beyond this parser.
    mutating func parse() -> PatternNode? {
        guard let node = alternation(), index == scalars.count else { return nil }
        return node
    }

    private static func turnsOnFolding(_ scalars: [UnicodeScalar]) -> Bool {
        var index = 0
        while index + 2 < scalars.count {
            if scalars[index] == "(", scalars[index + 1] == "?" {
                var flag = index + 2
                while flag < scalars.count, "imsU-".unicodeScalars.contains(scalars[flag]) {
                    if scalars[flag] == "i" { return true }
                    flag += 1
                }
            }
            index += 1
        }
        return false
    }

    // MARK: Grammar

    private mutating func alternation() -> PatternNode? {
        guard depth < 100 else { return nil }
        depth += 1
        defer { depth -= 1 }
        var branches: [PatternNode] = []
        repeat {
            guard let branch = concatenation() else { return nil }
            branches.append(branch)
        } while take("|")
        if depth == 1 && branches.count > 1 { sawTopLevelAlternative = true }
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func concatenation() -> PatternNode? {
        var parts: [PatternNode] = []
        while index < scalars.count, scalars[index] != "|", scalars[index] != ")" {
            guard var part = atom() else { return nil }
            while let bounds = repetition() { part = part.repeated(minimum: bounds.minimum, maximum: bounds.maximum) }
            parts.append(part)
        }
        return .concatenation(parts)
    }

    private mutating func repetition() -> (minimum: Int, maximum: Int?)? {
        guard index < scalars.count else { return nil }
        var bounds: (minimum: Int, maximum: Int?)
        switch scalars[index] {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        case "{":
            guard let counted = counts() else { return nil }
            bounds = counted
            index -= 1
        default: return nil
        }
        index += 1
        // Lazy repetition matches the same texts.
        _ = take("?")
        return bounds
    }

    /// "{n}", "{n,}", "{n,m}"; a brace that begins nothing of the sort is a literal.
    private mutating func counts() -> (minimum: Int, maximum: Int?)? {
        let start = index
        index += 1
        guard let minimum = number() else {
            index = start
            return nil
        }
        var maximum: Int? = minimum
        if take(",") { maximum = number() }
        guard take("}") else {
            index = start
            return nil
        }
        return (minimum, maximum)
    }

    private mutating func number() -> Int? {
        let start = index
        while index < scalars.count, ("0"..."9").contains(scalars[index]), index - start < 5 { index += 1 }
        guard index > start else { return nil }
        return scalars[start..<index].reduce(0) { $0 * 10 + Int($1.value - 48) }
    }

    private mutating func atom() -> PatternNode? {
        let scalar = scalars[index]
        switch scalar {
        case "(": return group()
        case "[": return characterClass()
        case ".":
            index += 1
            return .anything
        case "^", "$":
            index += 1
            sawAssertion = true
            return .empty
        case "\\": return escape()
        case "*", "+", "?": return nil
        default:
            index += 1
            return literal(scalar)
        }
    }

    private mutating func group() -> PatternNode? {
        index += 1
        if take("?") {
            if take("P") || peek == "<" {
                guard take("<") else { return nil }
                while index < scalars.count, !take(">") { index += 1 }
            } else {
                while let flag = peek, "imsU-".unicodeScalars.contains(flag) {
                    // "." crossing lines changes nothing that is said here; multi-line mode changes only assertions.
                    if flag != "s" { sawFlags = true }
                    index += 1
                }
                if take(")") {
                    sawFlags = true
                    return .empty
                }
                guard take(":") else { return nil }
            }
        }
        guard let inner = alternation(), take(")") else { return nil }
        return inner
    }

    // MARK: Characters

    private func literal(_ scalar: UnicodeScalar) -> PatternNode {
        guard ignoresCase else { return .literal(Array(UTF8.encode(scalar)!)) }
        // Beyond ASCII folding has many partners, and two of them fold into ASCII: K (Kelvin) and ſ.
        guard scalar.isASCII else { return .anything }
        let lower = ByteSearch.lowercased(UInt8(scalar.value))
        return lower == 0x6b || lower == 0x73 ? .anything : .literal([lower])
    }

    private mutating func escape() -> PatternNode? {
        index += 1
        guard index < scalars.count else { return nil }
        let scalar = scalars[index]
        index += 1
        switch scalar {
        case "d", "D", "s", "S", "w", "W", "C": return .anything
        case "p", "P":
            if take("{") { while index < scalars.count, !take("}") { index += 1 } } else { index += 1 }
            return .anything
        case "b", "B", "A", "z":
            sawAssertion = true
            return .empty
        case "n": return literal("\n")
        case "t": return literal("\t")
        case "r": return literal("\r")
        case "f": return literal("\u{c}")
        case "v": return literal("\u{b}")
        case "a": return literal("\u{7}")
        case "Q":
            var parts: [PatternNode] = []
            while index < scalars.count {
                if scalars[index] == "\\", index + 1 < scalars.count, scalars[index + 1] == "E" {
                    index += 2
                    break
                }
                parts.append(literal(scalars[index]))
                index += 1
            }
            // A repetition behind \E takes the last character only; too rare to follow.
            if let next = peek, "*+?{".unicodeScalars.contains(next) { return nil }
            return .concatenation(parts)
        default:
            guard scalar.isASCII, !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else { return nil }
            return literal(scalar)
        }
    }

    private mutating func characterClass() -> PatternNode? {
        index += 1
        let isNegated = take("^")
        var members: [UnicodeScalar]? = []
        var isFirst = true
        while index < scalars.count, isFirst || scalars[index] != "]" {
            isFirst = false
            var scalar = scalars[index]
            if scalar == "[", index + 1 < scalars.count, scalars[index + 1] == ":" {
                while index < scalars.count, scalars[index] != "]" { index += 1 }
                index += 1
                members = nil
                continue
            }
            if scalar == "\\" {
                guard index + 1 < scalars.count else { return nil }
                scalar = scalars[index + 1]
                index += 1
                if scalar == "p" || scalar == "P" || scalar == "x" {
                    index += 1
                    if take("{") { while index < scalars.count, !take("}") { index += 1 } } else { index += 1 }
                    members = nil
                    continue
                }
                if scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) { members = nil }
            }
            index += 1
            if peek == "-", index + 1 < scalars.count, scalars[index + 1] != "]" {
                index += 1
                if peek == "\\" { index += 1 }
                guard let last = peek else { return nil }
                index += 1
                if !last.isASCII || !scalar.isASCII || last.value < scalar.value || last.value - scalar.value > 25 {
                    members = nil
                } else {
                    for value in scalar.value...last.value { members?.append(UnicodeScalar(UInt8(value))) }
                }
            } else {
                members?.append(scalar)
            }
        }
        guard take("]") else { return nil }
        guard !isNegated, let members, !members.isEmpty, members.count <= 32 else { return .anything }
        return .alternation(members.map(literal))
    }

    // MARK: Scanning

    private var peek: UnicodeScalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func take(_ scalar: UnicodeScalar) -> Bool {
        guard index < scalars.count, scalars[index] == scalar else { return false }
        index += 1
        return true
    }
}
