/// Looks at a query's budget once in so much work, for loops whose single piece is too cheap for a look of its own.
///
/// A piece of work is what takes about ten nanoseconds: a step of a column, a digit run, a comparison of labels. A loop tells how many it has
/// done; the look comes after `piecesPerLook`, which is a tenth of a millisecond to one, so that a query which nobody waits for any more ends at once.
package struct BudgetWatch {
    package static let piecesPerLook = 1 << 14

    private let budget: QueryBudget
    private var left = Self.piecesPerLook

    package init(_ budget: QueryBudget) { self.budget = budget }

    /// - Throws: `StoreError.cancelled` when it was time for a look and the query is over.
    @inline(__always)
    package mutating func advance(_ pieces: Int = 1) throws(StoreError) {
        left &-= pieces
        if left > 0 { return }
        left = Self.piecesPerLook
        try budget.check()
    }

    /// The same for loops that cannot throw: their result is incomplete then, and whoever gets it looks at the budget before it is used.
    @inline(__always)
    package mutating func isOver(_ pieces: Int = 1) -> Bool {
        left &-= pieces
        if left > 0 { return false }
        left = Self.piecesPerLook
        return budget.isOver
    }
}

extension Sequence {
    /// Sorted as `sorted(by:)` does, unless the query ends meanwhile.
    ///
    /// - Parameter pieces: how dear a comparison is.
    package func sorted(
        _ budget: QueryBudget, pieces: Int = 4, by areInIncreasingOrder: (Element, Element) -> Bool
    ) throws(StoreError) -> [Element] {
        var watch = BudgetWatch(budget)
        do {
            return try sorted { left, right in
                try watch.advance(pieces)
                return areInIncreasingOrder(left, right)
            }
        } catch let error as StoreError {
            throw error
        } catch {
            preconditionFailure("a comparison throws nothing but the budget's error, it threw \(error)")
        }
    }
}
