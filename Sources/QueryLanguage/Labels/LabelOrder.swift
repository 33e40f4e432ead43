package import Telemetry

/// The order of many label sets, with the keys for comparing made once.
package struct LabelOrder {
    private let labels: [Labels]
    private var ranks: [Int] = []

    package init(_ labels: [Labels]) { self.labels = labels }

    /// Whether one set comes before another; the first call sorts them all.
    package mutating func precedes(_ left: Int, _ right: Int) -> Bool {
        if ranks.isEmpty {
            ranks = [Int](repeating: 0, count: labels.count)
            for (rank, index) in Self.order(labels).enumerated() { ranks[index] = rank }
        }
        return ranks[left] < ranks[right]
    }

    /// Elements sorted by label sets, as `Labels` orders them.
    package static func sorted<Element>(_ elements: [Element], by labels: (Element) -> Labels) -> [Element] {
        order(elements.map(labels)).map { elements[$0] }
    }

    private static func order(_ labels: [Labels]) -> [Int] {
        // Names and values with a byte between them that no text holds compare like the pairs themselves.
        let keys = labels.map { set in
            var key: [UInt8] = []
            key.reserveCapacity(set.encoded.count + 2)
            set.forEachRange { name, value in
                key.append(contentsOf: set.encoded[name])
                key.append(0)
                key.append(contentsOf: set.encoded[value])
                key.append(0)
                return true
            }
            return key
        }
        return keys.indices.sorted { left, right in
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
