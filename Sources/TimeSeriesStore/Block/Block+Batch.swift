import Bytes
import Telemetry

extension Block {
    /// Reads series of consecutive rows straight into an answer: each chunk and each time column once, values decoded in place.
    func read(
        _ series: [UInt32], firstRow: Int, start: Int64, end: Int64, timesOnly: Bool = false, into batch: inout SampleBatch,
        budget: QueryBudget
    ) throws(StoreError) {
        let index = try index()
        var layout = BatchLayout()
        let setAside = setAsideChunks
        var places: [Int] = []
        var columns: [UInt32] = []
        for (position, number) in series.enumerated() {
            places.removeAll(keepingCapacity: true)
            columns.removeAll(keepingCapacity: true)
            for place in index.chunkRange(Int(number)) {
                let column = index.chunks[Int(index.seriesChunks[place])].times
                let times = index.times[Int(column)]
                if times.earliest > end || times.latest < start || setAside.contains(index.seriesChunks[place]) { continue }
                places.append(place)
                columns.append(column)
            }
            let shared = try sharedTimes(columns, start: start, end: end, index, &layout, &batch)
            if shared.inside.isEmpty { continue }
            try budget.useSamples(shared.inside.count)
            var target = batch.values.count
            batch.series.append(
                SampleBatch.Series(
                    labels: firstRow + position, timestamps: shared.column, firstTimestamp: shared.inside.lowerBound,
                    values: target + shared.inside.lowerBound..<target + shared.inside.upperBound))
            // Until a chunk says otherwise.
            batch.series[batch.series.count - 1].traits = DecimalColumn.Traits(holdsNumbers: true, neverFalls: true)
            batch.values.append(contentsOf: repeatElement(0, count: batch.timestampColumns[shared.column].count))
            for place in places {
                let chunk = index.seriesChunks[place]
                // The place holds zeros already, and any number will do.
                if !(timesOnly && index.holdsOnlyNumbers(chunk)) {
                    layout.wanted.append((chunk, index.seriesSlots[place], batch.series.count - 1, target))
                }
                target += index.times[Int(index.chunks[Int(chunk)].times)].count
            }
        }
        try fill(&batch, &layout, index, budget)
    }

    private struct BatchLayout {
        /// Values to decode: of which chunk and slot, for which series of the batch, to which place.
        var wanted: [(chunk: UInt32, slot: UInt8, series: Int, target: Int)] = []
        /// Sequences of time columns that stand in the batch already; most series of a batch have the last one.
        var shared: [(columns: [UInt32], column: Int, inside: Range<Int>)] = []
    }

    private func sharedTimes(
        _ columns: [UInt32], start: Int64, end: Int64, _ index: BlockIndex, _ layout: inout BatchLayout, _ batch: inout SampleBatch
    ) throws(StoreError) -> (column: Int, inside: Range<Int>) {
        if let known = layout.shared.last(where: { $0.columns == columns }) { return (known.column, known.inside) }
        var united: [Int64] = []
        for number in columns {
            let times = try times(number, in: index)
            if united.isEmpty { united = times } else { united.append(contentsOf: times) }
        }
        let lower = united.firstIndex(notBelow: start)
        let inside = lower..<max(lower, end == .max ? united.count : united.firstIndex(notBelow: end + 1))
        batch.timestampColumns.append(united)
        layout.shared.append((columns, batch.timestampColumns.count - 1, inside))
        return (batch.timestampColumns.count - 1, inside)
    }

    private func fill(_ batch: inout SampleBatch, _ layout: inout BatchLayout, _ index: BlockIndex, _ budget: QueryBudget) throws(StoreError) {
        layout.wanted.sort { ($0.chunk, $0.target) < ($1.chunk, $1.target) }
        var scratch: [Int64] = []
        var extras: [Int: SeriesColumn] = [:]
        var bytes: [UInt8] = []
        var directory: ChunkCoding.Directory?
        var current: UInt32?
        for item in layout.wanted {
            let count = index.times[Int(index.chunks[Int(item.chunk)].times)].count
            if current != item.chunk {
                try budget.check()
                guard let raw = try chunk(item.chunk, in: index) else {
                    throw StoreError(.corrupt, "a chunk of \(name) was just found damaged; ask again for what is left")
                }
                bytes = raw
                current = item.chunk
                directory = nil
            }
            do {
                if directory == nil { directory = try ChunkCoding.Directory(bytes) }
                let slot = Int(item.slot)
                guard slot < directory!.values.count else { throw CorruptBytes("chunk", offset: 0, expected: "slot \(slot)") }
                var offset = directory!.values[slot].lowerBound
                var traits = try DecimalColumn.decode(
                    bytes, at: &offset, end: directory!.values[slot].upperBound, count: count, scratch: &scratch, into: &batch.values,
                    at: item.target)
                // Chunks of a series come in the order of time, so what is before this one is there already.
                let first = batch.series[item.series].values.lowerBound - batch.series[item.series].firstTimestamp
                if item.target > first, batch.values[item.target] < batch.values[item.target - 1] { traits.neverFalls = false }
                if !traits.holdsNumbers { batch.series[item.series].traits.holdsNumbers = false }
                if !traits.neverFalls { batch.series[item.series].traits.neverFalls = false }
                if !directory!.extras.isEmpty {
                    var part = SeriesColumn()
                    try ChunkCoding.decodeExtras(bytes, directory!.extras[slot], count: count, into: &part)
                    addExtras(part, of: item.series, at: item.target, count: count, batch, to: &extras)
                }
            } catch {
                throw setAside(item.chunk, error)
            }
        }
        appendExtras(extras, to: &batch)
    }

    /// Gathers the start times and histograms of a series over its chunks; positions count from the series' first decoded value.
    private func addExtras(
        _ part: SeriesColumn, of series: Int, at target: Int, count: Int, _ batch: SampleBatch, to extras: inout [Int: SeriesColumn]
    ) {
        if part.isPlain { return }
        let origin = batch.series[series].values.lowerBound - batch.series[series].firstTimestamp
        let total = batch.timestampColumns[batch.series[series].timestamps].count
        var gathered = extras[series] ?? SeriesColumn()
        if !part.startTimes.isEmpty {
            if gathered.startTimes.isEmpty { gathered.startTimes = [Int64](repeating: 0, count: total) }
            for index in 0..<count { gathered.startTimes[target - origin + index] = part.startTimes[index] }
        }
        for entry in part.histograms { gathered.histograms.append((entry.index + target - origin, entry.histogram)) }
        extras[series] = gathered
    }

    private func appendExtras(_ extras: [Int: SeriesColumn], to batch: inout SampleBatch) {
        for series in extras.keys.sorted() {
            let column = extras[series]!
            let first = batch.series[series].firstTimestamp
            let inside = first..<first + batch.series[series].values.count
            let firstStart = batch.startTimes.count
            if !column.startTimes.isEmpty { batch.startTimes.append(contentsOf: column.startTimes[inside]) }
            batch.series[series].startTimes = firstStart..<batch.startTimes.count
            let firstHistogram = batch.histograms.count
            for entry in column.histograms where inside.contains(entry.index) {
                batch.histograms.append((entry.index - first, entry.histogram))
            }
            batch.series[series].histograms = firstHistogram..<batch.histograms.count
        }
    }
}
