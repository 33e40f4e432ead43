import QueryLanguage

/// Operators on two numbers where LogQL differs from PromQL.
enum Arithmetic {
    /// Dividing by zero gives NaN.
    static func apply(_ operation: BinaryOperator, _ left: Double, _ right: Double) -> Double {
        (operation == .divide || operation == .modulo) && right == 0 ? .nan : operation.apply(left, right)
    }

    /// Divisors with NaN in place of zero.
    static func divisors(_ values: [Double]) -> [Double] { values.map { $0 == 0 ? .nan : $0 } }
}
