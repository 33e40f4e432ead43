import Bytes

/// `<ip> - <user> [<_>]`: literals with captures between them.
struct LinePattern: Sendable {
    enum Part: Sendable {
        case literal([UInt8])
        /// A capture; nil for `<_>`.
        case capture([UInt8]?)

        var isCapture: Bool {
            if case .capture = self { true } else { false }
        }
    }

    struct Failure: Error { var message: String }

    let parts: [Part]

    /// For the `pattern` parser: at least one named capture, none next to another.
    init(parser text: [UInt8]) throws(Failure) {
        parts = try Self.parts(text, namesAllowed: true)
        var names: [[UInt8]] = []
        for case .capture(let name?) in parts {
            if names.contains(name) { throw Failure(message: "duplicate capture name (\(String(decoding: name, as: UTF8.self)))") }
            names.append(name)
        }
        if names.isEmpty { throw Failure(message: "at least one capture is required") }
    }

    /// For `|>` and `!>`: only `<_>`.
    init(filter text: [UInt8]) throws(Failure) { parts = try Self.parts(text, namesAllowed: false) }

    private static func parts(_ text: [UInt8], namesAllowed: Bool) throws(Failure) -> [Part] {
        var parts: [Part] = []
        var literal: [UInt8] = []
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "<"), let end = captureEnd(text, index) else {
                literal.append(text[index])
                index += 1
                continue
            }
            let name = Array(text[index + 1..<end])
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = []
            let isUnnamed = name == [UInt8(ascii: "_")]
            if !isUnnamed, !namesAllowed { throw Failure(message: "named captures are not allowed in a pattern filter") }
            if parts.last?.isCapture == true { throw Failure(message: "found consecutive captures") }
            parts.append(.capture(isUnnamed ? nil : name))
            index = end + 1
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        return parts
    }

    private static func captureEnd(_ text: [UInt8], _ start: Int) -> Int? {
        var index = start + 1
        while index < text.count, text[index] == 0x5f || text[index] | 0x20 >= 0x61 && text[index] | 0x20 <= 0x7a
            || index > start + 1 && text[index] >= 0x30 && text[index] <= 0x39 { index += 1 }
        return index > start + 1 && index < text.count && text[index] == UInt8(ascii: ">") ? index : nil
    }

    /// Whether a whole line has the pattern; literals are found at their first place, a final capture is not empty.
    func matches(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        if range.isEmpty || parts.isEmpty { return range.isEmpty && parts.isEmpty }
        var place = range.lowerBound
        for (number, part) in parts.enumerated() {
            guard case .literal(let literal) = part else { continue }
            guard let found = ByteSearch.firstRange(of: literal, in: text, range: place..<range.upperBound) else { return false }
            if number == 0, found != range.lowerBound { return false }
            place = found + literal.count
        }
        return parts[parts.count - 1].isCapture == (place != range.upperBound)
    }

    /// Visits the captures of a line; where it stops matching, the last one takes the rest.
    func captures(_ text: [UInt8], _ range: Range<Int>, _ body: (_ name: [UInt8], Range<Int>) -> Void) {
        var rest = range
        var index = 0
        if rest.isEmpty { return }
        if case .literal(let literal) = parts[0] {
            guard text[rest].starts(with: literal) else { return }
            rest = rest.lowerBound + literal.count..<rest.upperBound
            index = 1
        }
        while index < parts.count, case .capture(let name) = parts[index] {
            guard index + 1 < parts.count, case .literal(let literal) = parts[index + 1],
                let found = ByteSearch.firstRange(of: literal, in: text, range: rest)
            else {
                if let name { body(name, rest) }
                return
            }
            if let name { body(name, rest.lowerBound..<found) }
            rest = found + literal.count..<rest.upperBound
            index += 2
        }
    }
}
