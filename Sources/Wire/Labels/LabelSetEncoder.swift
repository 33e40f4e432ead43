import Bytes
import Telemetry

/// Turns the label pairs of a message into one canonical, hashed label set in a batch's arena.
///
/// Pairs are ranges into the message; nothing is copied before the set is known to be good. Senders sort their labels, so sorting is the
/// exception.
struct LabelSetEncoder: Sendable {
    /// Names and values in turn.
    private var ranges: [Range<Int>] = []
    private let limits: WireLimits

    init(limits: WireLimits) {
        self.limits = limits
    }

    mutating func begin() {
        ranges.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func add(name: Range<Int>, value: Range<Int>) {
        ranges.append(name)
        ranges.append(value)
    }

    var count: Int { ranges.count / 2 }

    /// Characters of all names and values.
    func characterCount(in source: [UInt8]) -> Int {
        // A character of UTF-8 has one byte that continues no other.
        ranges.reduce(0) { sum, range in sum + source[range].count { $0 & 0xc0 != 0x80 } }
    }

    /// What is wrong with a label set, in words that end "… of series {…}".
    struct Refusal: Error {
        var reason: String
        /// The set as it came, where it is a set that is refused; empty otherwise.
        var set = ""
        /// The name that stands twice in it.
        var duplicate: String?
        /// Whether names and values are what is wrong, not their size.
        var isMalformed = false
    }

    /// Appends the set to `arena`; on refusal the arena is as before.
    mutating func finish(
        source: [UInt8], arena: inout [UInt8], needsMetricName: Bool = false
    ) throws(Refusal) -> SampleWriteBatch.Series {
        if count > limits.labelsPerSeries { throw refusal("more than \(limits.labelsPerSeries) labels (\(count))", source) }
        sortIfNeeded(source.span)
        if let problem = check(source.span, needsMetricName: needsMetricName) {
            var refusal = refusal(problem, source)
            refusal.duplicate = firstDuplicate(source)
            refusal.isMalformed = problem == Self.noName || problem == Self.noMetricName
            throw refusal
        }
        dropEmptyValues()
        let start = arena.count
        arena.appendLengthPrefixed(ranges.span, of: source.span)
        let range = start..<arena.count
        if !UTF8Validation.isValid(arena, range: range), let broken = firstBroken(source) {
            arena.removeLast(arena.count - start)
            var refusal = refusal("label \(quoted(source.span, broken)) is not valid UTF-8", source)
            refusal.isMalformed = true
            throw refusal
        }
        return SampleWriteBatch.Series(labels: range, hash: Hash64.hash(arena, range: range))
    }

    private static let noName = "a label without a name"
    private static let noMetricName = "no metric name"

    /// Whether the set would be taken, so that something else may be said of its series.
    mutating func isSound(in source: [UInt8]) -> Bool {
        sortIfNeeded(source.span)
        return count <= limits.labelsPerSeries && check(source.span, needsMetricName: true) == nil && firstBroken(source) == nil
    }

    /// What is wrong with the sorted pairs, nil when nothing is.
    private func check(_ source: Span<UInt8>, needsMetricName: Bool) -> String? {
        var hasMetricName = !needsMetricName
        var index = 0
        while index < ranges.count {
            let name = ranges[index]
            let value = ranges[index &+ 1]
            if name.isEmpty { return Self.noName }
            if name.count > limits.labelNameBytes {
                return "label name of \(name.count) bytes, at most \(limits.labelNameBytes)"
            }
            if value.count > limits.labelValueBytes {
                return "label \(quoted(source, name)) with a value of \(value.count) bytes, at most \(limits.labelValueBytes)"
            }
            if index > 0, ByteSearch.equal(source, ranges[index &- 2], name) { return "duplicate label \(quoted(source, name))" }
            if !hasMetricName && !value.isEmpty { hasMetricName = ByteSearch.equal(source, name, "__name__") }
            index &+= 2
        }
        return hasMetricName ? nil : Self.noMetricName
    }

    /// An empty value is the same as no label.
    private mutating func dropEmptyValues() {
        var index = 1
        while index < ranges.count, !ranges[index].isEmpty { index &+= 2 }
        guard index < ranges.count else { return }
        var kept: [Range<Int>] = []
        for place in stride(from: 0, to: ranges.count, by: 2) where !ranges[place + 1].isEmpty {
            kept.append(ranges[place])
            kept.append(ranges[place + 1])
        }
        ranges = kept
    }

    private mutating func sortIfNeeded(_ source: Span<UInt8>) {
        var index = 2
        while index < ranges.count {
            if ByteSearch.compare(source, ranges[index &- 2], ranges[index]) > 0 { break }
            index &+= 2
        }
        // Insertion sort: sets are short and nearly sorted.
        while index < ranges.count {
            let name = ranges[index]
            let value = ranges[index &+ 1]
            var place = index
            while place > 0, ByteSearch.compare(source, ranges[place &- 2], name) > 0 {
                ranges[place] = ranges[place &- 2]
                ranges[place &+ 1] = ranges[place &- 1]
                place &-= 2
            }
            ranges[place] = name
            ranges[place &+ 1] = value
            index &+= 2
        }
    }

    // MARK: Structured metadata

    /// Makes every name one that a query can say and every text valid UTF-8; answers the bytes that the pairs lie in from now on.
    ///
    /// A name that is one already is not touched, and where all are and the texts are sound nothing is copied. Of names that become equal
    /// the first stays.
    /// - Source: Loki's distributor and the OpenTelemetry rules that it takes names by: what is no letter, digit or underscore becomes an
    ///   underscore, several in a row one; `key_` stands before a digit; bytes that are no UTF-8 fall away, and so do empty values.
    mutating func normalize(_ source: [UInt8]) -> [UInt8] {
        if isNormal(source.span) { return source }
        var text: [UInt8] = []
        var known: Set<[UInt8]> = []
        var normal: [Range<Int>] = []
        for index in stride(from: 0, to: ranges.count, by: 2) {
            let name = Self.isLabelName(source.span, ranges[index]) ? Array(source[ranges[index]]) : Self.labelName(source[ranges[index]])
            guard known.insert(name).inserted else { continue }
            text.append(contentsOf: name)
            normal.append(text.count - name.count..<text.count)
            let start = text.count
            if UTF8Validation.isValid(source, range: ranges[index + 1]) {
                text.append(contentsOf: source[ranges[index + 1]])
            } else {
                for scalar in UTF8Validation.repaired(source[ranges[index + 1]]).unicodeScalars where scalar != "\u{fffd}" {
                    text.append(contentsOf: UTF8.encode(scalar)!)
                }
            }
            normal.append(start..<text.count)
        }
        ranges = normal
        return text
    }

    private func isNormal(_ source: Span<UInt8>) -> Bool {
        var index = 0
        while index < ranges.count {
            if !Self.isLabelName(source, ranges[index]) || !UTF8Validation.isValid(source.extracting(ranges[index &+ 1])) { return false }
            index &+= 2
        }
        return true
    }

    /// Whether a name is made of letters, digits and underscores, with no digit in front.
    private static func isLabelName(_ source: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        if index < range.upperBound, source[index] &- 0x30 < 10 { return false }
        while index < range.upperBound {
            let byte = source[index]
            guard byte | 0x20 &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x5f else { return false }
            index &+= 1
        }
        return true
    }

    private static func labelName(_ raw: ArraySlice<UInt8>) -> [UInt8] {
        var name: [UInt8] = []
        for scalar in UTF8Validation.repaired(raw).unicodeScalars {
            let isWord = ("0"..."9").contains(scalar) || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
            if isWord { name.append(UInt8(scalar.value)) } else if name.last != 0x5f { name.append(0x5f) }
        }
        if let first = name.first, first &- 0x30 < 10 { name.insert(contentsOf: "key_".utf8, at: 0) }
        return name
    }

    // MARK: Messages

    private func firstBroken(_ source: [UInt8]) -> Range<Int>? {
        for index in stride(from: 0, to: ranges.count, by: 2)
        where !UTF8Validation.isValid(source, range: ranges[index]) || !UTF8Validation.isValid(source, range: ranges[index + 1]) {
            return ranges[index]
        }
        return nil
    }

    private func refusal(_ reason: String, _ source: [UInt8]) -> Refusal {
        let set = describe(source)
        return Refusal(reason: "\(reason) in series \(set)", set: set)
    }

    private func firstDuplicate(_ source: [UInt8]) -> String? {
        let twin = stride(from: 2, to: ranges.count, by: 2).first { source[ranges[$0 - 2]] == source[ranges[$0]] }
        return twin.map { String(decoding: source[ranges[$0]].prefix(80), as: UTF8.self) }
    }

    /// The set as its sender gave it, cut to a line.
    func describe(_ source: [UInt8]) -> String {
        var text = "{"
        for index in stride(from: 0, to: ranges.count, by: 2) {
            if text.utf8.count > 200 {
                text += ", …"
                break
            }
            if index > 0 { text += ", " }
            text += String(decoding: source[ranges[index]].prefix(80), as: UTF8.self)
            text += "=\"" + String(decoding: source[ranges[index + 1]].prefix(80), as: UTF8.self) + "\""
        }
        return text + "}"
    }

    private func quoted(_ source: Span<UInt8>, _ range: Range<Int>) -> String {
        "\"" + UTF8Validation.repaired(source.extracting(range.prefix(80))) + "\""
    }
}
