extension DecimalNumber {
    /// Powers of ten that a double holds exactly.
    static let exactPowers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
        1e21, 1e22,
    ]

    /// The nearest double to a number as Go's `ParseFloat` takes it: decimal or hexadecimal, "Inf", "+Inf", "-Inf", "infinity", "NaN" in any
    /// case. Nil for anything else, and for numbers too large for a double.
    package static func parse(_ text: Span<UInt8>) -> Double? {
        let count = text.count
        var index = 0
        var isNegative = false
        if count > 0, text[0] == 0x2d || text[0] == 0x2b {
            isNegative = text[0] == 0x2d
            index = 1
        }
        var mantissa: UInt64 = 0
        var digits = 0
        var exponent = 0
        var sawDigit = false
        var sawPoint = false
        var dropped = false
        scan: while index < count {
            let byte = text[index]
            switch byte {
            case 0x30...0x39:
                sawDigit = true
                if digits < 19 {
                    mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
                    if mantissa != 0 { digits &+= 1 }
                    if sawPoint { exponent &-= 1 }
                } else {
                    dropped = dropped || byte != 0x30
                    if !sawPoint { exponent &+= 1 }
                }
            case 0x2e where !sawPoint: sawPoint = true
            default: break scan
            }
            index &+= 1
        }
        guard sawDigit else { return parseNamed(text, from: index, isNegative: isNegative) }
        if index < count {
            guard text[index] | 0x20 == 0x65 else { return parseHexadecimal(text) }
            guard let written = parseExponent(text, from: index + 1) else { return nil }
            exponent += written
        }
        // Clinger's fast path: both operands are exact, so one rounding gives the nearest double.
        if !dropped && mantissa < 1 << 53 {
            if mantissa == 0 { return isNegative ? -0.0 : 0.0 }
            if exponent >= -22 && exponent <= 22 {
                let magnitude =
                    exponent < 0
                    ? Double(mantissa) / exactPowers[-exponent] : Double(mantissa) * exactPowers[exponent]
                return isNegative ? -magnitude : magnitude
            }
        }
        return parseSlowly(text)
    }

    package static func parse(_ text: ArraySlice<UInt8>) -> Double? { parse(text.span) }
    package static func parse(_ text: [UInt8]) -> Double? { parse(text.span) }
    package static func parse(_ text: String) -> Double? { parse(Array(text.utf8).span) }

    private static func parseExponent(_ text: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        var isNegative = false
        if index < text.count, text[index] == 0x2d || text[index] == 0x2b {
            isNegative = text[index] == 0x2d
            index += 1
        }
        guard index < text.count else { return nil }
        var value = 0
        while index < text.count {
            let digit = text[index] &- 0x30
            guard digit < 10 else { return nil }
            // Beyond that every number is zero or too large; stop before the sum overflows.
            if value < 100_000 { value = value * 10 + Int(digit) }
            index += 1
        }
        return isNegative ? -value : value
    }

    private static func parseNamed(_ text: Span<UInt8>, from start: Int, isNegative: Bool) -> Double? {
        // A lone "." has moved the index past the sign.
        guard start <= 1 else { return nil }
        let name = text.extracting(start...)
        if equals(name, "inf") || equals(name, "infinity") { return isNegative ? -.infinity : .infinity }
        if start == 0 && equals(name, "nan") { return .nan }
        return nil
    }

    private static func equals(_ name: Span<UInt8>, _ lowercase: StaticString) -> Bool {
        guard name.count == lowercase.utf8CodeUnitCount else { return false }
        for index in 0..<name.count where unsafe ByteSearch.lowercased(name[index]) != lowercase.utf8Start[index] {
            return false
        }
        return true
    }

    /// "0x1.8p3"; the exponent is required, as in Go.
    private static func parseHexadecimal(_ text: Span<UInt8>) -> Double? {
        var index = 0
        if text.count > 0, text[0] == 0x2d || text[0] == 0x2b { index = 1 }
        guard text.count > index + 2, text[index] == 0x30, text[index + 1] | 0x20 == 0x78 else { return nil }
        var sawExponent = false
        for place in (index + 2)..<text.count {
            switch text[place] {
            case 0x30...0x39, 0x2e: continue
            case 0x41...0x46, 0x61...0x66: if sawExponent { return nil }
            case 0x50, 0x70: sawExponent = true
            case 0x2b, 0x2d: if text[place - 1] | 0x20 != 0x70 { return nil }
            default: return nil
            }
        }
        return sawExponent ? parseSlowly(text) : nil
    }

    /// The standard library's correctly rounding parser, for text already known to be a number.
    private static func parseSlowly(_ text: Span<UInt8>) -> Double? {
        guard let value = Double(UTF8Validation.repaired(text)) else { return nil }
        return value.isInfinite ? nil : value
    }
}
