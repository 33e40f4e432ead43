package import Telemetry

/// The newest exemplars, a bounded number; the oldest give way.
struct ExemplarRing: Sendable {
    private var items: [StoredExemplar] = []
    private var next = 0
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func add(_ exemplar: StoredExemplar) {
        if limit == 0 { return }
        if items.count < limit {
            items.append(exemplar)
        } else {
            items[next] = exemplar
            next = (next + 1) % limit
        }
    }

    /// Oldest first.
    var all: [StoredExemplar] { Array(items[next...] + items[..<next]) }
}

/// An exemplar with the series it belongs to.
package struct StoredExemplar: Hashable, Sendable {
    package var series: Labels
    package var labels: Labels
    /// Milliseconds since the epoch.
    package var time: Int64
    package var value: Double
}
