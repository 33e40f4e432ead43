import Bytes
import Telemetry

extension Block {
    /// Reads series in a closed window, each chunk once; `columns` is parallel to `series`.
    ///
    /// - Parameter timesOnly: whether any number may stand for a value that is one; chunks of numbers are then not read.
    func read(
        _ series: [UInt32], start: Int64, end: Int64, timesOnly: Bool = false, into columns: inout [SeriesColumn],
        _ budget: QueryBudget = .unlimited
    ) throws(StoreError) {
        let index = try index()
        var wanted: [(chunk: UInt32, slot: UInt8, position: Int)] = []
        for (position, number) in series.enumerated() {
            columns[position].removeAll()
            for place in index.chunkRange(Int(number)) {
                let chunk = index.seriesChunks[place]
                let times = index.times[Int(index.chunks[Int(chunk)].times)]
                if times.earliest <= end && times.latest >= start { wanted.append((chunk, index.seriesSlots[place], position)) }
            }
        }
        // A series' chunks are numbered in the order of time, so sorting by number keeps each column in order.
        wanted.sort { ($0.chunk, $0.position) < ($1.chunk, $1.position) }
        var scratch: [Int64] = []
        var next = 0
        while next < wanted.count {
            // A chunk is unpacked and decoded in some tens of microseconds.
            try budget.check()
            let number = wanted[next].chunk
            let last = wanted[next...].firstIndex { $0.chunk != number } ?? wanted.count
            defer { next = last }
            if timesOnly && index.holdsOnlyNumbers(number) {
                if setAsideChunks.contains(number) { continue }
                let times = try times(index.chunks[Int(number)].times, in: index)
                let inside = times.range(start, end)
                for item in wanted[next..<last] { columns[item.position].appendNumbers(at: times[inside]) }
                continue
            }
            guard let bytes = try chunk(number, in: index) else { continue }
            let times = try times(index.chunks[Int(number)].times, in: index)
            let inside = times.range(start, end)
            do {
                let directory = try ChunkCoding.Directory(bytes)
                for item in wanted[next..<last] {
                    let slot = Int(item.slot)
                    guard slot < directory.values.count else { throw CorruptBytes("chunk", offset: 0, expected: "slot \(slot)") }
                    var part = SeriesColumn()
                    part.times = times
                    part.values = [Double](repeating: 0, count: times.count)
                    var offset = directory.values[slot].lowerBound
                    try DecimalColumn.decode(
                        bytes, at: &offset, end: directory.values[slot].upperBound, count: times.count, scratch: &scratch,
                        into: &part.values, at: 0)
                    if !directory.extras.isEmpty {
                        try ChunkCoding.decodeExtras(bytes, directory.extras[slot], count: times.count, into: &part)
                    }
                    columns[item.position].append(part.slice(inside))
                }
            } catch {
                throw setAside(number, error)
            }
        }
    }

    /// Whether a series has a sample in a closed window: by the times of its chunks, without its values.
    func hasSamples(_ series: UInt32, start: Int64, end: Int64) throws(StoreError) -> Bool {
        let index = try index()
        for place in index.chunkRange(Int(series)) {
            let number = index.chunks[Int(index.seriesChunks[place])].times
            let entry = index.times[Int(number)]
            if entry.earliest > end || entry.latest < start { continue }
            if entry.earliest >= start || entry.latest <= end { return true }
            let times = try times(number, in: index)
            let first = times.firstIndex(notBelow: start)
            if first < times.count && times[first] <= end { return true }
        }
        return false
    }

    /// The first chunk of a series in a window: series of one chunk are best read together.
    static func firstChunk(_ series: UInt32, in index: BlockIndex, start: Int64, end: Int64) -> UInt32 {
        for place in index.chunkRange(Int(series)) {
            let chunk = index.seriesChunks[place]
            let times = index.times[Int(index.chunks[Int(chunk)].times)]
            if times.earliest <= end && times.latest >= start { return chunk }
        }
        return .max
    }
}
