import Telemetry

/// Says now and then, by the work that was done, whether anybody still waits for the answer.
struct LineWatch: Sendable {
    /// Bytes of work between two looks: the dearest pipelines, replacements by regular expressions, take some 5 ms for it (measured with the
    /// queries of the log benchmark).
    private static let bytesPerLook = 16 << 10
    /// What an entry costs beside its line, in bytes of lines.
    private static let bytesPerEntry = 64

    private var bytes = bytesPerLook

    /// Whether the query is over, before the work of an entry with a line of so many bytes is begun.
    @inline(__always)
    mutating func isOver(_ budget: QueryBudget, lineBytes: Int) -> Bool {
        bytes &+= lineBytes &+ Self.bytesPerEntry
        if bytes < Self.bytesPerLook { return false }
        bytes = 0
        return budget.isOver
    }
}

extension Sequence {
    /// The elements in order; a sort of millions takes seconds and looks at the budget meanwhile.
    ///
    /// - Throws: when the query is over.
    func sorted(within budget: QueryBudget, by precedes: (Element, Element) -> Bool) throws(StoreError) -> [Element] {
        var comparisons = 0
        do {
            return try sorted { left, right in
                comparisons &+= 1
                if comparisons & 0x3fff == 0 { try budget.check() }
                return precedes(left, right)
            }
        } catch let error as StoreError { throw error } catch { preconditionFailure("only the budget ends a sort") }
    }
}
