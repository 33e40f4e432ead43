import Bytes
import QueryLanguage
import Telemetry

/// Evaluates a metric query on a grid of instants.
struct MetricEvaluation {
    enum Value {
        case scalar(Double)
        case vector([StepSeries])
    }

    let reader: any EntryReader
    let grid: StepGrid
    let options: EvaluationOptions
    let budget: QueryBudget
    private var warnings: [String] = []
    private var statistics = EvaluationStatistics()

    init(reader: any EntryReader, grid: StepGrid, options: EvaluationOptions, budget: QueryBudget) {
        self.reader = reader
        self.grid = grid
        self.options = options
        self.budget = budget
    }

    mutating func evaluate(_ expression: Expression, isInstant: Bool) throws(QueryError) -> Evaluation {
        let result = try value(of: expression)
        let answer = isInstant ? instant(result, isOrdered: expression.ordersByValue) : matrix(result)
        statistics.samplesRead = budget.samplesRead
        statistics.peakBytes = budget.bytesAtPeak
        return Evaluation(value: answer, warnings: warnings, isPartial: !warnings.isEmpty, statistics: statistics)
    }

    /// Elements come in the order of their labels unless the query asks for another.
    private func instant(_ value: Value, isOrdered: Bool) -> QueryValue {
        switch value {
        case .scalar(let number): .scalar(ScalarPoint(time: grid.start, value: number))
        case .vector(let series):
            .vector((isOrdered ? series : series.sorted { $0.labels < $1.labels }).filter { $0.hasFloat(0) }.map {
                VectorElement(labels: $0.labels, time: grid.start, value: $0.values[0], newestInput: $0.newestInput)
            })
        }
    }

    private func matrix(_ value: Value) -> QueryValue {
        let columns: [StepSeries] = switch value {
        case .scalar(let number): [StepSeries(labels: .empty, values: [Double](repeating: number, count: grid.count))]
        case .vector(let series): series
        }
        let allTimes = (0..<grid.count).map { grid.time($0) }
        var matrix: [MatrixSeries] = []
        for column in columns where column.hasAnySample {
            var series = MatrixSeries(labels: column.labels, newestInput: column.newestInput)
            if column.values.contains(where: StepSeries.isAbsent) {
                for step in 0..<grid.count where column.hasFloat(step) {
                    series.times.append(allTimes[step])
                    series.values.append(column.values[step])
                }
            } else {
                series.times = allTimes
                series.values = column.values
            }
            matrix.append(series)
        }
        return .matrix(Self.joined(matrix.sorted { $0.labels < $1.labels }))
    }

    /// Series of equal labels as one: a set operation takes some steps from one side and some from the other.
    private static func joined(_ sorted: [MatrixSeries]) -> [MatrixSeries] {
        var result: [MatrixSeries] = []
        for series in sorted {
            guard let last = result.last, last.labels == series.labels else {
                result.append(series)
                continue
            }
            let points = (Array(zip(last.times, last.values)) + Array(zip(series.times, series.values))).sorted { $0.0 < $1.0 }
            var joined = MatrixSeries(labels: series.labels, newestInput: max(last.newestInput, series.newestInput))
            for (time, value) in points where joined.times.last != time {
                joined.times.append(time)
                joined.values.append(value)
            }
            result[result.count - 1] = joined
        }
        return result
    }

    // MARK: Nodes

    private mutating func value(of expression: Expression) throws(QueryError) -> Value {
        switch expression {
        case .log: throw QueryError(.bad, "unexpected log query, expecting a metric query")
        case .number(let number): return .scalar(number)
        case .vector(let number):
            return .vector([StepSeries(labels: .empty, values: [Double](repeating: number, count: grid.count))])
        case .range(let aggregation): return .vector(try range(aggregation, outer: nil))
        case .aggregation(let aggregation): return .vector(try vector(aggregation))
        case .binary(let binary): return try self.binary(binary)
        case .labelReplace(let replacement): return .vector(try replace(replacement))
        }
    }

    private mutating func vector(of expression: Expression) throws(QueryError) -> [StepSeries] {
        switch try value(of: expression) {
        case .vector(let series): return series
        case .scalar(let number): return [StepSeries(labels: .empty, values: [Double](repeating: number, count: grid.count))]
        }
    }

    private mutating func range(_ aggregation: RangeAggregation, outer: Grouping?) throws(QueryError) -> [StepSeries] {
        let result = try RangeEvaluation(aggregation, outer: outer, grid: grid, reader: reader, budget: budget).evaluate()
        warnings += result.summary.warnings
        statistics.entriesScanned += result.summary.entriesScanned
        statistics.bytesScanned += result.summary.lineBytesScanned
        return result.series
    }

