import Bytes
import Telemetry

/// The samples of a head in slabs of eight, chained per series: no allocation per series, one or two cache lines per append.
///
/// A time takes four bytes: its distance from an origin, which spans 49 days. The first time that lies farther away makes all times wide.
/// - Units: milliseconds.
struct SampleSlabs: Sendable {
    static let slabSize = 8
    /// Bytes of a sample whose time is a distance, and of one whose time is wide.
    private static let narrowBytes = 12
    private static let wideBytes = 16
    private static let none = UInt32.max

    /// What an append touches of a series: one cache line.
    struct Chain: Sendable {
        var first = UInt32.max
        var last = UInt32.max
        var count: UInt32 = 0
        /// Whether each time lay behind the one before.
        var isSorted = true
        /// Whether histograms or start times stand beside.
        var hasExtras = false
        /// Where freshness signals listen to the series.
        var isWatched = false
        /// In which definition epoch of the log the series was named.
        var definedEpoch: UInt32 = 0
        var earliest = Int64.max
        var latest = Int64.min
        /// A running hash of the times: series that were scraped together have the same.
        var timeHash: UInt64 = 0
    }

    struct Extras: Sendable {
        /// Histograms by the ordinal of their sample.
        var histograms: [(ordinal: Int, histogram: NativeHistogram)] = []
        /// Start times by the ordinal from which they hold.
        var startTimes: [(ordinal: Int, startTime: Int64)] = []
    }

    /// Distances of the times from the origin; empty when they are wide.
    private var distances: [UInt32] = []
    private var origin: Int64 = 0
    /// The times themselves, in place of the distances.
    private var wideTimes: [Int64] = []
    private var isWide = false
    private var values: [Double] = []
    private var next: [UInt32] = []
    /// Slabs for which there is room. The arrays' own capacities differ by what the allocator rounds up.
    private var reserved = 0
    private(set) var chains: [Chain] = []
    private var extras: [Int: Extras] = [:]
    private(set) var sampleCount = 0
    private var extraBytes = 0

    /// - Parameter expected: bytes of samples to reserve addresses for; untouched pages cost nothing, and no doubling copies them.
    init(expectedBytes: Int, expectedSeries: Int) {
        reserveSlabs(expectedBytes / Self.narrowBytes / Self.slabSize)
        chains.reserveCapacity(expectedSeries)
    }

    private mutating func reserveSlabs(_ count: Int) {
        reserved = count
        if isWide { wideTimes.reserveCapacity(count * Self.slabSize) } else { distances.reserveCapacity(count * Self.slabSize) }
        values.reserveCapacity(count * Self.slabSize)
        next.reserveCapacity(count)
    }

    var byteCount: Int { sampleByteCount + next.count * 4 + chains.count * MemoryLayout<Chain>.stride }
    /// Bytes of samples alone, which decide when a head is full.
    var sampleByteCount: Int { values.count * (isWide ? Self.wideBytes : Self.narrowBytes) + extraBytes }

    mutating func addSeries() { chains.append(Chain()) }

    mutating func setWatched(_ series: Int) { chains[series].isWatched = true }

    mutating func setDefined(_ series: Int, epoch: UInt32) { chains[series].definedEpoch = epoch }

    mutating func append(_ series: Int, time: Int64, value: Double) {
        let slot = reserve(series, time: time)
        values[slot] = value
    }

    mutating func append(_ series: Int, time: Int64, value: Double, startTime: Int64, histogram: NativeHistogram?) {
        // Ordinals of the extras count samples, so a sample with extras is never folded into the one before.
        let entry = extras[series]
        let knownStart = entry?.startTimes.last?.startTime ?? 0
        if histogram == nil && startTime == knownStart { return append(series, time: time, value: value) }
        let ordinal = Int(chains[series].count)
        chains[series].hasExtras = true
        if startTime != knownStart { extras[series, default: Extras()].startTimes.append((ordinal, startTime)) }
        if let histogram {
            extras[series, default: Extras()].histograms.append((ordinal, histogram))
            extraBytes += 200 + 8 * (histogram.positiveCounts.count + histogram.negativeCounts.count + histogram.customBounds.count)
        }
        extraBytes += 16
        let slot = reserve(series, time: time)
        values[slot] = histogram == nil ? value : StalenessMarker.ordinaryNaN
    }

