import Bytes

/// Reading many series of a head at once, as the making of a block does.
///
/// The slabs of a series lie far apart, since all other series got theirs between, so that walking one chain is waiting for memory. Series that
/// were scraped together are walked side by side: their looks into memory are independent of each other, and they share one column of times.
extension SampleSlabs {
    /// Series that are walked side by side.
    private static let groupLimit = 32

    /// Reads series in a closed window as `read` does each; `columns` is parallel to `series`.
    func read(_ series: [UInt32], start: Int64, end: Int64, into columns: inout [SeriesColumn]) {
        var first = 0
        while first < series.count {
            let leader = chains[Int(series[first])]
            var last = first + 1
            if isOrdinary(leader), leader.count > 0 {
                // Equal hashes make it likely that the times are equal; `readGroup` compares them.
                while last < series.count, last - first < Self.groupLimit {
                    let chain = chains[Int(series[last])]
                    guard chain.timeHash == leader.timeHash, chain.count == leader.count, isOrdinary(chain) else { break }
                    last += 1
                }
            }
            if last - first > 1 {
                readGroup(series, first..<last, start: start, end: end, into: &columns)
            } else {
                read(Int(series[first]), start: start, end: end, into: &columns[first])
            }
            first = last
        }
    }

    @inline(__always)
    private func isOrdinary(_ chain: Chain) -> Bool { chain.isSorted && !chain.hasExtras }

    private func readGroup(_ series: [UInt32], _ group: Range<Int>, start: Int64, end: Int64, into columns: inout [SeriesColumn]) {
        let first = group.lowerBound
        read(Int(series[first]), start: start, end: end, into: &columns[first])
        let inside = columns[first].count
        if inside == 0 && chains[Int(series[first])].count == 0 { return }
        // Which of the samples lie in the window is the same for all, as long as the times are.
        let skipped = inside == 0 ? 0 : samplesBefore(columns[first].times[0], Int(series[first]))
        var slabs = group.map { Int(chains[Int(series[$0])].first) }
        var isAlike = [Bool](repeating: true, count: group.count)
        for place in 1..<group.count {
            columns[first + place].removeAll()
            columns[first + place].values.reserveCapacity(inside)
        }
        let count = Int(chains[Int(series[first])].count)
        var done = 0
        while done < count {
            let taken = min(count - done, Self.slabSize)
            let kept = max(0, skipped - done)..<max(max(0, skipped - done), min(taken, skipped + inside - done))
            let base = slabs[0] * Self.slabSize
            for place in 1..<group.count where isAlike[place] {
                let own = slabs[place] * Self.slabSize
                if !haveEqualTimes(base, own, taken) {
                    isAlike[place] = false
                    continue
                }
                if !kept.isEmpty {
                    appendValues(own + kept.lowerBound..<own + kept.upperBound, to: &columns[first + place].values)
                }
                slabs[place] = following(slabs[place])
            }
            slabs[0] = following(slabs[0])
            done += taken
        }
        for place in 1..<group.count {
            if isAlike[place] {
                columns[first + place].times = columns[first].times
            } else {
                read(Int(series[first + place]), start: start, end: end, into: &columns[first + place])
            }
        }
    }

    /// How many samples of a sorted chain come before a time.
    private func samplesBefore(_ bound: Int64, _ series: Int) -> Int {
        var slab = Int(chains[series].first)
        var count = 0
        let total = Int(chains[series].count)
        while count < total {
            let taken = min(total - count, Self.slabSize)
            for slot in slab * Self.slabSize..<slab * Self.slabSize + taken {
                if time(slot) >= bound { return count }
                count += 1
            }
            slab = following(slab)
        }
        return count
    }
}
