/// Binary operators on two columns of floats; the operator is decided outside the loop over steps.
enum ColumnArithmetic {
    /// - Parameters:
    ///   - part: the steps to combine; the others stay as they are.
    ///   - keepsRight: whether a comparison that filters keeps the right value: the vector's, when a scalar stands on the left.
    ///   - result: as long as the columns; where either side is absent or a comparison filters, it becomes absent.
    static func combine(
        _ operation: BinaryOperator, _ left: [Double], _ right: [Double], _ part: Range<Int>, returnsBool: Bool, keepsRight: Bool,
        into result: inout [Double]
    ) {
        precondition(left.count == right.count && left.count == result.count, "columns have one element per step")
        switch operation {
        case .add: map(left, right, part, &result) { $0 + $1 }
        case .subtract: map(left, right, part, &result) { $0 - $1 }
        case .multiply: map(left, right, part, &result) { $0 * $1 }
        case .divide: map(left, right, part, &result) { $0 / $1 }
        case .modulo, .power, .atan2: map(left, right, part, &result) { operation.apply($0, $1) }
        case .equal: filter(left, right, part, returnsBool, keepsRight, &result) { $0 == $1 }
        case .notEqual: filter(left, right, part, returnsBool, keepsRight, &result) { $0 != $1 }
        case .less: filter(left, right, part, returnsBool, keepsRight, &result) { $0 < $1 }
        case .lessOrEqual: filter(left, right, part, returnsBool, keepsRight, &result) { $0 <= $1 }
        case .greater: filter(left, right, part, returnsBool, keepsRight, &result) { $0 > $1 }
        case .greaterOrEqual: filter(left, right, part, returnsBool, keepsRight, &result) { $0 >= $1 }
        case .and, .or, .unless, .trimUpper, .trimLower: map(left, right, part, &result) { _, _ in StepSeries.absent }
        }
    }

    @inline(__always)
    private static func map(
        _ left: [Double], _ right: [Double], _ part: Range<Int>, _ result: inout [Double], _ operation: (Double, Double) -> Double
    ) {
        var step = part.lowerBound
        while step < part.upperBound {
            let isAbsent = StepSeries.isAbsent(left[step]) || StepSeries.isAbsent(right[step])
            result[step] = isAbsent ? StepSeries.absent : operation(left[step], right[step])
            step &+= 1
        }
    }

    @inline(__always)
    private static func filter(
        _ left: [Double], _ right: [Double], _ part: Range<Int>, _ returnsBool: Bool, _ keepsRight: Bool, _ result: inout [Double],
        _ test: (Double, Double) -> Bool
    ) {
        var step = part.lowerBound
        while step < part.upperBound {
            let (mine, theirs) = (left[step], right[step])
            if StepSeries.isAbsent(mine) || StepSeries.isAbsent(theirs) {
                result[step] = StepSeries.absent
            } else if returnsBool {
                result[step] = test(mine, theirs) ? 1 : 0
            } else {
                result[step] = test(mine, theirs) ? (keepsRight ? theirs : mine) : StepSeries.absent
            }
            step &+= 1
        }
    }
}
