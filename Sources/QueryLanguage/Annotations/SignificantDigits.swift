import Bytes

/// Numbers cut to their first digits, for messages that tell a size.
enum SignificantDigits {
    /// As Go's `%.2g` prints it: "5.5", "10", "1.2e+02".
    static func two(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return DecimalNumber.generalText(value) }
        let places = 1 - exponent(value)
        let rounded: Double
        if places >= 0 {
            rounded = DecimalNumber.parse(DecimalNumber.fixedText(value, places: places)) ?? value
        } else {
            let unit = Mathematics.power(10, Double(-places))
            rounded = (value / unit).rounded(.toNearestOrEven) * unit
        }
        // Rounding may have carried into another digit.
        guard (-4..<2).contains(exponent(rounded)) else {
            var bytes: [UInt8] = []
            DecimalNumber.formatScientific(rounded, into: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
        return DecimalNumber.prometheusText(rounded)
    }

    private static func exponent(_ value: Double) -> Int { Int(Mathematics.logarithm10(value.magnitude).rounded(.down)) }
}
