import Bytes
import Telemetry

/// Finds the series of one body among the known: a sender names its series in the same order again and again, so that behind a known series
/// the next number is tried first. Whatever is not where it is expected is looked up by hash and bytes.
struct SeriesGuide {
    /// So many lookups in vain one after the other mean that the body is full of new series. The expected one is still tried.
    private static let missLimit = 8

    let known: KnownSeries
    private var expected = Int.max
    private var misses = 0

    init(_ known: KnownSeries) { self.known = known }

    /// Appends the series at hand and its samples, when it is the expected one; returns how many samples.
    @inline(__always)
    mutating func readExpected(_ reader: ProtobufReader, _ batch: inout SampleWriteBatch) -> Int? {
        guard expected < known.sets.count,
            let samples = PlainSeries.read(
                reader.bytes, range: reader.offset..<reader.end, as: expected, of: known.sets, times: &batch.sampleTimes,
                values: &batch.sampleValues)
        else { return nil }
        batch.series.append(SampleWriteBatch.Series(known: expected))
        expected &+= 1
        return samples
    }

    /// The number of a label set in canonical form.
    mutating func find(_ hash: UInt64, _ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        if misses >= Self.missLimit { return nil }
        guard let number = known.find(hash, bytes, range), number < known.sets.count else {
            misses += 1
            return nil
        }
        misses = 0
        expected = number + 1
        return number
    }
}
