package import Telemetry

/// One element of a vector: a float or a native histogram.
package enum StepValue: Sendable {
    case float(Double)
    case histogram(NativeHistogram)

    package init?(_ series: StepSeries, _ step: Int) {
        if series.hasFloat(step) {
            self = .float(series.values[step])
        } else if let histogram = series.histogram(step) {
            self = .histogram(histogram)
        } else {
            return nil
        }
    }

    package var typeName: String {
        switch self {
        case .float: "float"
        case .histogram: "histogram"
        }
    }
}

extension StepSeries {
    package mutating func set(_ step: Int, _ value: StepValue) {
        switch value {
        case .float(let value): values[step] = value
        case .histogram(let histogram): set(step, histogram: histogram)
        }
    }
}

/// What binary operations noticed; each kind once.
package struct OperationNotes: Sendable, Equatable {
    /// Left type, operator, right type.
    package private(set) var incompatibleTypes: [String] = []
    package var incompatibleLayout = false
    package var resetHintsCollide = false
    package var customBoundsDiffer = false

    package init() {}

    mutating func incompatible(_ operation: BinaryOperator, leftIsHistogram: Bool, rightIsHistogram: Bool) {
        let name = { (isHistogram: Bool) in isHistogram ? "histogram" : "float" }
        let text = "\(Literals.quote(operation.rawValue)): \(name(leftIsHistogram)) \(operation.rawValue) \(name(rightIsHistogram))"
        if !incompatibleTypes.contains(text) { incompatibleTypes.append(text) }
    }
}

/// Binary operators where a native histogram is involved.
enum HistogramOperation {
    enum Outcome {
        /// The operator has no meaning on these types.
        case none
        case value(StepValue)
        /// A comparison: the value that a filter keeps, and whether it does.
        case filtered(StepValue, Bool)
    }

    static func apply(_ operation: BinaryOperator, _ left: StepValue, _ right: StepValue, _ notes: inout OperationNotes) -> Outcome {
        switch (left, right, operation) {
        case (.float(let factor), .histogram(var histogram), .multiply), (.histogram(var histogram), .float(let factor), .multiply):
            histogram.scale(by: factor)
            return .value(.histogram(histogram.compacted))
        case (.histogram(var histogram), .float(let divisor), .divide):
            histogram.divide(by: divisor)
            return .value(.histogram(histogram.compacted))
        case (.histogram(let histogram), .float(let bound), .trimUpper):
            return .value(.histogram(histogram.trimmed(at: bound, keepsLower: true)))
        case (.histogram(let histogram), .float(let bound), .trimLower):
            return .value(.histogram(histogram.trimmed(at: bound, keepsLower: false)))
        case (.histogram(var mine), .histogram(let theirs), .add), (.histogram(var mine), .histogram(let theirs), .subtract):
            guard let reconciliation = try? operation == .add ? mine.add(theirs) : mine.subtract(theirs) else {
                notes.incompatibleLayout = true
                return .none
            }
            if reconciliation.resetHintsCollide { notes.resetHintsCollide = true }
            if reconciliation.customBoundsDiffer { notes.customBoundsDiffer = true }
            return .value(.histogram(mine.compacted))
        case (.histogram(let mine), .histogram(let theirs), .equal): return .filtered(left, mine.isEquivalent(to: theirs))
        case (.histogram(let mine), .histogram(let theirs), .notEqual): return .filtered(left, !mine.isEquivalent(to: theirs))
        default:
            notes.incompatible(operation, leftIsHistogram: left.typeName == "histogram", rightIsHistogram: right.typeName == "histogram")
            return .none
        }
    }
}
