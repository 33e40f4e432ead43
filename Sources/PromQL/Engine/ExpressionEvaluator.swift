import QueryLanguage
import Telemetry

/// Evaluates an expression at all steps of a grid at once.
///
/// - Invariant: nothing here iterates a hash table where the order could show; batches are read in parallel and united in their order.
struct ExpressionEvaluator {
    let context: QueryContext
    let grid: StepGrid
    var notes = Annotations()
    /// Parts of the input that were unreadable or cut.
    var gaps: [String] = []
    var samples = SampleCount()
    /// Whether selectors look for counter resets between histograms, since only count and sum are asked for.
    var detectsResets = false

    init(context: QueryContext, grid: StepGrid) {
        self.context = context
        self.grid = grid
        if context.countsSamples { samples = SampleCount(steps: grid.count) }
    }

    var steps: Int { grid.count }

    // MARK: - Dispatch

    mutating func evaluate(_ expression: Expression) throws(QueryError) -> StepResult {
        try context.look()
        switch expression {
        case .number(let node): return .scalar([Double](repeating: node.value, count: steps))
        case .string(let node): return .string(node.value)
        case .paren(let node): return try evaluate(node.expression)
        default: break
        }
        if steps > 1, StepInvariance.holds(expression) { return try evaluateOnce(expression) }
        switch expression {
        case .number, .string, .paren: preconditionFailure("literals and parentheses are done")
        case .selector(let node): return .vector(try instantVector(node, value: .sample))
        case .matrix, .subquery: throw QueryError(.execution, "a range vector has no value of its own", range: expression.range)
        case .unary(let node): return try negate(node)
        case .aggregate(let node): return .vector(try aggregate(node))
        case .call(let node): return try call(node)
        case .binary: return try evaluateSpine(expression)
        }
    }

    /// Evaluates what is the same at every step at the first one, and repeats it.
    private mutating func evaluateOnce(_ expression: Expression) throws(QueryError) -> StepResult {
        var once = nested(StepGrid(instant: grid.start))
        let result = try once.evaluate(expression)
        adopt(once)
        switch result {
        case .scalar(let values): return .scalar([Double](repeating: values[0], count: steps))
        case .string: return result
        case .vector(var series):
            // What was one value a series becomes a column.
            try context.use(columns: series.count, steps: steps)
            var watch = BudgetWatch(context.budget)
            for index in series.indices {
                try context.look(&watch, after: steps)
                series[index].values = [Double](repeating: series[index].values[0], count: steps)
                if !series[index].histograms.isEmpty {
                    series[index].histograms = [NativeHistogram?](repeating: series[index].histograms[0], count: steps)
                }
            }
            return .vector(series)
        }
    }

    /// An evaluator for other instants of the same query.
    func nested(_ grid: StepGrid) -> ExpressionEvaluator {
        var nested = ExpressionEvaluator(context: context, grid: grid)
        nested.detectsResets = detectsResets
        return nested
    }

    mutating func adopt(_ nested: ExpressionEvaluator) {
        notes.merge(nested.notes)
        samples.add(nested.samples)
        for gap in nested.gaps where !gaps.contains(gap) { gaps.append(gap) }
    }

    mutating func vector(_ expression: Expression) throws(QueryError) -> [StepSeries] {
        guard case .vector(let series) = try evaluate(expression) else {
            throw QueryError(.execution, "expected an instant vector", range: expression.range)
        }
        return series
    }

    mutating func scalar(_ expression: Expression) throws(QueryError) -> [Double] {
        guard case .scalar(let values) = try evaluate(expression) else {
            throw QueryError(.execution, "expected a scalar", range: expression.range)
        }
        return values
    }

    func string(_ expression: Expression) throws(QueryError) -> String {
        guard case .string(let node) = expression.unwrapped else {
            throw QueryError(.execution, "expected a string literal", range: expression.range)
        }
        return node.value
    }

