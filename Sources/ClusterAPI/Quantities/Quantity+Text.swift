extension Quantity: LosslessStringConvertible {
    /// What the API answers to a text that is no quantity.
    package static let formatMessage =
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

    private static let decimalSuffixes: [(suffix: String, exponent: Int)] = [
        ("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18),
    ]
    private static let binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

    // MARK: Reading

    /// Nil when the text is not a quantity.
    package init?(_ text: String) {
        self.init(utf8: Array(text.utf8))
    }

    private init?(utf8 bytes: [UInt8]) {
        var index = 0
        var isNegative = false
        if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
            isNegative = bytes[index] == UInt8(ascii: "-")
            index += 1
        }
        // Digits as an integer and a count of decimals; digits too small to matter only decide the rounding.
        var mantissa: Int128 = 0
        var exponent = 0
        var isInexact = false
        var digitCount = 0
        var hasPoint = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: ".") {
                if hasPoint { return nil }
                hasPoint = true
            } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                digitCount += 1
                let digit = Int128(byte - UInt8(ascii: "0"))
                if mantissa < Self.mantissaLimit {
                    mantissa = mantissa * 10 + digit
                    if hasPoint { exponent -= 1 }
                } else {
                    if digit != 0 { isInexact = true }
                    if !hasPoint { exponent += 1 }
                }
            } else {
                break
            }
            index += 1
        }
        guard digitCount > 0 else { return nil }
        guard let suffix = Self.suffix(bytes[index...]) else { return nil }
        guard
            let nanos = Self.nanos(
                mantissa, exponent: exponent + suffix.exponent + 9, shift: suffix.shift, isInexact: isInexact)
        else {
            self.init(nanos: isNegative ? -.max / 4 : .max / 4, form: suffix.form)
            return
        }
        self.init(nanos: isNegative ? -nanos : nanos, form: suffix.form)
    }

    /// 10²⁶: with twelve more decimals (or 2⁶⁰) a mantissa below it stays within Int128 or is beyond the limit anyway.
    private static let mantissaLimit: Int128 = 100_000_000_000_000_000_000_000_000

    /// `mantissa · 10^exponent · 2^shift`, rounded up; nil when that is beyond the limit.
    private static func nanos(_ mantissa: Int128, exponent: Int, shift: Int, isInexact: Bool) -> Int128? {
        if mantissa == 0 { return isInexact ? 1 : 0 }
        var value = mantissa
        var isInexact = isInexact
        var exponent = exponent
        var shift = shift
        while exponent < 0 || shift > 0 || exponent > 0 {
            if shift > 0, value < Int128.max / 4 {
                value <<= 1
                shift -= 1
            } else if exponent < 0 {
                if value == 0 { return 1 }
                if value % 10 != 0 { isInexact = true }
                value /= 10
                exponent += 1
            } else if exponent > 0, shift == 0 {
                if value > Int128(Int64.max) * 1_000_000_000 { return nil }
                value *= 10
                exponent -= 1
            } else {
                return nil
            }
        }
        return isInexact ? value + 1 : value
    }

    private static func suffix(_ bytes: ArraySlice<UInt8>) -> (exponent: Int, shift: Int, form: Form)? {
        guard let first = bytes.first else { return (0, 0, .decimal) }
        let text = String(decoding: bytes, as: UTF8.self)
        if let place = binarySuffixes.firstIndex(of: text) { return (0, place * 10, .binary) }
        if let decimal = decimalSuffixes.first(where: { $0.suffix == text }) { return (decimal.exponent, 0, .decimal) }
        guard first == UInt8(ascii: "e") || first == UInt8(ascii: "E") else { return nil }
        var digits = bytes.dropFirst()
        var isNegative = false
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            digits = digits.dropFirst()
        }
        guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
        else { return nil }
        var exponent = 0
        for digit in digits { exponent = min(exponent * 10 + Int(digit - UInt8(ascii: "0")), 1000) }
        return (isNegative ? -exponent : exponent, 0, .exponent)
    }

    // MARK: Writing

    /// The canonical form: no fraction, the largest suffix that leaves a whole number.
    package var description: String {
        if nanos == 0 { return "0" }
        let unit: Int128 = 1_000_000_000
        if form == .binary, nanos % unit == 0, abs(nanos) >= 1024 * unit {
            var number = nanos / unit
            var place = 0
            while place < Self.binarySuffixes.count - 1, number % 1024 == 0 {
                number /= 1024
                place += 1
            }
            return "\(number)\(Self.binarySuffixes[place])"
        }
        var number = nanos
        var place = 0
        while place < Self.decimalSuffixes.count - 1, number % 1000 == 0 {
            number /= 1000
            place += 1
        }
        let (suffix, exponent) = Self.decimalSuffixes[place]
        if form == .exponent { return exponent == 0 ? "\(number)" : "\(number)e\(exponent)" }
        return "\(number)\(suffix)"
    }
}
