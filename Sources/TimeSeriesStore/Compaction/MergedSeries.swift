import Bytes
import Telemetry

/// The series of several sources as one sorted list with symbols of its own.
///
/// Symbols are sorted by bytes, series by metric name and then pair by pair, so neighbours look alike and numbers compare as texts do.
struct MergedSeries {
    struct Member {
        var input: Int
        var series: UInt32
    }

    private struct Entry {
        var pairs: Range<Int>
        var metric: UInt32
        /// Its place in the order in which the series came.
        var number: UInt32
        /// Series that were scraped together have the same: the last member's.
        var scrape: UInt64
    }

    private var register = SymbolRegister()
    private var flat: [UInt32] = []
    private var entries: [Entry] = []
    /// Entries by their pairs: most series stand in several sources, and what stands once is kept and sorted once.
    private var known = NumberTable()
    /// Each member with the number of its entry, in the order of writing.
    private var joined: [(entry: UInt32, member: Member)] = []

    /// Sorted symbols.
    private(set) var symbols: [ArraySlice<UInt8>] = []
    /// Pairs of each series, in order.
    private(set) var series: [ArraySlice<UInt32>] = []
    private var flatMembers: [Member] = []
    private var memberEnds: [Int] = []
    /// Series numbers in the order in which they are best written: by metric, then by scrape.
    private(set) var writingOrder: [Int] = []
    private(set) var metrics: [UInt32] = []

    /// Members of a series, in the order of writing.
    func members(_ number: Int) -> ArraySlice<Member> {
        flatMembers[(number == 0 ? 0 : memberEnds[number - 1])..<memberEnds[number]]
    }

    mutating func add<Index: LabelIndex>(_ numbers: [UInt32], of index: Index, input: Int, scrape: (UInt32) -> UInt64) {
        var map = SymbolMap(symbolCount: index.symbolCount, expected: numbers.count)
        let bytes = index.symbolBytes
        if flat.isEmpty { flat.reserveCapacity(numbers.reduce(0) { $0 + index.pairs(Int($1)).count }) }
        joined.reserveCapacity(joined.count + numbers.count)
        for number in numbers {
            let start = flat.count
            var hash: UInt64 = 0
            for symbol in index.pairs(Int(number)) {
                let mapped = map(symbol) { UInt32(register.insert(bytes, range: index.symbolRange(symbol))) }
                flat.append(mapped)
                hash = Hash64.mix(hash ^ UInt64(mapped), 0x9e37_79b9_7f4a_7c15)
            }
            let pairs = start..<flat.count
            let entry: Int
            if let old = known.find(hash, where: { Self.compare(flat, entries[$0].pairs, pairs) == 0 }) {
                entry = old
                entries[entry].scrape = scrape(number)
                flat.removeLast(pairs.count)
            } else {
                entry = entries.count
                known.insert(hash, entry)
                entries.append(Entry(pairs: pairs, metric: 0, number: UInt32(entry), scrape: scrape(number)))
            }
            joined.append((UInt32(entry), Member(input: input, series: number)))
        }
    }

    /// Sorts and unites; afterwards the lists are complete.
    mutating func finish() {
        let (order, rank) = register.sorted()
        symbols = order.map { register.bytes(Int($0)) }
        for index in flat.indices { flat[index] = rank[Int(flat[index])] }
        let name = register.find(Labels.metricName).map { rank[$0] } ?? .max
        for index in entries.indices {
            var position = entries[index].pairs.lowerBound
            while position < entries[index].pairs.upperBound {
                if flat[position] == name { entries[index].metric = flat[position + 1] }
                position += 2
            }
        }
        let flat = flat
        entries.sort { left, right in
            if left.metric != right.metric { return left.metric < right.metric }
            return Self.compare(flat, left.pairs, right.pairs) < 0
        }
        series = entries.map { flat[$0.pairs] }
        metrics = entries.map(\.metric)
        collectMembers()
        writingOrder = Array(series.indices)
        writingOrder.sort { (metrics[$0], entries[$0].scrape, $0) < (metrics[$1], entries[$1].scrape, $1) }
        entries = []
    }

    /// Puts the members of each series together, in the order in which they came.
    private mutating func collectMembers() {
        var places = [Int](repeating: 0, count: entries.count)
        for (place, entry) in entries.enumerated() { places[Int(entry.number)] = place }
        var counts = [Int](repeating: 0, count: entries.count)
        for item in joined { counts[places[Int(item.entry)]] += 1 }
        var total = 0
        for place in counts.indices {
            let count = counts[place]
            counts[place] = total
            total += count
        }
        flatMembers = [Member](repeating: Member(input: 0, series: 0), count: total)
        for item in joined {
            let place = places[Int(item.entry)]
            flatMembers[counts[place]] = item.member
            counts[place] += 1
        }
        // Each start has moved on to its end.
        memberEnds = counts
        joined = []
        known = NumberTable()
    }

    private static func compare(_ flat: [UInt32], _ left: Range<Int>, _ right: Range<Int>) -> Int {
        var (a, b) = (left.lowerBound, right.lowerBound)
        while a < left.upperBound && b < right.upperBound {
            if flat[a] != flat[b] { return flat[a] < flat[b] ? -1 : 1 }
            a &+= 1
            b &+= 1
        }
        return left.count - right.count
    }
}
