import Bytes
import Telemetry

/// The label sets of a head with their numbers.
///
/// A copy shares its memory with the original as long as that does not grow, which is so once its generation is frozen.
struct SeriesDirectory: Sendable {
    private var table = NumberTable(minimumCapacity: 1024)
    private(set) var labels: [Labels] = []

    var count: Int { labels.count }
    var byteCount: Int { table.byteCount + labels.count * 24 }

    func find(_ hash: UInt64, _ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        table.find(hash) { labels[$0].hash == hash && ByteComparison.areEqual(labels[$0].encoded, bytes, range: range) }
    }

    /// Adds a set that is not there yet and returns its number.
    mutating func add(_ set: Labels) -> Int {
        table.insert(set.hash, labels.count)
        labels.append(set)
        return labels.count - 1
    }
}
