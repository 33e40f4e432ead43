package import Telemetry

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
    /// The quantile of values by linear interpolation between the closest ranks; NaNs sort first.
    ///
    /// - Source: Prometheus `quantile`: below 0 is -Inf, above 1 is +Inf, of nothing is NaN.
    ///
    /// - Parameter budget: looked at while a long list is sorted; once it is over the answer is NaN, for nobody.
    package static func of(_ values: inout [Double], _ quantile: Double, budget: QueryBudget? = nil) -> Double {
        if values.isEmpty || quantile.isNaN { return .nan }
        if quantile < 0 { return -.infinity }
        if quantile > 1 { return .infinity }
        if let budget, values.count > BudgetWatch.piecesPerLook {
            guard let sorted = try? values.sorted(budget, pieces: 1, by: { $0 < $1 || ($0.isNaN && !$1.isNaN) }) else { return .nan }
            values = sorted
        } else {
            values.sort { $0 < $1 || ($0.isNaN && !$1.isNaN) }
        }
        let rank = quantile * Double(values.count - 1)
        let lower = max(0, rank.rounded(.down))
        let upper = min(Double(values.count - 1), lower + 1)
        let weight = rank - rank.rounded(.down)
        return values[Int(lower)] * (1 - weight) + values[Int(upper)] * weight
    }
}
