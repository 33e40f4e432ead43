import Bytes
import Telemetry

/// Turns the label pairs of a message into one canonical, hashed label set in a batch's arena.
///
/// Pairs are ranges into the message; nothing is copied before the set is known to be good. Senders sort their labels, so sorting is the
/// exception.
struct LabelSetEncoder: Sendable {
    private var names: [Range<Int>] = []
    private var values: [Range<Int>] = []
    private let limits: WireLimits

    init(limits: WireLimits) {
        self.limits = limits
    }

    mutating func begin() {
        names.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func add(name: Range<Int>, value: Range<Int>) {
        names.append(name)
        values.append(value)
    }

    var count: Int { names.count }

    /// What is wrong with a label set, in words that end "… of series {…}".
    struct Refusal: Error {
        var reason: String
    }

    /// Appends the set to `arena`; on refusal the arena is as before.
    mutating func finish(
        source: [UInt8], arena: inout [UInt8], needsMetricName: Bool = false
    ) throws(Refusal) -> SampleWriteBatch.Series {
        if names.count > limits.labelsPerSeries {
            throw refusal("more than \(limits.labelsPerSeries) labels (\(names.count))", source)
        }
        let start = arena.count
        do {
            try encode(source.span, &arena, needsMetricName: needsMetricName)
        } catch {
            arena.removeLast(arena.count - start)
            throw refusal(error.reason, source)
        }
        let range = start..<arena.count
        if !UTF8Validation.isValid(arena, range: range), let broken = firstBroken(source) {
            arena.removeLast(arena.count - start)
            throw refusal("label \(quoted(source, broken)) is not valid UTF-8", source)
        }
        return SampleWriteBatch.Series(labels: range, hash: Hash64.hash(arena, range: range))
    }

    private mutating func encode(_ source: Span<UInt8>, _ arena: inout [UInt8], needsMetricName: Bool) throws(Refusal) {
        sortIfNeeded(source)
        var hasMetricName = false
        var index = 0
        while index < names.count {
            let name = names[index]
            let value = values[index]
            if name.isEmpty { throw Refusal(reason: "a label without a name") }
            if name.count > limits.labelNameBytes {
                throw Refusal(reason: "label name of \(name.count) bytes, at most \(limits.labelNameBytes)")
            }
            if value.count > limits.labelValueBytes {
                throw Refusal(
                    reason: "label \(quoted(source, name)) with a value of \(value.count) bytes, at most \(limits.labelValueBytes)")
            }
            if index > 0, Self.compare(source, names[index &- 1], name) == 0 {
                throw Refusal(reason: "duplicate label \(quoted(source, name))")
            }
            // An empty value is the same as no label.
            if !value.isEmpty {
                Varint.append(UInt64(name.count), to: &arena)
                arena.append(span: source.extracting(name))
                Varint.append(UInt64(value.count), to: &arena)
                arena.append(span: source.extracting(value))
                if needsMetricName && !hasMetricName { hasMetricName = Self.isMetricName(source, name) }
            }
            index &+= 1
        }
        if needsMetricName && !hasMetricName { throw Refusal(reason: "no metric name") }
    }

    private mutating func sortIfNeeded(_ source: Span<UInt8>) {
        var index = 1
        while index < names.count {
            if Self.compare(source, names[index &- 1], names[index]) > 0 { break }
            index &+= 1
        }
        // Insertion sort: sets are short and nearly sorted.
        while index < names.count {
            let name = names[index]
            let value = values[index]
            var place = index
            while place > 0, Self.compare(source, names[place &- 1], name) > 0 {
                names[place] = names[place &- 1]
                values[place] = values[place &- 1]
                place &-= 1
            }
            names[place] = name
            values[place] = value
            index &+= 1
        }
    }

    @inline(__always)
    private static func compare(_ source: Span<UInt8>, _ a: Range<Int>, _ b: Range<Int>) -> Int {
        let shared = min(a.count, b.count)
        var index = 0
        while index < shared {
            let left = source[a.lowerBound &+ index]
            let right = source[b.lowerBound &+ index]
            if left != right { return left < right ? -1 : 1 }
            index &+= 1
        }
        return a.count &- b.count
    }

    private static func isMetricName(_ source: Span<UInt8>, _ name: Range<Int>) -> Bool {
        let wanted: StaticString = "__name__"
        guard name.count == 8 else { return false }
        return wanted.withUTF8Buffer { text in
            var index = 0
            while index < 8 {
                if unsafe source[name.lowerBound + index] != text[index] { return false }
                index += 1
            }
            return true
        }
    }

    // MARK: Messages

    private func firstBroken(_ source: [UInt8]) -> Range<Int>? {
        for index in names.indices {
            if !UTF8Validation.isValid(source, range: names[index]) { return names[index] }
            if !UTF8Validation.isValid(source, range: values[index]) { return names[index] }
        }
        return nil
    }

    private func refusal(_ reason: String, _ source: [UInt8]) -> Refusal {
        Refusal(reason: "\(reason) in series \(describe(source))")
    }

    /// The set as its sender gave it, cut to a line.
    private func describe(_ source: [UInt8]) -> String {
        var text = "{"
        for index in names.indices {
            if text.utf8.count > 200 {
                text += ", …"
                break
            }
            if index > 0 { text += ", " }
            text += String(decoding: source[names[index]].prefix(80), as: UTF8.self)
            text += "=\"" + String(decoding: source[values[index]].prefix(80), as: UTF8.self) + "\""
        }
        return text + "}"
    }

    private func quoted(_ source: [UInt8], _ range: Range<Int>) -> String {
        quoted(source.span, range)
    }

    private func quoted(_ source: Span<UInt8>, _ range: Range<Int>) -> String {
        "\"" + UTF8Validation.repaired(source.extracting(range.prefix(80))) + "\""
    }
}
