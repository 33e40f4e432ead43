extension DecimalNumber {
    /// Appends Go's `FormatFloat(value, 'f', -1, 64)`: the shortest digits that read back as `value`, never an exponent, "+Inf", "-Inf", "NaN".
    ///
    /// The form of sample values in Prometheus' and Loki's JSON.
    package static func formatPrometheus(_ value: Double, into bytes: inout [UInt8]) {
        let magnitude = value.magnitude
        if magnitude == 0 || magnitude >= 1e-6 && magnitude < 1e21 { return SampleText.appendValue(value, to: &bytes) }
        guard let decimal = ShortestDecimal(value) else { return appendNamed(value, to: &bytes) }
        decimal.appendPositional(to: &bytes)
    }

    /// Appends Go's `FormatFloat(value, 'g', -1, 64)`: an exponent when it is below -4 or at least 6 ("1e+06"); the form of
    /// exposition text.
    package static func formatGeneral(_ value: Double, into bytes: inout [UInt8]) {
        if value.magnitude < 1e6, appendExactly(value, to: &bytes, smallest: 1e-4) { return }
        guard let decimal = ShortestDecimal(value) else { return appendNamed(value, to: &bytes) }
        let exponent = decimal.pointPosition - 1
        if exponent < -4 || exponent >= 6 {
            decimal.appendScientific(minimumExponentDigits: 2, to: &bytes)
        } else {
            decimal.appendPositional(to: &bytes)
        }
    }

    /// Appends Go's `FormatFloat(value, 'e', -1, 64)`: "1.5e+00".
    package static func formatScientific(_ value: Double, into bytes: inout [UInt8]) {
        guard let decimal = ShortestDecimal(value) else { return appendNamed(value, to: &bytes) }
        decimal.appendScientific(minimumExponentDigits: 2, to: &bytes)
    }

    /// Appends the form of Go's `encoding/json`: positional between 1e-6 and 1e21, else with the shortest exponent.
    ///
    /// - Precondition: the value is finite.
    package static func formatJSON(_ value: Double, into bytes: inout [UInt8]) {
        precondition(value.isFinite, "JSON has no infinities and no NaN")
        if appendExactly(value, to: &bytes) { return }
        guard let decimal = ShortestDecimal(value) else { return }
        if value.magnitude < 1e-6 || value.magnitude >= 1e21 {
            decimal.appendScientific(minimumExponentDigits: 1, to: &bytes)
        } else {
            decimal.appendPositional(to: &bytes)
        }
    }

    /// Appends `value` rounded to `places` decimals, as Go's `FormatFloat(value, 'f', places, 64)`: exact, half to even on the exact value.
    package static func formatFixed(_ value: Double, places: Int, into bytes: inout [UInt8]) {
        guard value.isFinite else { return appendNamed(value, to: &bytes) }
        ExactDecimal(value).appendFixed(places: places, to: &bytes)
    }

    package static func prometheusText(_ value: Double) -> String {
        var bytes: [UInt8] = []
        formatPrometheus(value, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    package static func generalText(_ value: Double) -> String {
        var bytes: [UInt8] = []
        formatGeneral(value, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    package static func fixedText(_ value: Double, places: Int) -> String {
        var bytes: [UInt8] = []
        formatFixed(value, places: places, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func appendNamed(_ value: Double, to bytes: inout [UInt8]) {
        bytes.append(ascii: value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf")
    }

    /// Appends integers and numbers of few decimals without searching for the shortest digits; false when `value` is neither.
    ///
    /// If some m of at most 15 digits has m / 10^k == value, then m's digits are the shortest: decimals of 15 digits are told apart by doubles.
    private static func appendExactly(_ value: Double, to bytes: inout [UInt8], smallest: Double = 0) -> Bool {
        let magnitude = value.magnitude
        guard magnitude < 1e15 else { return false }
        if magnitude == magnitude.rounded(.towardZero) {
            if value.sign == .minus { bytes.append(0x2d) }
            append(UInt64(magnitude), to: &bytes)
            return true
        }
        guard magnitude >= smallest, magnitude < 1e9 else { return false }
        var places = 3
        var scaled = (magnitude * 1e3).rounded()
        if scaled / 1e3 != magnitude {
            places = 6
            scaled = (magnitude * 1e6).rounded()
            if scaled / 1e6 != magnitude { return false }
        }
        if value.sign == .minus { bytes.append(0x2d) }
        let power: UInt64 = places == 3 ? 1_000 : 1_000_000
        let whole = UInt64(scaled) / power
        var fraction = UInt64(scaled) % power
        append(whole, to: &bytes)
        bytes.append(0x2e)
        var unit = power / 10
        while fraction > 0 {
            let digit = fraction / unit
            bytes.append(0x30 &+ UInt8(truncatingIfNeeded: digit))
            fraction -= digit * unit
            unit /= 10
        }
        return true
    }
}

/// The fewest decimal digits that read back as a double, and where the point stands.
private struct ShortestDecimal {
    var isNegative: Bool
    /// Digits without leading and trailing zeros; "0" for zero.
    var digits: [UInt8] = []
    /// The value is 0.d₁d₂d₃… × 10^pointPosition.
    var pointPosition = 0

    /// Nil for infinities and NaN.
    init?(_ value: Double) {
        guard value.isFinite else { return nil }
        isNegative = value.sign == .minus
        if value == 0 {
            digits = [0x30]
            pointPosition = 1
            return
        }
        // The standard library prints the shortest digits (SwiftDtoa); only their layout differs from Go's.
        var text = value.magnitude.description
        var whole = 0
        var sawPoint = false
        var exponent = 0
        text.withUTF8 { text in
            var index = 0
            while index < text.count {
                let byte = unsafe text[index]
                index += 1
                if byte == 0x2e {
                    sawPoint = true
                } else if byte == 0x65 {
                    let isNegative = unsafe text[index] == 0x2d
                    if unsafe text[index] == 0x2d || text[index] == 0x2b { index += 1 }
                    while index < text.count {
                        exponent = unsafe exponent * 10 + Int(text[index] - 0x30)
                        index += 1
                    }
                    if isNegative { exponent = -exponent }
                } else {
                    digits.append(byte)
                    if !sawPoint { whole += 1 }
                }
            }
        }
        pointPosition = whole + exponent
        while digits.last == 0x30 { digits.removeLast() }
        let leading = digits.prefix { $0 == 0x30 }.count
        digits.removeFirst(leading)
        pointPosition -= leading
    }

    func appendPositional(to bytes: inout [UInt8]) {
        if isNegative { bytes.append(0x2d) }
        if pointPosition <= 0 {
            bytes.append(0x30)
            bytes.append(0x2e)
            bytes.append(contentsOf: repeatElement(0x30, count: -pointPosition))
            bytes.append(contentsOf: digits)
        } else if pointPosition >= digits.count {
            bytes.append(contentsOf: digits)
            bytes.append(contentsOf: repeatElement(0x30, count: pointPosition - digits.count))
        } else {
            bytes.append(contentsOf: digits[..<pointPosition])
            bytes.append(0x2e)
            bytes.append(contentsOf: digits[pointPosition...])
        }
    }

    func appendScientific(minimumExponentDigits: Int, to bytes: inout [UInt8]) {
        if isNegative { bytes.append(0x2d) }
        bytes.append(digits[0])
        if digits.count > 1 {
            bytes.append(0x2e)
            bytes.append(contentsOf: digits[1...])
        }
        let exponent = digits == [0x30] ? 0 : pointPosition - 1
        bytes.append(0x65)
        bytes.append(exponent < 0 ? 0x2d : 0x2b)
        if minimumExponentDigits == 2 && exponent.magnitude < 10 { bytes.append(0x30) }
        DecimalNumber.append(UInt64(exponent.magnitude), to: &bytes)
    }
}

/// All decimal digits of a double, for rounding to a number of places without a second rounding.
private struct ExactDecimal {
    let value: Double

    init(_ value: Double) {
        self.value = value
    }

    /// A double is m × 2^e; its decimal expansion ends, at most 1,074 places behind the point. Digits are made in base 10^9.
    func appendFixed(places: Int, to bytes: inout [UInt8]) {
        let exponent = value == 0 ? 0 : Int(value.exponent) - 52
        let isSubnormal = value.isSubnormal
        let mantissa = value == 0 ? 0 : value.significandBitPattern | (isSubnormal ? 0 : 1 << 52)
        let power = isSubnormal ? -1074 : exponent
        // The number as an integer of `scale` decimal places: m × 5^k with k = -power places when power < 0.
        var limbs: [UInt64] = []
        var rest = mantissa
        while rest > 0 {
            limbs.append(rest % 1_000_000_000)
            rest /= 1_000_000_000
        }
        let factor: UInt64 = power < 0 ? 5 : 2
        for _ in 0..<abs(power) where !limbs.isEmpty {
            var carry: UInt64 = 0
            for index in limbs.indices {
                let product = limbs[index] * factor + carry
                limbs[index] = product % 1_000_000_000
                carry = product / 1_000_000_000
            }
            if carry > 0 { limbs.append(carry) }
        }
        var digits: [UInt8] = []
        for limb in limbs {
            var limb = limb
            for _ in 0..<9 {
                digits.append(UInt8(limb % 10))
                limb /= 10
            }
        }
        while digits.last == 0 { digits.removeLast() }
        // `digits` begins with the least significant; `scale` of them stand behind the point.
        let scale = max(0, -power)
        if scale > places {
            let cut = scale - places
            var roundsUp = false
            if cut <= digits.count {
                let half = digits[cut - 1]
                let isAboveHalf = half > 5 || (half == 5 && digits[..<(cut - 1)].contains { $0 != 0 })
                let isTie = half == 5 && !isAboveHalf
                let isOdd = cut < digits.count && digits[cut] % 2 == 1
                roundsUp = isAboveHalf || (isTie && isOdd)
            }
            digits.removeFirst(min(cut, digits.count))
            var index = 0
            while roundsUp {
                if index == digits.count { digits.append(0) }
                roundsUp = digits[index] == 9
                digits[index] = roundsUp ? 0 : digits[index] + 1
                index += 1
            }
        } else {
            digits.insert(contentsOf: repeatElement(0, count: places - scale), at: 0)
        }
        while digits.count <= places { digits.append(0) }
        if value.sign == .minus { bytes.append(0x2d) }
        for index in digits.indices.reversed() {
            bytes.append(0x30 + digits[index])
            if index == places && places > 0 { bytes.append(0x2e) }
        }
    }
}
