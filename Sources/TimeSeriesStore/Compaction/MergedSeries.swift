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
        var member: Member
        /// Series that were scraped together have the same.
        var scrape: UInt64
    }

    private var register = SymbolRegister()
    private var flat: [UInt32] = []
    private var entries: [Entry] = []

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
        for number in numbers {
            let start = flat.count
            for symbol in index.pairs(Int(number)) {
                flat.append(map(symbol) { UInt32(register.insert(bytes, range: index.symbolRange(symbol))) })
            }
            entries.append(
                Entry(pairs: start..<flat.count, metric: 0, member: Member(input: input, series: number), scrape: scrape(number)))
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
            switch Self.compare(flat, left.pairs, right.pairs) {
            case ..<0: return true
            case 0: return left.member.input < right.member.input
            default: return false
            }
        }
        var scrapes: [UInt64] = []
        for (index, entry) in entries.enumerated() {
            if index > 0, Self.compare(flat, entries[index - 1].pairs, entry.pairs) == 0 {
                flatMembers.append(entry.member)
                memberEnds[memberEnds.count - 1] = flatMembers.count
                scrapes[scrapes.count - 1] = entry.scrape
            } else {
                series.append(flat[entry.pairs])
                flatMembers.append(entry.member)
                memberEnds.append(flatMembers.count)
                metrics.append(entry.metric)
                scrapes.append(entry.scrape)
            }
        }
        writingOrder = Array(series.indices)
        writingOrder.sort { (metrics[$0], scrapes[$0], $0) < (metrics[$1], scrapes[$1], $1) }
        entries = []
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
