package import Telemetry

/// The order of many label sets, with the keys for comparing made once.
package struct LabelOrder {
    private let labels: [Labels]
    private let budget: QueryBudget
    private var ranks: [Int] = []

    package init(_ labels: [Labels], _ budget: QueryBudget) {
        self.labels = labels
        self.budget = budget
    }

    /// Whether one set comes before another; the first call sorts them all. Once the query is over any answer will do.
    package mutating func precedes(_ left: Int, _ right: Int) -> Bool {
        if ranks.isEmpty {
            ranks = [Int](repeating: 0, count: labels.count)
            for (rank, index) in ((try? Self.order(labels, budget)) ?? []).enumerated() { ranks[index] = rank }
        }
        return ranks[left] < ranks[right]
    }

    /// Elements sorted by label sets, as `Labels` orders them.
    ///
    /// - Throws: `StoreError.cancelled` when the query is over.
    package static func sorted<Element>(
        _ elements: [Element], _ budget: QueryBudget, by labels: (Element) -> Labels
    ) throws(StoreError) -> [Element] {
        try order(elements.map(labels), budget).map { elements[$0] }
    }

    private static func order(_ labels: [Labels], _ budget: QueryBudget) throws(StoreError) -> [Int] {
        // Names and values with a byte between them that no text holds compare like the pairs themselves.
        var keys: [[UInt8]] = []
        keys.reserveCapacity(labels.count)
        var watch = BudgetWatch(budget)
        for set in labels {
            try watch.advance(20)
            var key: [UInt8] = []
            key.reserveCapacity(set.encoded.count + 2)
            set.forEachRange { name, value in
                key.append(contentsOf: set.encoded[name])
                key.append(0)
                key.append(contentsOf: set.encoded[value])
                key.append(0)
                return true
            }
            keys.append(key)
        }
        return try keys.indices.sorted(budget) { left, right in
            let order = compare(keys[left], keys[right])
            return order < 0 || (order == 0 && left < right)
        }
    }

    private static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
        let shared = min(left.count, right.count)
        let mine = left.span
        let theirs = right.span
        var index = 0
        while index < shared {
            if mine[index] != theirs[index] { return Int(mine[index]) - Int(theirs[index]) }
            index &+= 1
        }
        return left.count - right.count
    }
}
