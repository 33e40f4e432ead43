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

    /// What is wrong with a label set, in words that end "… of series {…}".
    struct Refusal: Error {
        var reason: String
    }

    /// Appends the set to `arena`; on refusal the arena is as before.
    mutating func finish(
        source: [UInt8], arena: inout [UInt8], needsMetricName: Bool = false
    ) throws(Refusal) -> SampleWriteBatch.Series {
        if count > limits.labelsPerSeries { throw refusal("more than \(limits.labelsPerSeries) labels (\(count))", source) }
        sortIfNeeded(source.span)
        if let problem = check(source.span, needsMetricName: needsMetricName) { throw refusal(problem, source) }
        dropEmptyValues()
        let start = arena.count
        arena.appendLengthPrefixed(ranges.span, of: source.span)
        let range = start..<arena.count
        if !UTF8Validation.isValid(arena, range: range), let broken = firstBroken(source) {
            arena.removeLast(arena.count - start)
            throw refusal("label \(quoted(source.span, broken)) is not valid UTF-8", source)
        }
        return SampleWriteBatch.Series(labels: range, hash: Hash64.hash(arena, range: range))
    }

    /// What is wrong with the sorted pairs, nil when nothing is.
    private func check(_ source: Span<UInt8>, needsMetricName: Bool) -> String? {
        var hasMetricName = !needsMetricName
        var index = 0
        while index < ranges.count {
            let name = ranges[index]
            let value = ranges[index &+ 1]
            if name.isEmpty { return "a label without a name" }
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
        return hasMetricName ? nil : "no metric name"
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

    // MARK: Messages

    private func firstBroken(_ source: [UInt8]) -> Range<Int>? {
        for index in stride(from: 0, to: ranges.count, by: 2)
        where !UTF8Validation.isValid(source, range: ranges[index]) || !UTF8Validation.isValid(source, range: ranges[index + 1]) {
            return ranges[index]
        }
        return nil
    }

    private func refusal(_ reason: String, _ source: [UInt8]) -> Refusal {
        Refusal(reason: "\(reason) in series \(describe(source))")
    }

    /// The set as its sender gave it, cut to a line.
    private func describe(_ source: [UInt8]) -> String {
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
