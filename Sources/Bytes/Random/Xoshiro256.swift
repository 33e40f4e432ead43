/// The seeded generator of tests and simulations (xoshiro256**); the same seed gives the same sequence everywhere, for ever.
///
/// - Source: Blackman, Vigna, "Scrambled linear pseudorandom number generators", 2018.
package struct Xoshiro256: RandomNumberGenerator, Sendable {
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64

    package init(seed: UInt64) {
        var seeds = SplitMix64(seed: seed)
        s0 = seeds.next()
        s1 = seeds.next()
        s2 = seeds.next()
        s3 = seeds.next()
    }

    package mutating func next() -> UInt64 {
        let scrambled = s1 &* 5
        let result = (scrambled &<< 7 | scrambled &>> 57) &* 9
        let shifted = s1 &<< 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = s3 &<< 45 | s3 &>> 19
        return result
    }

    /// A number in 0..<bound without the variable number of draws that `Int.random` makes.
    package mutating func next(below bound: Int) -> Int {
        precondition(bound > 0, "a choice is made among at least one")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number in 0..<1 with 53 random bits.
    package mutating func nextUnit() -> Double {
        Double(next() &>> 11) * 0x1p-53
    }
}
