/// Durations as both languages write them: `1h30m`, `5d`, `100ms`; whole numbers of units in falling order.
///
/// - Units: milliseconds as `Int64`.
/// - Source: Prometheus `model.ParseDuration` and `Duration.String`.
package enum PrometheusDuration {
    /// Units in falling order with their length.
    package static let units: [(name: String, milliseconds: Int64)] = [
        ("y", 365 * 86_400_000), ("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Parses a duration; `0` alone is legal.
    ///
    /// - Throws: `LiteralError` in Prometheus' words: unknown unit, not a valid duration string, out of range.
    package static func parse(_ text: String) throws(LiteralError) -> Int64 {
        if text == "0" { return 0 }
        if text.isEmpty { throw LiteralError("empty duration string") }
        let bytes = Array(text.utf8)
        var index = 0
        var nextUnit = 0
        var total: Int64 = 0
        while index < bytes.count {
            let digits = index
            while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
            let letters = index
            while index < bytes.count, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
            guard letters > digits, index > letters else { throw LiteralError("not a valid duration string: \(Literals.quote(text))") }
            let name = String(decoding: bytes[letters..<index], as: UTF8.self)
            guard let unit = units.firstIndex(where: { $0.name == name }) else {
                throw LiteralError("unknown unit \(Literals.quote(name)) in duration \(Literals.quote(text))")
            }
            guard unit >= nextUnit else { throw LiteralError("not a valid duration string: \(Literals.quote(text))") }
            nextUnit = unit + 1
            guard let value = Int64(String(decoding: bytes[digits..<letters], as: UTF8.self)) else {
                throw LiteralError("duration out of range")
            }
            let (product, productOverflows) = value.multipliedReportingOverflow(by: units[unit].milliseconds)
            let (sum, sumOverflows) = total.addingReportingOverflow(product)
            guard !productOverflows, !sumOverflows, sum <= Int64.max / 1_000_000 else { throw LiteralError("duration out of range") }
            total = sum
        }
        return total
    }

    /// The shortest canonical form: `1h30m`, `100ms`, `0s`; years, weeks and days only when they divide exactly.
    package static func format(_ milliseconds: Int64) -> String {
        if milliseconds == 0 { return "0s" }
        var rest = milliseconds.magnitude
        var text = milliseconds < 0 ? "-" : ""
        for (name, length) in units {
            let length = UInt64(length)
            let mustDivide = name == "y" || name == "w" || name == "d"
            guard rest >= length, !(mustDivide && rest % length != 0) else { continue }
            text += "\(rest / length)\(name)"
            rest %= length
        }
        return text
    }
}