    /// The string literal as a label name.
    func labelName(
        _ expression: Expression, isValid: ([UInt8]) -> Bool = LabelRewriting.isValidLabelName, _ message: ([UInt8]) -> String
    ) throws(QueryError) -> String {
        guard case .string(let node) = expression.unwrapped else {
            throw QueryError(.execution, "expected a string literal", range: expression.range)
        }
        guard isValid(node.bytes) else {
            throw QueryError(.execution, message(node.bytes), range: expression.range)
        }
        return node.value
    }

    // MARK: - Operators

    private mutating func negate(_ node: Unary) throws(QueryError) -> StepResult {
        let operand = try evaluate(node.expression)
        guard node.isNegative else { return operand }
        switch operand {
        case .scalar(let values): return .scalar(values.map { -$0 })
        case .string: return operand
        case .vector(var series):
            var watch = BudgetWatch(context.budget)
            for index in series.indices {
                try context.look(&watch, after: steps)
                for step in 0..<steps where series[index].hasFloat(step) { series[index].values[step].negate() }
                for step in series[index].histograms.indices { series[index].histograms[step]?.scale(by: -1) }
                series[index].dropsName = true
            }
            return .vector(series)
        }
    }

    /// Evaluates a chain of operators from the left without recursion.
    private mutating func evaluateSpine(_ expression: Expression) throws(QueryError) -> StepResult {
        var chain: [Binary] = []
        var next = expression
        while case .binary(let node) = next {
            chain.append(node)
            next = node.left
        }
        let outer = detectsResets
        if chain.contains(where: \.operation.isTrim) { detectsResets = false }
        defer { detectsResets = outer }
        var value = try evaluate(next)
        while let node = chain.popLast() {
            value = try combine(node, value, try evaluate(node.right))
        }
        return value
    }

    private mutating func combine(_ node: Binary, _ left: StepResult, _ right: StepResult) throws(QueryError) -> StepResult {
        let place = node.left.range.lowerBound..<node.right.range.upperBound
        let budget = context.budget
        var arithmetic = VectorArithmetic(node.operation, returnsBool: node.returnsBool, steps: steps) { budget.isOver }
        let result: StepResult
        switch (left, right) {
        case (.scalar(let mine), .scalar(let theirs)):
            var values = mine
            for step in 0..<steps { values[step] = node.operation.apply(mine[step], theirs[step]) }
            return .scalar(values)
        case (.vector(let series), .scalar(let values)):
            result = .vector(arithmetic.combine(series, scalar: values, scalarIsLeft: false))
        case (.scalar(let values), .vector(let series)):
            result = .vector(arithmetic.combine(series, scalar: values, scalarIsLeft: true))
        case (.vector(let mine), .vector(let theirs)):
            if node.operation.isSet {
                result = .vector(arithmetic.combineSets(mine, theirs, matching: node.matching))
            } else {
                do {
                    result = .vector(try arithmetic.combine(mine, theirs, matching: node.matching))
                } catch {
                    throw QueryError(.execution, error.description, range: place)
                }
            }
        default: throw QueryError(.execution, "a string cannot be an operand", range: place)
        }
        try context.look()
        note(arithmetic.notes, node.operation, place)
        return result
    }

    private mutating func note(_ noted: OperationNotes, _ operation: BinaryOperator, _ place: Range<Int>) {
        for types in noted.incompatibleTypes {
            notes.inform("incompatible sample types encountered for binary operator \(types)", at: place)
        }
        if noted.incompatibleLayout {
            notes.warn("incompatible bucket layout encountered for binary operator \(operation.rawValue)", at: place)
        }
        let verb = operation == .subtract ? "subtraction" : "addition"
        if noted.resetHintsCollide { notes.warn(RangeNotes.resetsCollide(verb), at: place) }
        if noted.customBoundsDiffer { notes.inform(RangeNotes.boundsReconciled(verb), at: place) }
    }
}
