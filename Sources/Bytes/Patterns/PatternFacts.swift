/// Substrings of which every match of a pattern contains at least one.
package struct RequiredLiterals: Hashable, Sendable {
    package var anyOf: [[UInt8]]
    /// Whether ASCII letters of either case count; the literals are then in lower case.
    package var ignoresCase: Bool

    package init(anyOf: [[UInt8]], ignoresCase: Bool) {
        self.anyOf = anyOf
        self.ignoresCase = ignoresCase
    }

    package func isContained(in text: Span<UInt8>) -> Bool {
        for literal in anyOf {
            if ignoresCase ? ByteSearch.containsIgnoringCase(literal, in: text) : ByteSearch.contains(literal, in: text) {
                return true
            }
        }
        return false
    }
}

/// What a pattern says about the texts it matches, found without matching.
///
/// Sound, never complete: what is said holds for every match; where the syntax is beyond this small parser nothing is said.
struct PatternFacts: Sendable {
    /// All strings the pattern can match, when they are few and nothing depends on what surrounds them.
    var exact: [[UInt8]]?
    var prefix: [UInt8] = []
    var required: [RequiredLiterals] = []
    /// No flags, assertions, case folding or outermost alternatives: the pattern may be looked at part by part.
    var isPlain = false

    init(_ pattern: String, options: RegularExpression.Options) {
        guard !options.contains(.latin1) else { return }
        let foldsCase = options.contains(.caseInsensitive)
        let inner = options.contains(.anchored) ? Self.withoutOuterAnchors(pattern) : pattern
        var parser = PatternParser(Array(inner.unicodeScalars), ignoresCase: foldsCase)
        var parsed = parser.parse()
        if inner != pattern && parser.sawTopLevelAlternative {
            // The anchors belonged to one branch only.
            parser = PatternParser(Array(pattern.unicodeScalars), ignoresCase: foldsCase)
            parsed = parser.parse()
        }
        guard let node = parsed else { return }
        let isExact = !parser.sawAssertion && !parser.ignoresCase
        isPlain = isExact && !parser.sawFlags && !parser.sawTopLevelAlternative
        exact = isExact ? node.exact : nil
        if !parser.ignoresCase && !parser.sawAssertion { prefix = node.prefix }
        let ignoresCase = parser.ignoresCase
        required = node.requirements
            .filter { set in !set.isEmpty && !set.contains(where: \.isEmpty) }
            .map { set in
                // A literal that contains another one of the set adds nothing.
                let needed = set.filter { one in
                    !set.contains { other in other != one && ByteSearch.contains(other, in: one) }
                }
                return RequiredLiterals(anyOf: Array(Set(needed)).sorted { $0.lexicographicallyPrecedes($1) }, ignoresCase: ignoresCase)
            }
    }
}

extension PatternFacts {
    /// Around a whole match "^" and "$" say nothing.
    private static func withoutOuterAnchors(_ pattern: String) -> String {
        var inner = Substring(pattern)
        if inner.hasPrefix("^") { inner = inner.dropFirst() }
        if inner.hasSuffix("$") && !inner.dropLast().hasSuffix("\\") { inner = inner.dropLast() }
        return String(inner)
    }
}

/// The facts about one part of a pattern.
struct PatternNode {
    /// More strings than that are not listed.
    static let exactLimit = 256
    /// More alternatives than that cost more to look for than they spare.
    static let requiredLimit = 16

    var exact: [[UInt8]]?
    var prefix: [UInt8] = []
    /// Each set: every match contains one of its members.
    var requirements: [[[UInt8]]] = []

    static let anything = PatternNode()
    static let empty = PatternNode(exact: [[]])

    static func literal(_ bytes: [UInt8]) -> PatternNode {
        PatternNode(exact: [bytes], prefix: bytes, requirements: bytes.isEmpty ? [] : [[bytes]])
    }

    static func concatenation(_ parts: [PatternNode]) -> PatternNode {
        var result = PatternNode.empty
        // The strings that the last exact parts form together.
        var run: [[UInt8]] = [[]]
        var isPrefixOpen = true
        func flush() {
            if run.count <= requiredLimit, !run.contains(where: \.isEmpty) { result.requirements.append(run) }
            run = [[]]
        }
        for part in parts {
            if isPrefixOpen {
                result.prefix += part.prefix
                isPrefixOpen = part.exact?.count == 1
            }
            if let whole = result.exact, let more = part.exact, whole.count * more.count <= exactLimit {
                result.exact = whole.flatMap { start in more.map { start + $0 } }
            } else {
                result.exact = nil
            }
            if let more = part.exact, run.count * more.count <= exactLimit {
                let joined = run.flatMap { start in more.map { start + $0 } }
                if joined.count > requiredLimit, run.count <= requiredLimit, !run.contains(where: \.isEmpty) {
                    flush()
                    run = more
                } else {
                    run = joined
                }
            } else {
                flush()
                if let more = part.exact {
                    run = more
                } else {
                    result.requirements += part.requirements
                }
            }
        }
        flush()
        return result
    }

    static func alternation(_ branches: [PatternNode]) -> PatternNode {
        var result = PatternNode()
        let total = branches.reduce(0) { $0 + ($1.exact?.count ?? exactLimit + 1) }
        if total <= exactLimit {
            var seen: Set<[UInt8]> = []
            result.exact = branches.flatMap { $0.exact ?? [] }.filter { seen.insert($0).inserted }
        }
        result.prefix = branches.dropFirst().reduce(branches[0].prefix) { commonPrefix($0, $1.prefix) }
        var united: [[UInt8]] = []
        for branch in branches {
            // Of what a branch needs, the set whose shortest member is longest tells most.
            guard let best = branch.requirements.max(by: { shortest($0) < shortest($1) }) else { return result }
            united += best
        }
        if united.count <= requiredLimit { result.requirements = [united] }
        return result
    }

    func repeated(minimum: Int, maximum: Int?) -> PatternNode {
        if minimum == 1 && maximum == 1 { return self }
        if maximum == 0 { return .empty }
        if minimum == 0 {
            guard maximum == 1, let exact, exact.count < Self.exactLimit else { return .anything }
            return PatternNode(exact: exact.contains([]) ? exact : exact + [[]])
        }
        if minimum == maximum, minimum <= 16 {
            return .concatenation(Array(repeating: self, count: minimum))
        }
        var result = PatternNode(prefix: prefix, requirements: requirements)
        if exact?.contains([]) == true { result.requirements = [] }
        return result
    }

    private static func shortest(_ set: [[UInt8]]) -> Int { set.map(\.count).min() ?? 0 }

    private static func commonPrefix(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var count = 0
        while count < min(a.count, b.count), a[count] == b[count] { count += 1 }
        return Array(a[..<count])
    }
}
