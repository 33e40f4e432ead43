import QueryLanguage

/// Functions from one float to one float, applied to every element of a vector.
enum ScalarFunctions {
    static func named(_ name: String) -> ((Double) -> Double)? {
        switch name {
        case "abs": { abs($0) }
        case "ceil": { $0.rounded(.up) }
        case "floor": { $0.rounded(.down) }
        case "exp": Mathematics.exponential
        case "sqrt": { $0.squareRoot() }
        case "ln": Mathematics.logarithm
        case "log2": Mathematics.logarithm2
        case "log10": Mathematics.logarithm10
        case "sgn": { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 }
        case "deg": { $0 * 180 / .pi }
        case "rad": { $0 * .pi / 180 }
        case "sin": Mathematics.sine
        case "cos": Mathematics.cosine
        case "tan": Mathematics.tangent
        case "asin": Mathematics.arcSine
        case "acos": Mathematics.arcCosine
        case "atan": { Mathematics.arcTangent($0) }
        case "sinh": Mathematics.hyperbolicSine
        case "cosh": Mathematics.hyperbolicCosine
        case "tanh": Mathematics.hyperbolicTangent
        case "asinh": Mathematics.areaSine
        case "acosh": Mathematics.areaCosine
        case "atanh": Mathematics.areaTangent
        default: nil
        }
    }

    /// Rounds to the nearest multiple; halves go up.
    static func round(_ value: Double, to multiple: Double) -> Double {
        let inverse = 1 / multiple
        return (value * inverse + 0.5).rounded(.down) / inverse
    }

    /// The value between two bounds; the caller answers nothing where the range is turned around.
    static func clamp(_ value: Double, _ low: Double, _ high: Double) -> Double {
        greater(low, lesser(high, value))
    }

    /// An infinity that no number exceeds decides even beside NaN, as in Prometheus; NaN beside anything else is NaN, and 0 is greater than -0.
    private static func greater(_ first: Double, _ second: Double) -> Double {
        if first == .infinity || second == .infinity { return .infinity }
        if first.isNaN || second.isNaN { return .nan }
        if first == second { return first.sign == .minus ? second : first }
        return first > second ? first : second
    }

    private static func lesser(_ first: Double, _ second: Double) -> Double {
        -greater(-first, -second)
    }
}
