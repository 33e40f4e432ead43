import Bytes
import Environment
import Telemetry

/// Unites sources into one block: a generation of the head becoming a block is the case of one source.
///
/// Works through the series in runs and through each run slice by slice, so memory is one run in one slice however large the sources are.
struct BlockMerge {
    /// Series that are held in memory at once.
    private static let runLength = 512
    /// A chunk's series have about this many samples in a slice.
    private static let samplesPerSlice = 180.0
    /// More samples of one series in a slice are split over several chunks.
    private static let samplesPerChunk = 2048
    /// A group of this size is closed when the metric changes.
    private static let fullEnough = 16
    /// Lengths of slices in milliseconds: a minute, 5, 15, 30, an hour, 2, 6, a day, 8 days, 64, then about a year, eight and a century.
    private static let sliceLengths: [Int64] = [
        60_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000, 691_200_000, 5_529_600_000, 31_536_000_000,
        252_288_000_000, 3_153_600_000_000,
    ]

    let inputs: [FilteredSource]
    let window: ClosedRange<Int64>

    /// Blocks that heads become are united with others before long.
    private var isOfHead: Bool {
        inputs.contains { if case .head = $0.source { true } else { false } }
    }

    /// Writes the block; nil when no sample is left.
    func write(_ meta: BlockMeta, directory: String, fileSystem: any FileSystem) throws(StoreError) -> BlockMeta? {
        var merged = MergedSeries()
        var seriesTotal = 0
        var sampleTotal = 0.0
        var span = window
        var lowest = Int64.max
        var highest = Int64.min
        for (position, input) in inputs.enumerated() {
            let part = try collect(input, position, into: &merged)
            seriesTotal = max(seriesTotal, part.series)
            sampleTotal += part.samples
            lowest = min(lowest, part.times.lowerBound)
            highest = max(highest, part.times.upperBound)
        }
        guard seriesTotal > 0, lowest <= highest else { return nil }
        span = max(window.lowerBound, lowest)...max(max(window.lowerBound, lowest), min(window.upperBound, highest))
        merged.finish()
        let slice = sliceLength(samples: sampleTotal, series: seriesTotal, span: span)
        let path = directory + "/" + meta.fileName
        do {
            var writer = try BlockWriter.begin(temporary: path + ".tmp", isPassing: isOfHead, fileSystem: fileSystem)
            do {
                try writeChunks(merged, slice: slice, span: span, into: &writer)
                if writer.sampleCount == 0 {
                    writer.abandon()
                    return nil
                }
                return try writer.finish(symbols: merged.symbols, series: merged.series, meta: meta, path: path)
            } catch {
                writer.abandon()
                throw error
            }
        } catch let error as FileError {
            throw StoreError(file: error, doing: "write block \(meta.number)")
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.environment, "cannot write block \(meta.number): \(error)")
        }
    }

    private func collect(
        _ input: FilteredSource, _ position: Int, into merged: inout MergedSeries
    ) throws(StoreError) -> (series: Int, samples: Double, times: ClosedRange<Int64>) {
        switch input.source {
        case .head(let generation):
            return generation.withState { state in
                let chains = state.slabs.chains
                let inside = (0..<UInt32(state.seriesCount)).filter {
                    let chain = chains[Int($0)]
                    return chain.count > 0 && chain.earliest <= window.upperBound && chain.latest >= window.lowerBound
                }
                merged.add(inside, of: state.index, input: position) { chains[Int($0)].timeHash }
                return (state.seriesCount, Double(state.slabs.sampleCount), state.earliest...max(state.earliest, state.latest))
            }
        case .block(let block):
            let index = try block.index()
            let all = Array(0..<UInt32(index.seriesCount))
            merged.add(all, of: index, input: position) { series in
                // The last chunk: blocks of later generations come last and have the say.
                guard let place = index.chunkRange(Int(series)).last else { return 0 }
                return UInt64(position) << 32 | UInt64(index.chunks[Int(index.seriesChunks[place])].times)
            }
            return (index.seriesCount, Double(block.meta.sampleCount), block.meta.earliest...block.meta.latest)
        }
    }

    private func sliceLength(samples: Double, series: Int, span: ClosedRange<Int64>) -> Int64 {
        let length = Double(span.upperBound - span.lowerBound) + 1
        let perMillisecond = samples / Double(series) / length
        let wanted = Self.sliceLengths.first { Double($0) * perMillisecond >= Self.samplesPerSlice } ?? Self.sliceLengths.last!
        // However sparse and wide, the slices stay few enough to be walked.
        return max(wanted, Self.sliceLengths.first { length / Double($0) <= 4096 } ?? Self.sliceLengths.last!)
    }

    private func writeChunks(
        _ merged: MergedSeries, slice: Int64, span: ClosedRange<Int64>, into writer: inout BlockWriter
    ) throws {
        var first = 0
        while first < merged.writingOrder.count {
            let run = Array(merged.writingOrder[first..<min(first + Self.runLength, merged.writingOrder.count)])
            first += run.count
            var start = Timestamp.floor(span.lowerBound, to: slice)
            while start <= span.upperBound {
                let end = min(start + (slice - 1), span.upperBound)
                let columns = try read(run, merged, max(start, span.lowerBound), end)
                try writeGroups(run, columns, merged.metrics, into: &writer)
                start += slice
            }
        }
    }

    /// The united columns of a run of series in a closed window.
    private func read(_ run: [Int], _ merged: MergedSeries, _ start: Int64, _ end: Int64) throws(StoreError) -> [SeriesColumn] {
        var columns = [SeriesColumn](repeating: SeriesColumn(), count: run.count)
        for (input, source) in inputs.enumerated() {
            var series: [UInt32] = []
            var positions: [Int] = []
            for (position, number) in run.enumerated() {
                for member in merged.members(number) where member.input == input {
                    series.append(member.series)
                    positions.append(position)
                }
            }
            if series.isEmpty { continue }
            var parts = [SeriesColumn](repeating: SeriesColumn(), count: series.count)
            if source.isWhole, case .head(let generation) = source.source {
                generation.withState { $0.slabs.read(series, start: start, end: end, into: &parts) }
            } else {
                try source.read(series, start: start, end: end, into: &parts)
            }
            var joint: TimesJoint?
            for (index, position) in positions.enumerated() { TimesJoint.unite(&columns[position], parts[index], &joint) }
        }
        return columns
    }

    /// Puts series with the same times together and writes them as chunks.
    private func writeGroups(
        _ run: [Int], _ columns: [SeriesColumn], _ metrics: [UInt32], into writer: inout BlockWriter
    ) throws(FileError) {
        let hashes = Self.groupHashes(columns)
        var order = columns.indices.filter { !columns[$0].isEmpty }
        // Mostly the whole run was scraped together.
        if zip(order, order.dropFirst()).contains(where: { hashes[$0] > hashes[$1] }) {
            order.sort { (hashes[$0], $0) < (hashes[$1], $1) }
        }
        var group: [Int] = []
        for position in order {
            if let first = group.first {
                let isOther = hashes[first] != hashes[position] || columns[first].times != columns[position].times
                let isNewMetric = metrics[run[first]] != metrics[run[position]] && group.count >= Self.fullEnough
                if isOther || isNewMetric || group.count == ChunkCoding.memberLimit {
                    try writeGroup(group, run, columns, into: &writer)
                    group.removeAll(keepingCapacity: true)
                }
            }
            group.append(position)
        }
        if !group.isEmpty { try writeGroup(group, run, columns, into: &writer) }
    }

    /// Hashes of the times; neighbours that share their times in memory are hashed once.
    private static func groupHashes(_ columns: [SeriesColumn]) -> [UInt64] {
        var hashes: [UInt64] = []
        hashes.reserveCapacity(columns.count)
        var last: (times: [Int64], hash: UInt64) = ([], 0)
        for column in columns {
            if column.isEmpty {
                hashes.append(0)
                continue
            }
            if !column.times.sharesMemory(with: last.times) { last = (column.times, column.times.timesHash) }
            hashes.append(last.hash ^ (column.isPlain ? 0 : 1))
        }
        return hashes
    }

    private func writeGroup(
        _ group: [Int], _ run: [Int], _ columns: [SeriesColumn], into writer: inout BlockWriter
    ) throws(FileError) {
        let count = columns[group[0]].count
        var start = 0
        while start < count {
            let part = start..<min(start + Self.samplesPerChunk, count)
            try writer.append(group.map { (UInt32(run[$0]), columns[$0].slice(part)) })
            start = part.upperBound
        }
    }
}

/// The times of two columns and of both together. Series that were scraped together share their columns of times in memory, and so they share what
/// the columns become, which is then made, hashed and compared once.
private struct TimesJoint {
    let earlier: [Int64]
    let later: [Int64]
    let united: [Int64]

    /// Unites a column with one that was written later, as `SeriesColumn.merge` does.
    static func unite(_ column: inout SeriesColumn, _ later: SeriesColumn, _ joint: inout TimesJoint?) {
        guard column.isPlain, later.isPlain, let last = column.times.last, let first = later.times.first, first > last else {
            return column.merge(written: later)
        }
        if let joint, column.times.sharesMemory(with: joint.earlier), later.times.sharesMemory(with: joint.later) {
            column.times = joint.united
            column.values.append(contentsOf: later.values)
            return
        }
        let earlier = column.times
        column.merge(written: later)
        joint = TimesJoint(earlier: earlier, later: later.times, united: column.times)
    }
}

extension Timestamp {
    /// The largest multiple of a length that is not above a time; both in milliseconds.
    static func floor(_ time: Int64, to length: Int64) -> Int64 {
        let rest = time % length
        return time - (rest < 0 ? rest + length : rest)
    }
}
