import Environment
import QueryLanguage
import Telemetry

/// What all parts of one evaluation share.
struct QueryContext: Sendable {
    let reader: any SampleReader
    let workPool: any WorkPool
    let budget: QueryBudget
    /// The whole query's instants: `start()`, `end()`, `step()`, `range()` and `@ start()` mean these, even in a subquery.
    let query: StepGrid
    /// The end that was asked for, which need not be one of the instants.
    let queryEnd: Int64
    let isRange: Bool
    /// Milliseconds.
    let lookback: Int64
    /// Milliseconds between the instants of a subquery that names no step.
    let defaultSubqueryStep: Int64
    /// Whether the samples that each step looks at are counted: `stats=all`.
    var countsSamples = false

    var durations: DurationExpression.Context {
        DurationExpression.Context(step: query.step, range: queryEnd - query.start)
    }

    func fixedTime(_ at: AtModifier?) -> Int64? {
        switch at {
        case .time(let milliseconds): milliseconds
        case .start: query.start
        case .end: queryEnd
        case nil: nil
        }
    }

    /// Steps that one grid may have whatever the budget: more than any answer needs, less than memory holds.
    private static let largestGrid = 50_000_000

    /// Takes the memory of a column of the grid out of the budget before it is made.
    func reserve(_ grid: StepGrid) throws(QueryError) {
        guard grid.count <= Self.largestGrid else {
            throw QueryError(.limit, "cannot evaluate at \(grid.count) steps: the limit is \(Self.largestGrid)")
        }
        do { try budget.useBytes(grid.count * 16) } catch { throw QueryError(error) }
    }

    /// Takes the memory of an intermediate result out of the budget before it is made.
    func use(columns: Int, steps: Int, bytesPerStep: Int = 8) throws(QueryError) {
        let (bytes, overflows) = columns.multipliedReportingOverflow(by: steps * bytesPerStep + 64)
        do { try budget.useBytes(overflows ? budget.limits.bytes : bytes) } catch { throw QueryError(error) }
    }

    /// - Throws: when the query is over.
    func look() throws(QueryError) {
        do { try budget.check() } catch { throw QueryError(error) }
    }

    /// The same once in a while: see `BudgetWatch`.
    func look(_ watch: inout BudgetWatch, after pieces: Int) throws(QueryError) {
        do { try watch.advance(pieces) } catch { throw QueryError(error) }
    }

    var selection: SelectionReader { SelectionReader(reader: reader, workPool: workPool, budget: budget) }
}

/// What an expression evaluates to: a column per series, one scalar per step, or a string.
enum StepResult {
    case scalar([Double])
    case string(String)
    case vector([StepSeries])
}