    private mutating func vector(_ aggregation: VectorAggregation) throws(QueryError) -> [StepSeries] {
        let grouping = aggregation.grouping ?? Grouping()
        if aggregation.operation == .sum, case .range(let inner) = aggregation.operand, inner.grouping == nil, inner.operation.isAdditive {
            return try range(inner, outer: grouping)
        }
        if aggregation.operation == .approximateTopk, grid.step > 0 {
            throw QueryError(.bad, "approx_topk is only supported for instant queries")
        }
        let operand = try vector(of: aggregation.operand)
        switch aggregation.operation {
        case .sort, .sortDescending:
            guard grid.count == 1 else { return operand }
            let isDescending = aggregation.operation == .sortDescending
            return operand.enumerated().sorted { left, right in
                let (a, b) = (left.element.values[0], right.element.values[0])
                if a.isNaN || b.isNaN { return !a.isNaN || (b.isNaN && left.offset < right.offset) }
                return a == b ? left.offset < right.offset : (a < b) != isDescending
            }.map(\.element)
        case .topk, .bottomk, .approximateTopk:
            let (groups, keys) = Self.groups(of: operand, grouping)
            let counts = [Int](repeating: aggregation.count ?? 0, count: grid.count)
            return SeriesSelection.extremes(
                of: operand, groups: groups, groupCount: keys.count, k: counts, largest: aggregation.operation != .bottomk
            ).series
        default:
            let (groups, keys) = Self.groups(of: operand, grouping)
            let operation = AggregationOperator(rawValue: aggregation.operation.rawValue)!
            var aggregators = keys.map { _ in ColumnAggregator(operation, steps: grid.count) }
            for (index, series) in operand.enumerated() { aggregators[groups[index]].add(series) }
            return keys.indices.map { aggregators[$0].finish(labels: keys[$0]) }
        }
    }

    private static func groups(of vector: [StepSeries], _ grouping: Grouping) -> (groups: [Int], keys: [Labels]) {
        var table = GroupTable()
        let groups = vector.map { table.number(of: grouping.key(of: $0.labels).encoded) }
        return (groups, table.labels)
    }

    private mutating func replace(_ replacement: LabelReplacement) throws(QueryError) -> [StepSeries] {
        let vector = try vector(of: replacement.operand)
        guard let pattern = try? RegularExpression(replacement.pattern, options: .anchored) else { return vector }
        return vector.map { series in
            var series = series
            series.labels = LabelRewriting.replace(
                series.labels, destination: replacement.destination, replacement: replacement.replacement, source: replacement.source,
                pattern: pattern)
            return series
        }
    }

    /// Loki says which side has the duplicates, not which series they are.
    private static func loki(_ message: String) -> String {
        guard message.hasPrefix("found duplicate series for the match group") else { return message }
        let side = message.contains("on the left hand-side") ? "left" : "right"
        return "found duplicate series on the \(side) hand-side;many-to-many matching not allowed: matching labels must be unique on one side"
    }

    private mutating func binary(_ binary: BinaryExpression) throws(QueryError) -> Value {
        let left = try value(of: binary.left)
        let right = try value(of: binary.right)
        var arithmetic = VectorArithmetic(binary.operation, returnsBool: binary.returnsBool, steps: grid.count)
        let divides = binary.operation == .divide
        switch (left, right) {
        case (.scalar(let a), .scalar(let b)): return .scalar(Arithmetic.apply(binary.operation, a, b))
        case (.vector(let vector), .scalar(let number)):
            let scalar = [Double](repeating: divides && number == 0 ? .nan : number, count: grid.count)
            return .vector(arithmetic.combine(vector, scalar: scalar, scalarIsLeft: false))
        case (.scalar(let number), .vector(var vector)):
            if divides { for index in vector.indices { vector[index].values = Arithmetic.divisors(vector[index].values) } }
            return .vector(arithmetic.combine(vector, scalar: [Double](repeating: number, count: grid.count), scalarIsLeft: true))
        case (.vector(let a), .vector(var b)):
            if divides { for index in b.indices { b[index].values = Arithmetic.divisors(b[index].values) } }
            if binary.operation.isSet { return .vector(arithmetic.combineSets(a, b, matching: binary.matching)) }
            do { return .vector(try arithmetic.combine(a, b, matching: binary.matching)) } catch {
                throw QueryError(.execution, Self.loki(error.description))
            }
        }
    }
}

extension Expression {
    /// Whether `sort` or `sort_desc` stands anywhere in the query.
    var ordersByValue: Bool {
        switch self {
        case .aggregation(let aggregation):
            aggregation.operation == .sort || aggregation.operation == .sortDescending || aggregation.operand.ordersByValue
        case .binary(let binary): binary.left.ordersByValue || binary.right.ordersByValue
        case .labelReplace(let replacement): replacement.operand.ordersByValue
        case .log, .range, .number, .vector: false
        }
    }
}

extension RangeAggregation.Operation {
    /// Whether a sum over groups may be taken while reading.
    var isAdditive: Bool { [.count, .rate, .bytes, .bytesRate, .sum].contains(self) }
}
