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
        let answer = isInstant ? instant(result) : matrix(result)
        statistics.samplesRead = budget.samplesRead
        statistics.peakBytes = budget.bytesAtPeak
        return Evaluation(value: answer, warnings: warnings, isPartial: !warnings.isEmpty, statistics: statistics)
    }

    private func instant(_ value: Value) -> QueryValue {
        switch value {
        case .scalar(let number): .scalar(ScalarPoint(time: grid.start, value: number))
        case .vector(let series):
            .vector(series.filter { $0.hasFloat(0) }.map {
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
        return .matrix(matrix.sorted { $0.labels < $1.labels })
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
        statistics.bytesScanned += result.summary.bytesDecoded
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
                throw QueryError(.execution, error.description)
            }
        }
    }
}

extension RangeAggregation.Operation {
    /// Whether a sum over groups may be taken while reading.
    var isAdditive: Bool { [.count, .rate, .bytes, .bytesRate, .sum].contains(self) }
}
