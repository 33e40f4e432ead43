import Bytes
import Telemetry

/// Search in lines that lie end to end in one arena.
enum LineSearch {
    /// The rows that pass all filters.
    static func rows(_ filters: [(test: LineTest, isNegated: Bool)], _ arena: [UInt8], _ ends: [Int], budget: QueryBudget)
        throws(StoreError) -> RowSet
    {
        var rows = RowSet(all: ends.count)
        for filter in filters {
            var passing = try self.rows(filter.test, arena, ends, among: rows, budget: budget)
            if filter.isNegated { passing.formComplement() }
            rows.formIntersection(passing)
            if rows.isEmpty { break }
        }
        return rows
    }

    /// The rows that pass a test; rows outside `candidates` may be left out.
    static func rows(
        _ test: LineTest, _ arena: [UInt8], _ ends: [Int], among candidates: RowSet, budget: QueryBudget
    ) throws(StoreError) -> RowSet {
        switch test {
        case .literal(let literal): return rows(literal, arena, ends)
        case .anyOf(let tests):
            var passing = RowSet(none: ends.count)
            for test in tests { passing.formUnion(try rows(test, arena, ends, among: candidates, budget: budget)) }
            return passing
        case .expression(let expression, let required):
            var wanted = candidates
            for set in required {
                var any = RowSet(none: ends.count)
                for literal in set { any.formUnion(rows(literal, arena, ends)) }
                wanted.formIntersection(any)
                // Few lines are sooner matched than all lines searched for the next literal.
                if wanted.count * 16 < ends.count { break }
            }
            var passing = RowSet(none: ends.count)
            var sinceCheck = 0
            try wanted.forEach { row throws(StoreError) in
                let line = (row == 0 ? 0 : ends[row - 1])..<ends[row]
                if expression.matches(arena, range: line) { passing.insert(row) }
                sinceCheck += line.count + 64
                if sinceCheck > 1 << 18 {
                    try budget.check()
                    sinceCheck = 0
                }
            }
            return passing
        }
    }

    static func rows(_ literal: Literal, _ arena: [UInt8], _ ends: [Int]) -> RowSet {
        if literal.bytes.isEmpty { return RowSet(all: ends.count) }
        var passing = RowSet(none: ends.count)
        let text = arena.span
        var row = 0
        var from = 0
        while from < text.count, let hit = literal.firstRange(in: text, from: from) {
            row = Self.row(holding: hit, ends, from: row)
            if hit + literal.bytes.count <= ends[row] {
                passing.insert(row)
                from = ends[row]
            } else {
                from = hit + 1
            }
        }
        return passing
    }

    /// The row whose line holds the byte at `offset`, at or after `row`: steps that double, then halves.
    private static func row(holding offset: Int, _ ends: [Int], from row: Int) -> Int {
        var step = 1
        var (low, high) = (row, row)
        while high < ends.count - 1, ends[high] <= offset {
            low = high + 1
            high = min(ends.count - 1, high + step)
            step *= 2
        }
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
