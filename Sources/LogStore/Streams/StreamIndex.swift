import Bytes
import Telemetry

/// All streams that the head or a part knows, numbered, with postings from label values to stream numbers.
///
/// Numbers are dense and are used again once a stream has gone from the head and from every part.
/// - Isolation: part of the store's state, so its lock is held.
struct StreamIndex {
    private struct LabelPostings {
        /// Stream numbers per value, rising.
        var streams: [ByteExact: [UInt32]] = [:]
    }

    /// Label sets by stream number; empty for a number that is free and for the stream without labels.
    private(set) var labels: [Labels] = []
    /// How many holders (the head, each part) a stream has; 0 = the number is free.
    private var holders: [UInt32] = []
    private var free: [UInt32] = []
    private var table = HashedNumbers()
    private var postings: [ByteExact: LabelPostings] = [:]

    /// Numbers given so far, free ones included.
    var capacity: Int { labels.count }
    var count: Int { labels.count - free.count }

    func number(hash: UInt64, encoded: Span<UInt8>) -> UInt32? {
        table.find(hash) { number in
            let candidate = labels[Int(number)].encoded
            guard candidate.count == encoded.count else { return false }
            var index = 0
            while index < encoded.count {
                if candidate[index] != encoded[index] { return false }
                index &+= 1
            }
            return true
        }
    }

    func number(of wanted: Labels) -> UInt32? { number(hash: wanted.hash, encoded: wanted.encoded.span) }

    /// The number of a stream, which gets one holder more.
    mutating func retain(_ stream: Labels) -> UInt32 {
        let number = self.number(of: stream) ?? insert(stream)
        holders[Int(number)] += 1
        return number
    }

    mutating func retain(_ number: UInt32) { holders[Int(number)] += 1 }

    /// Takes one holder away from each stream; those without any are forgotten and returned.
    mutating func release(_ numbers: some Sequence<UInt32>) -> [UInt32] {
        var dead: [UInt32] = []
        for number in numbers {
            precondition(holders[Int(number)] > 0, "a stream is released once per holder")
            holders[Int(number)] -= 1
            if holders[Int(number)] == 0 { dead.append(number) }
        }
        forget(dead)
        return dead
    }

    /// Each list of postings is gone through once, however many of its streams die.
    private mutating func forget(_ dead: [UInt32]) {
        var touched: [ByteExact: Set<ByteExact>] = [:]
        for number in dead {
            let stream = labels[Int(number)]
            stream.forEachRange { name, value in
                touched[ByteExact(stream.string(name)), default: []].insert(ByteExact(stream.string(value)))
                return true
            }
            table.remove(stream.hash, number)
            labels[Int(number)] = .empty
            free.append(number)
        }
        for (name, values) in touched {
            for value in values {
                postings[name]?.streams[value]?.removeAll { holders[Int($0)] == 0 }
                if postings[name]?.streams[value]?.isEmpty ?? false { postings[name]?.streams[value] = nil }
            }
            if postings[name]?.streams.isEmpty ?? false { postings[name] = nil }
        }
    }

    /// Numbers of the streams that satisfy all matchers, rising.
    func select(_ matchers: [LabelMatcher]) -> [UInt32] {
        var candidates: [UInt32]?
        for matcher in matchers.sorted(by: { Self.cost($0) < Self.cost($1) }) where !matcher.matchesEmpty {
            if let some = candidates, some.count <= 16 { break }
            let matching = streams(matcher)
            candidates = candidates.map { Self.intersect($0, matching) } ?? matching
        }
        let pool = candidates ?? (0..<UInt32(labels.count)).filter { holders[Int($0)] > 0 }
        return pool.filter { number in matchers.allSatisfy { $0.matches(labels[Int(number)]) } }
    }

    private mutating func insert(_ stream: Labels) -> UInt32 {
        let number: UInt32
        if let reused = free.popLast() {
            number = reused
            labels[Int(number)] = stream
        } else {
            number = UInt32(labels.count)
            labels.append(stream)
            holders.append(0)
        }
        table.insert(stream.hash, number)
        stream.forEachRange { name, value in
            let value = ByteExact(stream.string(value))
            postings[ByteExact(stream.string(name)), default: LabelPostings()].streams[value, default: []].insertSorted(number)
            return true
        }
        return number
    }

    private func streams(_ matcher: LabelMatcher) -> [UInt32] {
        guard let values = postings[ByteExact(matcher.name)]?.streams else { return [] }
        if matcher.operation == .equal { return values[ByteExact(matcher.value)] ?? [] }
        if let finite = matcher.expression?.setMatches, matcher.operation == .matchesExpression {
            return finite.flatMap { values[ByteExact($0)] ?? [] }.sortedWithoutRepeats()
        }
        var matching: [UInt32] = []
        // The order of the hash table is undone by the sort.
        for (value, streams) in values where matcher.matches(value.string) { matching += streams }
        return matching.sortedWithoutRepeats()
    }

    private static func cost(_ matcher: LabelMatcher) -> Int {
        switch matcher.operation {
        case .equal: 0
        case .matchesExpression: matcher.expression?.setMatches == nil ? 2 : 1
        case .notEqual, .matchesNotExpression: 3
        }
    }

    private static func intersect(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var both: [UInt32] = []
        var (i, j) = (0, 0)
        while i < left.count, j < right.count {
            if left[i] == right[j] {
                both.append(left[i])
                i += 1
                j += 1
            } else if left[i] < right[j] {
                i += 1
            } else {
                j += 1
            }
        }
        return both
    }
}

extension [UInt32] {
    fileprivate mutating func insertSorted(_ number: UInt32) {
        if last.map({ $0 < number }) ?? true { return append(number) }
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < number { low = middle + 1 } else { high = middle }
        }
        insert(number, at: low)
    }

    fileprivate func sortedWithoutRepeats() -> [UInt32] {
        var kept: [UInt32] = []
        kept.reserveCapacity(count)
        for number in sorted() where kept.last != number { kept.append(number) }
        return kept
    }
}
