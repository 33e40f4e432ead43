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
