/// A running sum that carries the rounding error along, so that large terms that cancel do not swallow small ones.
///
/// - Source: Neumaier's variant of Kahan summation, as Prometheus uses it.
package struct KahanSum: Sendable {
    package var sum = 0.0
    package var compensation = 0.0

    package init() {}

    package init(sum: Double, compensation: Double = 0) {
        self.sum = sum
        self.compensation = compensation
    }

    @inline(__always)
    package mutating func add(_ term: Double) {
        let total = sum + term
        if total.isInfinite {
            compensation = 0
        } else if abs(sum) >= abs(term) {
            compensation += (sum - total) + term
        } else {
            compensation += (term - total) + sum
        }
        sum = total
    }

    @inline(__always)
    package var value: Double { sum + compensation }
}

/// A running mean that switches to an incremental form when the plain sum would overflow.
package struct KahanMean: Sendable {
    package private(set) var count = 0.0
    private var total = KahanSum()
    private var isIncremental = false

    package init() {}

    package mutating func add(_ value: Double) {
        count += 1
        if !isIncremental {
            var next = total
            next.add(value)
            if count == 1 || !next.sum.isInfinite {
                total = next
                return
            }
            isIncremental = true
            total.sum /= count - 1
            total.compensation /= count - 1
        }
        let weight = (count - 1) / count
        total = KahanSum(sum: weight * total.sum, compensation: weight * total.compensation)
        total.add(value / count)
    }

    package var value: Double {
        isIncremental ? total.sum + total.compensation : total.sum / count + total.compensation / count
    }
}

/// A running variance after Welford.
package struct RunningVariance: Sendable {
    package private(set) var count = 0.0
    private var mean = 0.0
    private var squares = 0.0

    package init() {}

    package mutating func add(_ value: Double) {
        count += 1
        if !value.isFinite {
            squares = .nan
            return
        }
        let delta = value - mean
        mean += delta / count
        squares += delta * (value - mean)
    }

    /// The population variance.
    package var value: Double { squares / count }
}

/// Order statistics of a list of values.
package enum Quantile {
    /// The quantile of values by linear interpolation between the closest ranks; NaNs sort first. The values change places.
    ///
    /// - Source: Prometheus `quantile`: below 0 is -Inf, above 1 is +Inf, of nothing is NaN.
    /// - Complexity: linear: only what stands at the two ranks is found, nothing is sorted.
    package static func of(_ values: inout [Double], _ quantile: Double) -> Double {
        if values.isEmpty || quantile.isNaN { return .nan }
        if quantile < 0 { return -.infinity }
        if quantile > 1 { return .infinity }
        let rank = quantile * Double(values.count - 1)
        let lower = Int(max(0, rank.rounded(.down)))
        let upper = min(values.count - 1, lower + 1)
        let weight = rank - rank.rounded(.down)
        let numbers = moveNaNsToFront(&values)
        let smaller = lower < numbers ? .nan : select(&values, rank: lower, from: numbers)
        var larger = smaller
        if upper > lower {
            // All behind the lower rank are no smaller: the least of them follows it.
            larger = upper < numbers ? .nan : values[upper]
            if upper >= numbers {
                for index in upper..<values.count where values[index] < larger { larger = values[index] }
            }
        }
        return smaller * (1 - weight) + larger * weight
    }

    /// Returns where the numbers begin.
    private static func moveNaNsToFront(_ values: inout [Double]) -> Int {
        var numbers = 0
        var index = 0
        while index < values.count {
            if values[index] != values[index] {
                values.swapAt(index, numbers)
                numbers += 1
            }
            index += 1
        }
        return numbers
    }

    /// Brings the value of a rank to its place, with none larger before it and none smaller behind it.
    ///
    /// - Source: C. A. R. Hoare, "Algorithm 65: Find", 1961; the pivot is the median of three.
    private static func select(_ values: inout [Double], rank: Int, from start: Int) -> Double {
        var low = start
        var high = values.count - 1
        var rounds = 0
        while low < high {
            rounds += 1
            if rounds > 100 {
                // Values in an order made to be hard for this way.
                values[start...].sort()
                break
            }
            let middle = low + (high - low) / 2
            if values[middle] < values[low] { values.swapAt(middle, low) }
            if values[high] < values[low] { values.swapAt(high, low) }
            if values[high] < values[middle] { values.swapAt(high, middle) }
            let pivot = values[middle]
            var left = low
            var right = high
            while left <= right {
                while values[left] < pivot { left += 1 }
                while pivot < values[right] { right -= 1 }
                if left > right { break }
                values.swapAt(left, right)
                left += 1
                right -= 1
            }
            if rank <= right {
                high = right
            } else if rank >= left {
                low = left
            } else {
                break
            }
        }
        return values[rank]
    }
}
