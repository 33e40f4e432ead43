import Telemetry

/// Operations on sorted lists of series numbers.
package enum Postings {
    /// Numbers in both lists. Complexity: linear in the shorter times the logarithm of the longer when they differ much.
    package static func intersect(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        let (short, long) = left.count <= right.count ? (left, right) : (right, left)
        var result: [UInt32] = []
        result.reserveCapacity(short.count)
        var position = 0
        if long.count / 16 > short.count {
            for number in short {
                position = firstIndex(notBelow: number, in: long, from: position)
                if position == long.count { break }
                if long[position] == number { result.append(number) }
            }
            return result
        }
        var index = 0
        while index < short.count && position < long.count {
            let (a, b) = (short[index], long[position])
            if a == b { result.append(a) }
            if a <= b { index &+= 1 }
            if b <= a { position &+= 1 }
        }
        return result
    }

    /// Numbers of the first list that the second lacks.
    static func subtract(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        if right.isEmpty { return left }
        var result: [UInt32] = []
        result.reserveCapacity(left.count)
        var position = 0
        for number in left {
            while position < right.count && right[position] < number { position &+= 1 }
            if position == right.count || right[position] != number { result.append(number) }
        }
        return result
    }

    /// The numbers of many lists, through a bitmap of all series.
    static func unite(
        _ lists: some Sequence<[UInt32]>, seriesCount: Int, _ budget: QueryBudget = .unlimited
    ) throws(StoreError) -> [UInt32] {
        var watch = BudgetWatch(budget)
        var words = [UInt64](repeating: 0, count: seriesCount / 64 + 1)
        var single: [UInt32] = []
        var listCount = 0
        for list in lists {
            try watch.advance(20 + list.count)
            if listCount == 0 { single = list }
            listCount += 1
            for number in list { words[Int(number >> 6)] |= 1 &<< UInt64(number & 63) }
        }
        if listCount <= 1 { return single }
        var result: [UInt32] = []
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                result.append(UInt32(index &* 64 &+ rest.trailingZeroBitCount))
                rest &= rest &- 1
            }
        }
        return result
    }

    /// Galloping search: the lists are walked in order, so the answer is near.
    private static func firstIndex(notBelow number: UInt32, in list: [UInt32], from start: Int) -> Int {
        var step = 1
        var low = start
        while low &+ step < list.count && list[low &+ step] < number {
            low &+= step
            step &*= 2
        }
        var high = min(list.count, low &+ step &+ 1)
        while low < high {
            let middle = (low &+ high) &>> 1
            if list[middle] < number { low = middle &+ 1 } else { high = middle }
        }
        return low
    }
}
