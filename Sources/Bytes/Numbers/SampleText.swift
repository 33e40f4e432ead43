private import CNumbers

/// Writes samples as Prometheus' JSON has them, `[seconds,"value"]`, straight into bytes.
///
/// Half of a large answer's time goes into its digits, so there is no allocation, and integers and decimals of few places need no search
/// for the shortest digits. Benchmark: "JSON: a matrix".
package enum SampleText {
    /// Sign, 17 digits, a point, five zeros behind it, an exponent: no value of the forms below is longer.
    static let valueRoom = 32
    private static let pointRoom = 64
    private static let pointsAtOnce = 256

    /// Appends a run of points, separated by commas.
    package static func appendPoints(_ times: [Int64], _ values: [Double], _ run: Range<Int>, to bytes: inout [UInt8]) {
        precondition(times.count >= run.upperBound && values.count >= run.upperBound, "every point has its value and time")
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: pointsAtOnce * pointRoom) { room in
            let base = room.baseAddress!
            var index = run.lowerBound
            while index < run.upperBound {
                let end = min(index + pointsAtOnce, run.upperBound)
                var place = 0
                while index < end {
                    if index > run.lowerBound {
                        unsafe base[place] = 0x2c
                        place &+= 1
                    }
                    unsafe base[place] = 0x5b
                    place &+= 1
                    unsafe place &+= writeSeconds(times[index], base + place)
                    unsafe base[place] = 0x2c
                    unsafe base[place &+ 1] = 0x22
                    place &+= 2
                    unsafe place &+= writeValue(values[index], base + place)
                    unsafe base[place] = 0x22
                    unsafe base[place &+ 1] = 0x5d
                    place &+= 2
                    index &+= 1
                }
                unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: base, count: place))
            }
        }
    }

    /// Appends milliseconds as seconds, with three decimals unless they are zero.
    package static func appendSeconds(_ milliseconds: Int64, to bytes: inout [UInt8]) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: valueRoom) { room in
            let count = unsafe writeSeconds(milliseconds, room.baseAddress!)
            unsafe bytes.append(contentsOf: room[..<count])
        }
    }

    /// Appends a value: positional between 1e-6 and 1e21, else with an exponent of at least two digits; "NaN", "+Inf", "-Inf".
    package static func appendValue(_ value: Double, to bytes: inout [UInt8]) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: valueRoom) { room in
            let count = unsafe writeValue(value, room.baseAddress!)
            unsafe bytes.append(contentsOf: room[..<count])
        }
    }

    // MARK: Into raw room

    @inline(__always)
    private static func writeSeconds(_ milliseconds: Int64, _ target: UnsafeMutablePointer<UInt8>) -> Int {
        var place = 0
        if milliseconds < 0 {
            unsafe target[0] = 0x2d
            place = 1
        }
        let magnitude = milliseconds.magnitude
        let seconds = magnitude / 1000
        unsafe place &+= writeInteger(seconds, target + place)
        let rest = magnitude &- seconds &* 1000
        if rest != 0 {
            unsafe target[place] = 0x2e
            unsafe target[place &+ 1] = 0x30 &+ UInt8(truncatingIfNeeded: rest / 100)
            unsafe target[place &+ 2] = 0x30 &+ UInt8(truncatingIfNeeded: rest / 10 % 10)
            unsafe target[place &+ 3] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
            place &+= 4
        }
        return place
    }

    private static let digitPairs: StaticString = """
        0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
        5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
        """

    @inline(__always)
    private static func writeInteger(_ value: UInt64, _ target: UnsafeMutablePointer<UInt8>) -> Int {
        var count = 1
        var bound: UInt64 = 10
        while value >= bound {
            count &+= 1
            if count == 20 { break }
            bound &*= 10
        }
        let pairs = unsafe digitPairs.utf8Start
        var rest = value
        var place = count
        while rest >= 100 {
            place &-= 2
            let quotient = rest / 100
            let pair = Int(truncatingIfNeeded: rest &- quotient &* 100) &* 2
            unsafe target[place] = pairs[pair]
            unsafe target[place &+ 1] = pairs[pair &+ 1]
            rest = quotient
        }
        if rest >= 10 {
            unsafe target[0] = pairs[Int(truncatingIfNeeded: rest) &* 2]
            unsafe target[1] = pairs[Int(truncatingIfNeeded: rest) &* 2 &+ 1]
        } else {
            unsafe target[0] = 0x30 &+ UInt8(truncatingIfNeeded: rest)
        }
        return count
    }

    static func writeValue(_ value: Double, _ target: UnsafeMutablePointer<UInt8>) -> Int {
        let magnitude = value.magnitude
        var place = 0
        if value.sign == .minus && !value.isNaN {
            unsafe target[0] = 0x2d
            place = 1
        }
        if magnitude < 1e15 {
            let whole = magnitude.rounded(.towardZero)
            if magnitude == whole { return unsafe place &+ writeInteger(UInt64(whole), target + place) }
            // If some m of at most 15 digits has m / 10^k == value, then m's digits are the shortest: doubles tell decimals of 15 digits apart.
            if magnitude >= 1e-3 && magnitude < 1e9 {
                var scaled = (magnitude * 1e3).rounded()
                if scaled / 1e3 == magnitude { return unsafe place &+ writeDecimal(UInt64(scaled), places: 3, target + place) }
                scaled = (magnitude * 1e6).rounded()
                if scaled / 1e6 == magnitude { return unsafe place &+ writeDecimal(UInt64(scaled), places: 6, target + place) }
            }
        }
        guard value.isFinite else {
            let name: StaticString = value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf"
            unsafe target.update(from: name.utf8Start, count: name.utf8CodeUnitCount)
            return name.utf8CodeUnitCount
        }
        return unsafe place &+ writeShortest(magnitude, target + place)
    }

    /// `scaled / 10^places`, without the zeros at its end; it has some digit behind the point.
    @inline(__always)
    private static func writeDecimal(_ scaled: UInt64, places: Int, _ target: UnsafeMutablePointer<UInt8>) -> Int {
        let power: UInt64 = places == 3 ? 1_000 : 1_000_000
        let whole = scaled / power
        var place = unsafe writeInteger(whole, target)
        unsafe target[place] = 0x2e
        place &+= 1
        var fraction = scaled &- whole &* power
        var unit = power / 10
        while fraction > 0 {
            let digit = fraction / unit
            unsafe target[place] = 0x30 &+ UInt8(truncatingIfNeeded: digit)
            place &+= 1
            fraction &-= digit &* unit
            unit /= 10
        }
        return place
    }

    /// The shortest digits of a finite value above zero, laid out as Go does.
    private static func writeShortest(_ magnitude: Double, _ target: UnsafeMutablePointer<UInt8>) -> Int {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { text in
            let count = unsafe Int(cnumbers_shortest(magnitude, text.baseAddress!))
            // "d.ddde±XX": the digits close up, then the exponent.
            var digits = 1
            var index = 1
            if unsafe index < count && text[index] == 0x2e {
                index &+= 1
                while unsafe index < count && text[index] != 0x65 {
                    unsafe text[digits] = text[index]
                    digits &+= 1
                    index &+= 1
                }
            }
            let isSmall = unsafe text[index &+ 1] == 0x2d
            index &+= 2
            var exponent = 0
            while index < count {
                exponent = unsafe exponent &* 10 &+ Int(text[index] &- 0x30)
                index &+= 1
            }
            if isSmall { exponent = -exponent }
            if magnitude < 1e-6 || magnitude >= 1e21 {
                return unsafe layOutScientific(text.baseAddress!, digits, exponent, target)
            }
            return unsafe layOutPositional(text.baseAddress!, digits, exponent &+ 1, target)
        }
    }

    private static func layOutPositional(
        _ digits: UnsafeMutablePointer<UInt8>, _ count: Int, _ point: Int, _ target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var place = 0
        if point <= 0 {
            unsafe target[0] = 0x30
            unsafe target[1] = 0x2e
            place = 2
            for _ in 0..<(-point) {
                unsafe target[place] = 0x30
                place &+= 1
            }
            unsafe (target + place).update(from: digits, count: count)
            return place &+ count
        }
        let whole = min(point, count)
        unsafe target.update(from: digits, count: whole)
        place = whole
        for _ in 0..<(point &- whole) {
            unsafe target[place] = 0x30
            place &+= 1
        }
        if count > whole {
            unsafe target[place] = 0x2e
            unsafe (target + place + 1).update(from: digits + whole, count: count &- whole)
            place &+= 1 &+ count &- whole
        }
        return place
    }

    private static func layOutScientific(
        _ digits: UnsafeMutablePointer<UInt8>, _ count: Int, _ exponent: Int, _ target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        unsafe target[0] = digits[0]
        var place = 1
        if count > 1 {
            unsafe target[1] = 0x2e
            unsafe (target + 2).update(from: digits + 1, count: count &- 1)
            place = count &+ 1
        }
        unsafe target[place] = 0x65
        unsafe target[place &+ 1] = exponent < 0 ? 0x2d : 0x2b
        place &+= 2
        if exponent.magnitude < 10 {
            unsafe target[place] = 0x30
            place &+= 1
        }
        return unsafe place &+ writeInteger(UInt64(exponent.magnitude), target + place)
    }
}
