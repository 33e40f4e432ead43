import Bytes
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

/// The label sets of a head in one arena, found by hash and bytes.
struct SeriesDirectory: Sendable {
    private(set) var hashes: SeriesHashes
    private var arena: [UInt8] = []
    private var ends: [Int] = []
    private(set) var isClosed = false

    init(expectedSeries: Int, expectedBytes: Int) {
        hashes = SeriesHashes(expected: expectedSeries)
        arena.reserveCapacity(expectedBytes)
        ends.reserveCapacity(expectedSeries)
    }

    var count: Int { hashes.count }
    var byteCount: Int { hashes.byteCount + arena.count + ends.count * 8 }
    var labelByteCount: Int { arena.count }

    /// - Parameter expected: the number to try first; writers name series in the same order again and again.
    func find(_ hash: UInt64, _ bytes: [UInt8], _ range: Range<Int>, expected: Int = .max) -> Int? {
        if expected < ends.count && hashes.values[expected] == hash && isEqual(expected, bytes, range) { return expected }
        return hashes.find(hash) { isEqual($0, bytes, range) }
    }

    @inline(__always)
    private func isEqual(_ number: Int, _ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        ByteComparison.areEqual(arena, range: self.range(number), bytes, range: range)
    }

    private func range(_ number: Int) -> Range<Int> { (number == 0 ? 0 : ends[number - 1])..<ends[number] }

    /// Lets go of the label sets, when no series will be looked for any more; the hashes stay.
    mutating func close() {
        arena = []
        ends = []
        isClosed = true
    }

    func bytes(_ number: Int) -> ArraySlice<UInt8> { arena[range(number)] }

    func labels(_ number: Int) -> Labels { Labels(canonical: Array(bytes(number)), hash: hashes.values[number]) }

    /// Adds a set that is not there yet and returns its number.
    mutating func add(_ labels: Labels) -> Int {
        precondition(!isClosed, "a frozen head gets no series")
        hashes.append(labels.hash)
        // Grown by quarters: label sets are the larger part of a head with many series.
        let needed = arena.count + labels.encoded.count
        if needed > arena.capacity { arena.reserveCapacity(needed + needed / 4) }
        arena.append(contentsOf: labels.encoded)
        ends.append(arena.count)
        return ends.count - 1
    }
}