    /// Where the value of the next sample goes.
    @inline(__always)
    private mutating func reserve(_ series: Int, time: Int64) -> Int {
        var chain = chains[series]
        let place = Int(chain.count) & (Self.slabSize - 1)
        if chain.count > 0 {
            if time == chain.latest && chain.isSorted && !chain.hasExtras {
                // The same instant again: the last write wins in place.
                let ordinal = (Int(chain.count) - 1) & (Self.slabSize - 1)
                return Int(chain.last) &* Self.slabSize &+ ordinal
            }
            if time <= chain.latest { chain.isSorted = false }
        }
        if place == 0 {
            let slab = UInt32(next.count)
            // Grown by quarters: an array that doubles is half empty when the head is full.
            if next.count == reserved { reserveSlabs(reserved + reserved / 4 + 1024) }
            next.append(Self.none)
            if isWide {
                wideTimes.append(contentsOf: repeatElement(0, count: Self.slabSize))
            } else {
                distances.append(contentsOf: repeatElement(0, count: Self.slabSize))
            }
            values.append(contentsOf: repeatElement(0, count: Self.slabSize))
            if chain.count == 0 { chain.first = slab } else { next[Int(chain.last)] = slab }
            chain.last = slab
        }
        chain.count &+= 1
        if time > chain.latest { chain.latest = time }
        if time < chain.earliest { chain.earliest = time }
        chain.timeHash = Hash64.mix(chain.timeHash ^ UInt64(bitPattern: time), 0x9e37_79b9_7f4a_7c15)
        chains[series] = chain
        sampleCount &+= 1
        let slot = Int(chain.last) &* Self.slabSize &+ place
        setTime(slot, time)
        return slot
    }

    // MARK: Times

    @inline(__always)
    func time(_ slot: Int) -> Int64 { isWide ? wideTimes[slot] : origin &+ Int64(distances[slot]) }

    @inline(__always)
    private mutating func setTime(_ slot: Int, _ time: Int64) {
        if !isWide {
            // The first sample stands in the middle of what can be said.
            if sampleCount == 1 { origin = time &- 1 << 31 }
            // Both ways wrap around, so whatever fits comes back as it was.
            let distance = UInt64(bitPattern: time &- origin)
            if distance <= UInt64(UInt32.max) {
                distances[slot] = UInt32(truncatingIfNeeded: distance)
                return
            }
            widen()
        }
        wideTimes[slot] = time
    }

    private mutating func widen() {
        wideTimes.reserveCapacity(reserved * Self.slabSize)
        for distance in distances { wideTimes.append(origin &+ Int64(distance)) }
        distances = []
        isWide = true
    }

    @inline(__always)
    private func appendTimes(_ slots: Range<Int>, to target: inout [Int64]) {
        if isWide { return target.append(contentsOf: wideTimes[slots]) }
        for slot in slots { target.append(origin &+ Int64(distances[slot])) }
    }

    // MARK: Reading

    /// The slab behind a slab of the same chain; meaningless behind the last.
    @inline(__always)
    func following(_ slab: Int) -> Int { Int(next[slab]) }

    /// Whether two slabs begin with the same times.
    @inline(__always)
    func haveEqualTimes(_ base: Int, _ other: Int, _ count: Int) -> Bool {
        var index = 0
        if isWide {
            while index < count {
                if wideTimes[base &+ index] != wideTimes[other &+ index] { return false }
                index &+= 1
            }
            return true
        }
        var difference: UInt32 = 0
        while index < count {
            difference |= distances[base &+ index] ^ distances[other &+ index]
            index &+= 1
        }
        return difference == 0
    }

