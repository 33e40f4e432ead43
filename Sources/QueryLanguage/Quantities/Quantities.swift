import Bytes

/// Numbers, durations and byte sizes in queries and in log lines.
///
/// - Source: Go's `strconv.ParseFloat` and `time.ParseDuration`; go-humanize for sizes, whose `k` counts 1000 and `ki` 1024.
package enum Quantities {
    /// Whether the bytes are a plain decimal number, exponent allowed.
    package static func isDecimal(_ word: [UInt8]) -> Bool {
        guard let last = word.last, last >= 0x30 && last <= 0x39 || last == UInt8(ascii: ".") else { return false }
        return word.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || ".eE+-".utf8.contains($0) } && DecimalNumber.parse(word) != nil
    }

    /// A float as a log line carries it.
    package static func number(_ text: ArraySlice<UInt8>) -> Double? {
        if let value = DecimalNumber.parse(text) { return value }
        return text.contains(UInt8(ascii: "_")) ? nil : Literals.number(String(decoding: text, as: UTF8.self))
    }

    /// A duration in nanoseconds: `1.5s`, `-2h3m`, `5d`; nil when it is none.
    package static func duration(_ text: some Collection<UInt8>) -> Int64? {
        var bytes = Array(text)
        var isNegative = false
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            bytes.removeFirst()
        }
        if bytes == [UInt8(ascii: "0")] { return 0 }
        guard !bytes.isEmpty else { return nil }
        var total = 0.0
        var index = 0
        while index < bytes.count {
            let digits = index
            while index < bytes.count, bytes[index] >= 0x30 && bytes[index] <= 0x39 || bytes[index] == 0x2e { index += 1 }
            let letters = index
            while index < bytes.count, !(bytes[index] >= 0x30 && bytes[index] <= 0x39), bytes[index] != 0x2e { index += 1 }
            guard letters > digits, index > letters, let value = DecimalNumber.parse(bytes[digits..<letters]) else { return nil }
            guard let unit = nanoseconds(ofUnit: bytes[letters..<index]) else { return nil }
            total += value * unit
        }
        guard total < 9.2e18 else { return nil }
        return Int64(isNegative ? -total.rounded() : total.rounded())
    }

    /// A duration in nanoseconds as log lines carry it: no days, weeks or years.
    ///
    /// - Source: Go's `time.ParseDuration`, its messages too.
    package static func goDuration(_ text: ArraySlice<UInt8>) throws(LiteralError) -> Int64 {
        func quoted() -> String { Literals.quote(UTF8Validation.repaired(text)) }
        var index = text.startIndex
        let end = text.endIndex
        if index < end, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") { index += 1 }
        if end - index == 1, text[index] == UInt8(ascii: "0") { return 0 }
        if index == end { throw LiteralError("time: invalid duration \(quoted())") }
        while index < end {
            let digits = index
            while index < end, text[index] >= 0x30 && text[index] <= 0x39 || text[index] == 0x2e { index += 1 }
            guard index > digits, DecimalNumber.parse(text[digits..<index]) != nil else { throw LiteralError("time: invalid duration \(quoted())") }
            let unit = index
            while index < end, !(text[index] >= 0x30 && text[index] <= 0x39), text[index] != 0x2e { index += 1 }
            if index == unit { throw LiteralError("time: missing unit in duration \(quoted())") }
            let name = text[unit..<index]
            guard let length = nanoseconds(ofUnit: name), length < 86_400e9 else {
                throw LiteralError("time: unknown unit \(Literals.quote(UTF8Validation.repaired(name))) in duration \(quoted())")
            }
        }
        guard let value = duration(text) else { throw LiteralError("time: invalid duration \(quoted())") }
        return value
    }

    private static func nanoseconds(ofUnit unit: ArraySlice<UInt8>) -> Double? {
        switch String(decoding: unit, as: UTF8.self) {
        case "ns": 1
        case "us", "\u{b5}s", "\u{3bc}s": 1e3
        case "ms": 1e6
        case "s": 1e9
        case "m": 60e9
        case "h": 3600e9
        case "d": 86_400e9
        case "w": 7 * 86_400e9
        case "y": 365 * 86_400e9
        default: nil
        }
    }

    /// A size in bytes: `42`, `1.5KB`, `2 MiB`; nil when it is none.
    package static func byteSize(_ text: some Collection<UInt8>) -> Double? {
        let bytes = Array(text)
        var index = 0
        while index < bytes.count, bytes[index] >= 0x30 && bytes[index] <= 0x39 || bytes[index] == 0x2e || bytes[index] == 0x2c { index += 1 }
        guard index > 0, let value = DecimalNumber.parse(bytes[0..<index].filter { $0 != 0x2c }) else { return nil }
        while index < bytes.count, bytes[index] == 0x20 { index += 1 }
        let unit = String(decoding: bytes[index...].map { ByteSearch.lowercased($0) }, as: UTF8.self)
        guard let factor = factors[unit] else { return nil }
        return (value * factor).rounded(.down)
    }

    private static let factors: [String: Double] = {
        var factors = ["": 1.0, "b": 1.0]
        for (power, letter) in ["k", "m", "g", "t", "p", "e"].enumerated() {
            var decimal = 1.0
            var binary = 1.0
            for _ in 0...power {
                decimal *= 1000
                binary *= 1024
            }
            factors[letter] = decimal
            factors[letter + "b"] = decimal
            factors[letter + "i"] = binary
            factors[letter + "ib"] = binary
        }
        return factors
    }()
}
