private import CRE2

/// A compiled regular expression over bytes: RE2's syntax, linear time, bounded memory, safe to share between threads.
///
/// Input need not be UTF-8, but no part of a pattern except a literal matches an ill-formed byte; `.latin1` takes bytes as characters.
/// Patterns that are only a literal, or a set of literals matched whole, never reach RE2.
package struct RegularExpression: Sendable {
    package struct Options: OptionSet, Hashable, Sendable {
        package let rawValue: Int

        package init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// The pattern must match the whole text and `.` matches line feeds too, as in Prometheus' matchers: `^(?s:pattern)$`.
        package static let anchored = Options(rawValue: 1)
        package static let caseInsensitive = Options(rawValue: 2)
        /// Pattern and text are bytes, one character each.
        package static let latin1 = Options(rawValue: 4)
        package static let dotMatchesNewline = Options(rawValue: 8)
    }

    /// What RE2 may use for a pattern's program and the automata built while matching.
    private static let memoryBudget: Int64 = 8 << 20

    package let pattern: String
    package let options: Options
    private let compiled: CompiledPattern
    private let facts: PatternFacts
    private let shortcut: Shortcut

    /// A way to answer `matches` without an automaton.
    private enum Shortcut: Sendable {
        case none
        case equalsAny([[UInt8]])
        case contains([UInt8])
        case hasPrefix([UInt8])
        case hasSuffix([UInt8])
        case always
    }

    package init(_ pattern: String, options: Options = []) throws(PatternError) {
        self.pattern = pattern
        self.options = options
        compiled = try CompiledPattern(PatternSyntax.translatedForRE2(pattern), options: options, budget: Self.memoryBudget)
        facts = PatternFacts(pattern, options: options)
        shortcut = Self.shortcut(pattern, facts, options)
    }

    private static func shortcut(_ pattern: String, _ facts: PatternFacts, _ options: Options) -> Shortcut {
        if options.contains(.caseInsensitive) { return .none }
        if let exact = facts.exact {
            if options.contains(.anchored) { return exact.count <= 32 ? .equalsAny(exact) : .none }
            return exact.count == 1 ? .contains(exact[0]) : .none
        }
        guard facts.isPlain else { return .none }
        // ".*" at an end: for a search it says nothing, for a whole match it makes a prefix, a suffix or a part of the rest.
        var inner = Substring(pattern)
        let leads = inner.hasPrefix(".*")
        if leads { inner = inner.dropFirst(2) }
        let trails = inner.hasSuffix(".*") && !inner.dropLast(2).hasSuffix("\\")
        if trails { inner = inner.dropLast(2) }
        guard leads || trails else { return .none }
        guard let exact = PatternFacts(String(inner), options: options).exact, exact.count == 1 else { return .none }
        if !options.contains(.anchored) { return .contains(exact[0]) }
        if exact[0].isEmpty { return .always }
        return leads ? trails ? .contains(exact[0]) : .hasSuffix(exact[0]) : .hasPrefix(exact[0])
    }

    // MARK: Facts for indexes and filters

    /// What every match begins with; nil when nothing is known. With `.anchored` every matching text begins with it.
    package var literalPrefix: [UInt8]? {
        options.contains(.caseInsensitive) || facts.prefix.isEmpty ? nil : facts.prefix
    }

    /// Sets of substrings of which every match contains at least one each; empty when nothing is known.
    package var requiredLiterals: [RequiredLiterals] { facts.required }

    /// All texts that a whole match can be, when they are few: "a|b|c", "foo(bar|baz)". Only with `.anchored`.
    package var setMatches: [String]? {
        guard options.contains(.anchored), !options.contains(.latin1), let exact = facts.exact else { return nil }
        return exact.map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: Matching

    package func matches(_ text: Span<UInt8>) -> Bool {
        switch shortcut {
        case .none: compiled.matches(text)
        case .equalsAny(let candidates): candidates.contains { Self.begins(text, with: $0) && text.count == $0.count }
        case .contains(let part): ByteSearch.contains(part, in: text)
        case .hasPrefix(let part): Self.begins(text, with: part)
        case .hasSuffix(let part):
            text.count >= part.count && Self.begins(text.extracting((text.count - part.count)...), with: part)
        case .always: true
        }
    }

    package func matches(_ bytes: [UInt8]) -> Bool { matches(bytes.span) }
    package func matches(_ bytes: [UInt8], range: Range<Int>) -> Bool { matches(bytes.span.extracting(range)) }
    package func matches(_ bytes: ArraySlice<UInt8>) -> Bool { matches(bytes.span) }

    package func matches(_ text: String) -> Bool {
        matches(text.utf8.span)
    }

    private static func begins(_ text: Span<UInt8>, with part: [UInt8]) -> Bool {
        guard text.count >= part.count else { return false }
        var index = 0
        while index < part.count {
            if text[index] != part[index] { return false }
            index &+= 1
        }
        return true
    }

    // MARK: Finding

    /// The leftmost match that begins at or after `start`. What lies before `start` still counts for `^` and `\b`.
    package func firstRange(in text: Span<UInt8>, from start: Int = 0) -> Range<Int>? {
        captures(in: text, from: start, groups: 1)?[0]
    }

    package func firstRange(in bytes: [UInt8], from start: Int = 0) -> Range<Int>? {
        firstRange(in: bytes.span, from: start)
    }

    /// The leftmost match and its groups; group 0 is the whole match, a group that took no part is nil.
    package func captures(in text: Span<UInt8>, from start: Int = 0) -> [Range<Int>?]? {
        captures(in: text, from: start, groups: groupCount + 1)
    }

    package func captures(in bytes: [UInt8], from start: Int = 0) -> [Range<Int>?]? {
        captures(in: bytes.span, from: start)
    }

    private func captures(in text: Span<UInt8>, from start: Int, groups: Int) -> [Range<Int>?]? {
        precondition(start >= 0 && start <= text.count, "a search starts inside its text")
        return compiled.captures(text, from: start, groups: groups)
    }

    /// Groups in parentheses, without the whole match.
    package var groupCount: Int { compiled.groupNames.count }

    /// The names of the groups, from group 1 on; nil for those without.
    package var captureNames: [String?] { compiled.groupNames }

    /// Every match from left to right, as Go's `FindAll` takes them: an empty match right behind another one does not count.
    package func allRanges(in text: Span<UInt8>) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        forEachMatch(in: text, groups: 1) { ranges.append($0[0]!) }
        return ranges
    }

    private func forEachMatch(in text: Span<UInt8>, groups: Int, _ body: ([Range<Int>?]) -> Void) {
        var start = 0
        var lastEnd = -1
        while start <= text.count, let found = captures(in: text, from: start, groups: groups) {
            let range = found[0]!
            if !(range.isEmpty && range.lowerBound == lastEnd) { body(found) }
            lastEnd = range.upperBound
            start = range.upperBound
            if range.isEmpty {
                // Go on behind the character here, else the same empty match would be found for ever.
                start += start < text.count ? max(1, UTF8Validation.sequenceLength(text, at: start)) : 1
            }
        }
    }

    // MARK: Replacing

    /// The text with every match replaced by a template: `$1`, `${1}`, `$name`, `${name}`, `$$`, as Go's `ReplaceAll` takes them.
    package func replaceAll(in text: Span<UInt8>, with template: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var copied = 0
        forEachMatch(in: text, groups: groupCount + 1) { found in
            let range = found[0]!
            result.append(span: text.extracting(copied..<range.lowerBound))
            expand(template, text, found, into: &result)
            copied = range.upperBound
        }
        result.append(span: text.extracting(copied...))
        return result
    }

    package func replaceAll(in text: String, with template: String) -> String {
        let bytes = Array(text.utf8)
        return String(decoding: replaceAll(in: bytes.span, with: Array(template.utf8)), as: UTF8.self)
    }

    /// Appends a template with the groups of one match filled in; unknown groups and those that took no part are empty.
    package func expand(_ template: [UInt8], _ text: Span<UInt8>, _ captures: [Range<Int>?], into result: inout [UInt8]) {
        var index = 0
        while index < template.count {
            guard template[index] == 0x24 else {
                result.append(template[index])
                index += 1
                continue
            }
            if index + 1 < template.count, template[index + 1] == 0x24 {
                result.append(0x24)
                index += 2
                continue
            }
            guard let reference = GroupReference(template, at: index) else {
                result.append(0x24)
                index += 1
                continue
            }
            index = reference.end
            let group = reference.number ?? compiled.groupNames.firstIndex(of: reference.name).map { $0 + 1 }
            if let group, group < captures.count, let range = captures[group] {
                result.append(span: text.extracting(range))
            }
        }
    }
}

/// `$name` or `${name}` in a replacement template.
private struct GroupReference {
    var name: String
    /// Nil when the name is not a number.
    var number: Int?
    var end: Int

    /// Nil when nothing that names a group follows the dollar sign.
    init?(_ template: [UInt8], at dollar: Int) {
        var index = dollar + 1
        let isBraced = index < template.count && template[index] == 0x7b
        if isBraced { index += 1 }
        let start = index
        while index < template.count, Self.isWord(template[index]) { index += 1 }
        guard index > start else { return nil }
        name = String(decoding: template[start..<index], as: UTF8.self)
        if isBraced {
            guard index < template.count, template[index] == 0x7d else { return nil }
            index += 1
        }
        end = index
        number = name.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(name) ?? Int.max : nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x5f, 0x61...0x7a: true
        default: false
        }
    }
}
