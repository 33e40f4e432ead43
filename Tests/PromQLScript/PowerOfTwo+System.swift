import Glibc

/// The C library's power: bucket bounds by another way than the product's.
enum PowerOfTwo {
    static func value(_ exponent: Double) -> Double { exp2(exponent) }
}
