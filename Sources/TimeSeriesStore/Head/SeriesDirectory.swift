import Bytes
import Synchronization
import Telemetry

/// The hashes of a head's series: enough to know a series again when it only matters for a budget.
///
/// A copy shares its memory with the original as long as that does not grow, which is so once its generation is frozen.
struct SeriesHashes: Sendable {
    private(set) var values: [UInt64] = []
    private var table: NumberTable

    init(expected: Int = 0) {
        // Unlike the arrays the table is written at once: a flood of series that is over must not be paid for again.
        table = NumberTable(minimumCapacity: max(1024, min(expected, 1 << 17) * 2 / 3))
        values.reserveCapacity(expected)
    }

    var count: Int { values.count }
    var byteCount: Int { table.byteCount + values.count * 8 }

    func contains(_ hash: UInt64) -> Bool { find(hash) { _ in true } != nil }

    @inline(__always)
    func find(_ hash: UInt64, where isEqual: (Int) -> Bool) -> Int? {
        table.find(hash) { values[$0] == hash && isEqual($0) }
    }

    mutating func append(_ hash: UInt64) {
        table.insert(hash, values.count)
        values.append(hash)
    }
}

/// The label sets of a head, found by hash and bytes.
///
/// - Isolation: thread-safe; decoders look series up while others append. Its lock is the innermost and is held for one look.
final class SeriesDirectory: Sendable {
    private struct Content: Sendable {
        var hashes: SeriesHashes
        var sets = PairSetList()
        var isClosed = false

        @inline(__always)
        func isEqual(_ number: Int, _ bytes: [UInt8], _ range: Range<Int>) -> Bool { sets.isEqual(number, canonical: bytes, range: range) }
    }

    private let content: Mutex<Content>

    init(expectedSeries: Int) { content = Mutex(Content(hashes: SeriesHashes(expected: expectedSeries))) }

    var hashes: SeriesHashes { content.withLock { $0.hashes } }
    var count: Int { content.withLock { $0.hashes.count } }
    var byteCount: Int { content.withLock { $0.hashes.byteCount + $0.sets.byteCount + $0.sets.count * 16 } }
    var isClosed: Bool { content.withLock { $0.isClosed } }

    /// What decoders may know; nil when no series will be looked for any more.
    var known: KnownSeries? {
        guard let sets = content.withLock({ $0.isClosed ? nil : $0.sets.snapshot }) else { return nil }
        return KnownSeries(sets: sets, owner: self) { [self] hash, bytes, range in find(hash, bytes, range) }
    }

    /// - Parameter expected: the number to try first; writers name series in the same order again and again.
    func find(_ hash: UInt64, _ bytes: [UInt8], _ range: Range<Int>, expected: Int = .max) -> Int? {
        content.withLock { content in
            if content.isClosed { return nil }
            if expected < content.hashes.count && content.hashes.values[expected] == hash && content.isEqual(expected, bytes, range) {
                return expected
            }
            return content.hashes.find(hash) { content.isEqual($0, bytes, range) }
        }
    }

    /// Lets go of the label sets, when no series will be looked for any more; the hashes stay.
    func close() {
        content.withLock { content in
            content.sets = PairSetList()
            content.isClosed = true
        }
    }

    func labels(_ number: Int) -> Labels {
        content.withLock { Labels(canonical: $0.sets.canonical(number), hash: $0.hashes.values[number]) }
    }

    /// Adds a set that is not there yet and returns its number.
    func add(_ labels: Labels) -> Int {
        content.withLock { content in
            precondition(!content.isClosed, "a frozen head gets no series")
            content.hashes.append(labels.hash)
            content.sets.append(canonical: labels.encoded)
            return content.hashes.count - 1
        }
    }
}
