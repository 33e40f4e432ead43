import Glibc

/// The C library's functions on floats, under the names the query languages use.
package enum Mathematics {
    package static func modulo(_ left: Double, _ right: Double) -> Double { fmod(left, right) }
    package static func power(_ base: Double, _ exponent: Double) -> Double {
        // Squares and the like are common in queries and much cheaper than pow.
        if exponent == 2 { return base * base }
        return pow(base, exponent)
    }
    package static func arcTangent(_ y: Double, _ x: Double) -> Double { atan2(y, x) }
    package static func exponential(_ value: Double) -> Double { exp(value) }
    package static func exponential2(_ value: Double) -> Double { exp2(value) }
    package static func logarithm(_ value: Double) -> Double { log(value) }
    package static func logarithm2(_ value: Double) -> Double { log2(value) }
    package static func logarithm10(_ value: Double) -> Double { log10(value) }
    package static func sine(_ value: Double) -> Double { sin(value) }
    package static func cosine(_ value: Double) -> Double { cos(value) }
    package static func tangent(_ value: Double) -> Double { tan(value) }
    package static func arcSine(_ value: Double) -> Double { asin(value) }
    package static func arcCosine(_ value: Double) -> Double { acos(value) }
    package static func arcTangent(_ value: Double) -> Double { atan(value) }
    package static func hyperbolicSine(_ value: Double) -> Double { sinh(value) }
    package static func hyperbolicCosine(_ value: Double) -> Double { cosh(value) }
    package static func hyperbolicTangent(_ value: Double) -> Double { tanh(value) }
    package static func areaSine(_ value: Double) -> Double { asinh(value) }
    package static func areaCosine(_ value: Double) -> Double { acosh(value) }
    package static func areaTangent(_ value: Double) -> Double { atanh(value) }
}