    @inline(__always)
    func appendValues(_ slots: Range<Int>, to target: inout [Double]) { target.append(contentsOf: values[slots]) }

    /// Reads the samples of a series in a closed window, sorted, the last write of an instant winning.
    func read(_ series: Int, start: Int64, end: Int64, into column: inout SeriesColumn) {
        column.removeAll()
        let chain = chains[series]
        if chain.count == 0 || chain.latest < start || chain.earliest > end { return }
        if chain.isSorted && !chain.hasExtras {
            column.times.reserveCapacity(Int(chain.count))
            column.values.reserveCapacity(Int(chain.count))
            var slab = Int(chain.first)
            var left = Int(chain.count)
            while left > 0 {
                let base = slab &* Self.slabSize
                let taken = min(left, Self.slabSize)
                let (earliest, latest) = (time(base), time(base &+ taken &- 1))
                if latest >= start {
                    if earliest > end { break }
                    if earliest >= start && latest <= end {
                        appendTimes(base..<base &+ taken, to: &column.times)
                        column.values.append(contentsOf: values[base..<base &+ taken])
                        left &-= taken
                        slab = Int(next[slab])
                        continue
                    }
                    for slot in base..<base &+ taken where time(slot) >= start && time(slot) <= end {
                        column.times.append(time(slot))
                        column.values.append(values[slot])
                    }
                }
                left &-= taken
                slab = Int(next[slab])
            }
            return
        }
        readUnsorted(series, start: start, end: end, into: &column)
    }

    /// Whether a series has a sample in a closed window.
    func hasSamples(_ series: Int, start: Int64, end: Int64) -> Bool {
        let chain = chains[series]
        if chain.count == 0 || chain.earliest > end || chain.latest < start { return false }
        if chain.earliest >= start || chain.latest <= end { return true }
        var column = SeriesColumn()
        read(series, start: start, end: end, into: &column)
        return !column.isEmpty
    }

    private func readUnsorted(_ series: Int, start: Int64, end: Int64, into column: inout SeriesColumn) {
        let chain = chains[series]
        let extra = extras[series]
        var samples: [(time: Int64, ordinal: Int, slot: Int)] = []
        samples.reserveCapacity(Int(chain.count))
        var slab = Int(chain.first)
        for ordinal in 0..<Int(chain.count) {
            let slot = slab * Self.slabSize + ordinal % Self.slabSize
            let time = time(slot)
            if time >= start && time <= end { samples.append((time, ordinal, slot)) }
            if ordinal % Self.slabSize == Self.slabSize - 1 { slab = Int(next[slab]) }
        }
        samples.sort { ($0.time, $0.ordinal) < ($1.time, $1.ordinal) }
        for (index, sample) in samples.enumerated() {
            if index + 1 < samples.count && samples[index + 1].time == sample.time { continue }
            column.append(
                time: sample.time, value: values[sample.slot], startTime: extra?.startTime(at: sample.ordinal) ?? 0,
                histogram: extra?.histogram(at: sample.ordinal))
        }
    }
}

extension SampleSlabs.Extras {
    func histogram(at ordinal: Int) -> NativeHistogram? {
        var low = 0
        var high = histograms.count
        while low < high {
            let middle = (low + high) / 2
            if histograms[middle].ordinal < ordinal { low = middle + 1 } else { high = middle }
        }
        return low < histograms.count && histograms[low].ordinal == ordinal ? histograms[low].histogram : nil
    }

    func startTime(at ordinal: Int) -> Int64 {
        var low = 0
        var high = startTimes.count
        while low < high {
            let middle = (low + high) / 2
            if startTimes[middle].ordinal <= ordinal { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? 0 : startTimes[low - 1].startTime
    }
}
