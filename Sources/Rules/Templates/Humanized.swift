import Bytes

/// Numbers as people read them.
///
/// - Source: Prometheus `template/template.go`, which prints with Go's `%.4g`.
enum Humanized {
    /// Four significant digits, as Go's `%.4g` prints them.
    static func significant(_ value: Double) -> String {
        if value == 0 || !value.isFinite { return DecimalNumber.generalText(value) }
        // Rounding may carry into another digit, so the exponent is the rounded number's.
        let scale = fourDigits(value)
        return DecimalNumber.generalText(scale)
    }

    private static func fourDigits(_ value: Double) -> Double {
        var exponent = 0
        var magnitude = abs(value)
        while magnitude >= 10 {
            magnitude /= 10
            exponent += 1
        }
        while magnitude < 1 {
            magnitude *= 10
            exponent -= 1
        }
        let places = 3 - exponent
        if places >= 0 { return DecimalNumber.parse(DecimalNumber.fixedText(value, places: min(places, 340))) ?? value }
        var unit = 1.0
        for _ in 0..<(-places) { unit *= 10 }
        return (value / unit).rounded(.toNearestOrEven) * unit
    }

    static func decimal(_ value: Double) -> String {
        if value == 0 || !value.isFinite { return significant(value) }
        if abs(value) >= 1 { return scaled(value, by: 1000, ["", "k", "M", "G", "T", "P", "E", "Z", "Y"]) }
        var (value, prefix) = (value, "")
        for unit in ["m", "u", "n", "p", "f", "a", "z", "y"] where abs(value) < 1 {
            value *= 1000
            prefix = unit
        }
        return significant(value) + prefix
    }

    static func binary(_ value: Double) -> String {
        if abs(value) <= 1 || !value.isFinite { return significant(value) }
        return scaled(value, by: 1024, ["", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"])
    }

    private static func scaled(_ value: Double, by step: Double, _ units: [String]) -> String {
        var (value, unit) = (value, 0)
        while abs(value) >= step, unit < units.count - 1 {
            value /= step
            unit += 1
        }
        return significant(value) + units[unit]
    }

    static func percentage(_ value: Double) -> String { significant(value * 100) + "%" }

    static func duration(_ value: Double) -> String {
        if value == 0 { return "0s" }
        if !value.isFinite { return significant(value) }
        if abs(value) >= 1, abs(value) < 1e18 {
            let sign = value < 0 ? "-" : ""
            let total = Int64(abs(value))
            let (days, hours, minutes, seconds) = (total / 86_400, total / 3600 % 24, total / 60 % 60, total % 60)
            if days != 0 { return "\(sign)\(days)d \(hours)h \(minutes)m \(seconds)s" }
            if hours != 0 { return "\(sign)\(hours)h \(minutes)m \(seconds)s" }
            if minutes != 0 { return "\(sign)\(minutes)m \(seconds)s" }
            return significant(value) + "s"
        }
        if abs(value) >= 1 { return significant(value) + "s" }
        var (value, prefix) = (value, "")
        for unit in ["m", "u", "n", "p", "f", "a", "z", "y"] where abs(value) < 1 {
            value *= 1000
            prefix = unit
        }
        return significant(value) + prefix + "s"
    }

    /// Seconds since the epoch as an instant; nil when out of the years that can be told.
    static func time(_ seconds: Double) -> Timestamp? {
        guard seconds.isFinite, abs(seconds) < 9.2e9 else { return nil }
        return Timestamp(milliseconds: Int64((seconds * 1000).rounded()))
    }

    /// As Go prints a time: `2015-06-23 13:19:44.128 +0000 UTC`.
    static func timestamp(_ seconds: Double) -> String {
        guard let time = time(seconds) else { return significant(seconds) }
        let text = time.rfc3339(.shortest)
        return text.dropLast().map { $0 == "T" ? " " : String($0) }.joined() + " +0000 UTC"
    }
}
