import QueryLanguage
import Telemetry

/// Samples of a series in the short form of rule tests: `0+1x10 _ stale 3x2 {{count:2 sum:3 buckets:[2]}}`.
///
/// - Source: Prometheus' documentation of unit tests for rules.
enum SampleNotation {
    struct Malformed: Error, Equatable {
        var message: String
    }

    enum Item: Equatable {
        case missing
        case float(Double)
        case histogram(NativeHistogram)
    }

    /// More positions than this are a slip of the finger.
    private static let longest = 1_000_000

    // MARK: Series

    /// Reads `name{label="value"}`.
    static func series(_ text: String) throws(Malformed) -> Labels {
        let bytes = Array(text.utf8)
        var index = 0
        var builder = LabelsBuilder()
        func skipBlanks() { while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 } }
        func word() -> String {
            let start = index
            while index < bytes.count, isNameByte(bytes[index]) { index += 1 }
            return String(decoding: bytes[start..<index], as: UTF8.self)
        }
        func quoted() throws(Malformed) -> String {
            do throws(LiteralError) {
                let start = index
                index = try Literals.endOfString(bytes, from: start)
                return String(decoding: try Literals.unquote(bytes[start..<index]), as: UTF8.self)
            } catch { throw Malformed(message: "\(text): \(error.message)") }
        }
        func isQuote() -> Bool { index < bytes.count && [0x22, 0x27, 0x60].contains(bytes[index]) }
        skipBlanks()
        let name = word()
        if !name.isEmpty { builder.set(Labels.metricName, name) }
        skipBlanks()
        guard index < bytes.count else {
            if name.isEmpty { throw Malformed(message: "a series must not be empty") }
            return builder.labels
        }
        guard bytes[index] == UInt8(ascii: "{") else { throw Malformed(message: "\(text): unexpected character at \(index + 1)") }
        index += 1
        while true {
            skipBlanks()
            guard index < bytes.count else { throw Malformed(message: "\(text): unexpected end of input inside braces") }
            if bytes[index] == UInt8(ascii: "}") { break }
            let label = isQuote() ? try quoted() : word()
            skipBlanks()
            if index < bytes.count, bytes[index] == UInt8(ascii: "=") {
                index += 1
                skipBlanks()
                guard isQuote() else { throw Malformed(message: "\(text): expected a quoted value for label \(label)") }
                builder.set(label, try quoted())
            } else if !label.isEmpty {
                // A quoted name alone is the metric's.
                builder.set(Labels.metricName, label)
            } else {
                throw Malformed(message: "\(text): unexpected character at \(index + 1)")
            }
            skipBlanks()
            if index < bytes.count, bytes[index] == UInt8(ascii: ",") { index += 1 }
        }
        index += 1
        skipBlanks()
        guard index == bytes.count else { throw Malformed(message: "\(text): unexpected text after the braces") }
        return builder.labels
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a || byte >= 0x30 && byte <= 0x3a || byte == 0x5f
    }

    // MARK: Samples

    static func items(_ text: String) throws(Malformed) -> [Item] {
        var items: [Item] = []
        for word in words(text) {
            items += try expand(word)
            guard items.count <= longest else { throw Malformed(message: "more than \(longest) samples") }
        }
        return items
    }

    /// Cut at blanks outside of braces.
    private static func words(_ text: String) -> [String] {
        var depth = 0
        return text.split { character in
            if character == "{" { depth += 1 }
            if character == "}" { depth -= 1 }
            return depth == 0 && character.isWhitespace
        }
        .map(String.init)
    }

    private static func expand(_ word: String) throws(Malformed) -> [Item] {
        if word == "_" { return [.missing] }
        if word == "stale" { return [.float(StalenessMarker.value)] }
        if word.hasPrefix("{{") { return try histograms(word) }
        guard let times = word.lastIndex(of: "x"), times > word.startIndex, let count = Int(word[word.index(after: times)...]) else {
            guard let value = number(word) else { throw Malformed(message: "\(word) is not a sample") }
            return [.float(value)]
        }
        guard (0...longest).contains(count) else { throw Malformed(message: "\(word): more than \(longest) samples") }
        let body = word[..<times]
        if body == "_" { return [Item](repeating: .missing, count: count) }
        if let value = number(body) { return [Item](repeating: .float(value), count: count + 1) }
        // The sign between start and step is the last one that parts two numbers.
        for index in body.indices.dropFirst().reversed() where body[index] == "+" || body[index] == "-" {
            guard var value = number(body[..<index]), let step = number(body[index...]) else { continue }
            var items: [Item] = []
            for _ in 0...count {
                items.append(.float(value))
                value += step
            }
            return items
        }
        throw Malformed(message: "\(word) is not a sample")
    }

    private static func number(_ text: some StringProtocol) -> Double? { Literals.number(String(text)) }

    // MARK: Histograms

    private static func histograms(_ word: String) throws(Malformed) -> [Item] {
        var rest = word[...]
        func take() throws(Malformed) -> NativeHistogram {
            guard rest.hasPrefix("{{"), let end = rest.firstIndex(of: "}"), rest[end...].hasPrefix("}}") else {
                throw Malformed(message: "\(word) is not a histogram")
            }
            defer { rest = rest[rest.index(end, offsetBy: 2)...] }
            return try histogram(rest[rest.index(rest.startIndex, offsetBy: 2)..<end])
        }
        func takeCount() throws(Malformed) -> Int {
            guard rest.first == "x", let count = Int(rest.dropFirst()), (0...longest).contains(count) else {
                throw Malformed(message: "\(word): expected a count such as x3")
            }
            return count
        }
        var current = try take()
        if rest.isEmpty { return [.histogram(current)] }
        guard let sign = rest.first, sign == "+" || sign == "-" else {
            return [Item](repeating: .histogram(current), count: try takeCount() + 1)
        }
        rest.removeFirst()
        let step = try take()
        var items: [Item] = [.histogram(current)]
        for _ in 0..<(try takeCount()) {
            let hint = current.resetHint
            do throws(IncompatibleHistograms) { _ = try sign == "-" ? current.subtract(step) : current.add(step) } catch {
                throw Malformed(message: "\(word): the two histograms cannot be added")
            }
            current.resetHint = hint
            items.append(.histogram(current))
        }
        return items
    }

    private static func histogram(_ body: Substring) throws(Malformed) -> NativeHistogram {
        var histogram = NativeHistogram()
        var (offset, negativeOffset) = (Int32(0), Int32(0))
        var isList = false
        // The blanks within a list do not part fields.
        let fields = body.split { character in
            if character == "[" { isList = true }
            if character == "]" { isList = false }
            return !isList && character.isWhitespace
        }
        for field in fields {
            guard let colon = field.firstIndex(of: ":") else { throw Malformed(message: "\(field) is not a field of a histogram") }
            let (name, text) = (field[..<colon].lowercased(), field[field.index(after: colon)...])
            func value() throws(Malformed) -> Double {
                guard let value = number(text) else { throw Malformed(message: "\(field): \(text) is not a number") }
                return value
            }
            func whole() throws(Malformed) -> Int32 {
                guard let value = Int32(text) else { throw Malformed(message: "\(field): \(text) is not a whole number") }
                return value
            }
            switch name {
            case "schema": histogram.schema = try whole()
            case "sum": histogram.sum = try value()
            case "count": histogram.count = try value()
            case "z_bucket": histogram.zeroCount = try value()
            case "z_bucket_w": histogram.zeroThreshold = try value()
            case "offset": offset = try whole()
            case "n_offset": negativeOffset = try whole()
            case "buckets": histogram.positiveCounts = try list(text)
            case "n_buckets": histogram.negativeCounts = try list(text)
            case "custom_values": histogram.customBounds = try list(text)
            case "counter_reset_hint":
                let hints: [Substring: NativeHistogram.ResetHint] = ["unknown": .unknown, "reset": .reset, "not_reset": .noReset, "gauge": .gauge]
                guard let hint = hints[text] else { throw Malformed(message: "\(field): \(text) is no hint") }
                histogram.resetHint = hint
            default: throw Malformed(message: "\(name) is not a field of a histogram")
            }
        }
        if !histogram.positiveCounts.isEmpty { histogram.positiveSpans = [.init(offset: offset, length: UInt32(histogram.positiveCounts.count))] }
        if !histogram.negativeCounts.isEmpty {
            histogram.negativeSpans = [.init(offset: negativeOffset, length: UInt32(histogram.negativeCounts.count))]
        }
        return histogram
    }

    private static func list(_ text: Substring) throws(Malformed) -> [Double] {
        guard text.hasPrefix("["), text.hasSuffix("]") else { throw Malformed(message: "\(text) is not a list") }
        var values: [Double] = []
        for word in text.dropFirst().dropLast().split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
            guard let value = number(word) else { throw Malformed(message: "\(word) is not a number") }
            values.append(value)
        }
        return values
    }
}
