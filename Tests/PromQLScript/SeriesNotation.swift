import PromQL
import QueryLanguage
package import Telemetry

/// Why a script cannot be read.
package struct ScriptError: Error, CustomStringConvertible {
    package var description: String

    package init(description: String) { self.description = description }
}

/// The compact notation of samples in promqltest scripts.
package enum SeriesNotation {
    package enum Item: Sendable {
        case missing
        case float(Double)
        case histogram(NativeHistogram, namesHint: Bool)
    }

    /// Splits `name{labels}@st items…` into the series and its items.
    package static func split(_ line: String) throws -> (labels: Labels, isStartTimes: Bool, items: String) {
        let bytes = Array(line.utf8)
        var index = 0
        if bytes.first != UInt8(ascii: "{") {
            while index < bytes.count, ![UInt8(ascii: "{"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "@")].contains(bytes[index]) { index += 1 }
        }
        var end = index
        var next = index
        while next < bytes.count, bytes[next] == UInt8(ascii: " ") { next += 1 }
        // Two braces open a histogram, one opens labels.
        if next < bytes.count, bytes[next] == UInt8(ascii: "{"), !(next + 1 < bytes.count && bytes[next + 1] == UInt8(ascii: "{")) {
            end = next
            while end < bytes.count, bytes[end] != UInt8(ascii: "}") {
                if bytes[end] == UInt8(ascii: "\"") || bytes[end] == UInt8(ascii: "'") || bytes[end] == UInt8(ascii: "`") {
                    end = try Literals.endOfString(bytes, from: end)
                } else {
                    end += 1
                }
            }
            end += 1
        }
        let metric = String(decoding: bytes[..<min(end, bytes.count)], as: UTF8.self)
        var rest = String(decoding: bytes[min(end, bytes.count)...], as: UTF8.self)
        let isStart = rest.hasPrefix("@st")
        if isStart { rest.removeFirst(3) }
        return (try labels(metric), isStart, rest)
    }

    package static func labels(_ metric: String) throws -> Labels {
        let compact = metric.filter { $0 != " " && $0 != "\t" }
        if compact == "{}" { return .empty }
        if compact.hasSuffix("{}") {
            return Labels([(name: Labels.metricName, value: String(compact.dropLast(2)))])
        }
        do {
            return Labels(try PromQLSyntax.matchers(metric).map { (name: $0.name, value: $0.value) })
        } catch {
            throw ScriptError(description: "not a metric: \(metric): \(error.message)")
        }
    }

    /// Cuts items at blanks, but not within a histogram.
    package static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var depth = 0
        for character in text {
            if character == "{" { depth += 1 }
            if character == "}" { depth -= 1 }
            if (character == " " || character == "\t"), depth == 0 {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    package static func items(_ text: String) throws -> [Item] {
        var items: [Item] = []
        for word in words(text) { items += try expand(word) }
        return items
    }

    private static func expand(_ word: String) throws -> [Item] {
        if word == "_" { return [.missing] }
        if word.hasPrefix("_x"), let count = Int(word.dropFirst(2)) { return [Item](repeating: .missing, count: count) }
        if word == "stale" { return [.float(StalenessMarker.value)] }
        if word.hasPrefix("{{") { return try histograms(word) }
        // `0x3` is a zero and three repetitions: hexadecimal numbers have no place among samples.
        var body = word
        var count: Int?
        if let times = word.lastIndex(of: "x"), times != word.startIndex, let number = Int(word[word.index(after: times)...]) {
            body = String(word[..<times])
            count = number
        }
        guard let count else {
            guard let value = number(word) else { throw ScriptError(description: "not a sample: \(word)") }
            return [.float(value)]
        }
        if let value = number(body) { return [Item](repeating: .float(value), count: count + 1) }
        let characters = Array(body)
        for index in characters.indices.dropFirst().reversed() where characters[index] == "+" || characters[index] == "-" {
            guard let value = number(String(characters[..<index])), let step = number(String(characters[index...])) else { continue }
            var items: [Item] = []
            var current = value
            for _ in 0...count {
                items.append(.float(current))
                current += step
            }
            return items
        }
        throw ScriptError(description: "not a sample: \(word)")
    }

    package static func number(_ text: String) -> Double? {
        if let value = Literals.number(text) { return value }
        let sign = text.hasPrefix("-") ? -1.0 : 1.0
        let body = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.dropFirst()) : text
        return (try? PrometheusDuration.parse(body)).map { sign * Double($0) / 1000 }
    }

    // MARK: - Histograms

    private static func histograms(_ word: String) throws -> [Item] {
        guard let close = word.firstRange(of: "}}") else { throw ScriptError(description: "not a histogram: \(word)") }
        let (first, namesHint) = try histogram(String(word[..<close.upperBound]))
        var rest = String(word[close.upperBound...])
        if rest.isEmpty { return [.histogram(first, namesHint: namesHint)] }
        if rest.hasPrefix("x") {
            guard let count = Int(rest.dropFirst()) else { throw ScriptError(description: "not a count: \(rest)") }
            return [Item](repeating: .histogram(first, namesHint: namesHint), count: count + 1)
        }
        let isMinus = rest.hasPrefix("-")
        rest.removeFirst()
        guard let secondClose = rest.firstRange(of: "}}") else { throw ScriptError(description: "not a histogram: \(rest)") }
        let (step, stepNamesHint) = try histogram(String(rest[..<secondClose.upperBound]))
        guard let count = Int(rest[secondClose.upperBound...].dropFirst()) else { throw ScriptError(description: "not a count: \(rest)") }
        var items: [Item] = [.histogram(first, namesHint: namesHint)]
        var current = first
        for _ in 0..<count {
            let hint = current.resetHint
            _ = try isMinus ? current.subtract(step) : current.add(step)
            current.resetHint = stepNamesHint ? step.resetHint : hint
            items.append(.histogram(current, namesHint: stepNamesHint || namesHint))
        }
        return items
    }

    static func histogram(_ text: String) throws -> (NativeHistogram, namesHint: Bool) {
        var histogram = NativeHistogram()
        var namesHint = false
        var offset: Int32 = 0
        var negativeOffset: Int32 = 0
        var positive: [Double] = []
        var negative: [Double] = []
        var body = String(text.dropFirst(2).dropLast(2))
        // A list is one word: its blanks become commas.
        var inList = false
        body = String(body.map { character in
            if character == "[" { inList = true }
            if character == "]" { inList = false }
            return inList && character == " " ? "," : character
        })
        func list(_ text: Substring) throws -> [Double] {
            try text.dropFirst().dropLast().split(separator: ",").map { item in
                guard let value = number(String(item)) else { throw ScriptError(description: "not a number: \(item)") }
                return value
            }
        }
        for word in body.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
            guard let colon = word.firstIndex(of: ":") else { throw ScriptError(description: "not a field: \(word)") }
            let value = word[word.index(after: colon)...]
            let numeric = number(String(value)) ?? 0
            switch word[..<colon].lowercased() {
            case "schema": histogram.schema = Int32(numeric)
            case "sum": histogram.sum = numeric
            case "count": histogram.count = numeric
            case "z_bucket": histogram.zeroCount = numeric
            case "z_bucket_w": histogram.zeroThreshold = numeric
            case "offset": offset = Int32(numeric)
            case "n_offset": negativeOffset = Int32(numeric)
            case "buckets": positive = try list(value)
            case "n_buckets": negative = try list(value)
            case "custom_values": histogram.customBounds = try list(value)
            case "counter_reset_hint":
                namesHint = true
                histogram.resetHint = switch value {
                case "reset": .reset
                case "not_reset": .noReset
                case "gauge": .gauge
                default: .unknown
                }
            default: throw ScriptError(description: "unknown field \(word)")
            }
        }
        if !positive.isEmpty {
            histogram.positiveSpans = [NativeHistogram.Span(offset: offset, length: UInt32(positive.count))]
            histogram.positiveCounts = positive
        }
        if !negative.isEmpty {
            histogram.negativeSpans = [NativeHistogram.Span(offset: negativeOffset, length: UInt32(negative.count))]
            histogram.negativeCounts = negative
        }
        return (histogram, namesHint)
    }
}

extension String {
    fileprivate func firstRange(of needle: String) -> Range<String.Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(needle) { return index..<self.index(index, offsetBy: needle.count) }
            index = self.index(after: index)
        }
        return nil
    }
}

extension StringProtocol {
    package var trimmed: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" || character == "\r" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
