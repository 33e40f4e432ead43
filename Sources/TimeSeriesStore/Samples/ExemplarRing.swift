package import Telemetry

/// The newest exemplars, a bounded number; the oldest give way.
struct ExemplarRing: Sendable {
    private var items: [StoredExemplar] = []
    /// The same exemplars, to take none twice: clients repeat them with every scrape until a new one comes.
    private var known: Set<StoredExemplar> = []
    private var next = 0
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func add(_ exemplar: StoredExemplar) {
        if limit == 0 || !known.insert(exemplar).inserted { return }
        if items.count < limit {
            items.append(exemplar)
        } else {
            known.remove(items[next])
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
