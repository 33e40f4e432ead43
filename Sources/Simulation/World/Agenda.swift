import Bytes
import HeapModule

/// What is to happen, by virtual time; what was put in first comes first among equals.
struct Agenda<Item>: Sendable where Item: Sendable {
    private struct Entry: Comparable, Sendable {
        var time: Timestamp
        var sequence: UInt64
        var item: Item

        static func < (left: Entry, right: Entry) -> Bool { (left.time, left.sequence) < (right.time, right.sequence) }
        static func == (left: Entry, right: Entry) -> Bool { left.sequence == right.sequence }
    }

    private var entries: Heap<Entry> = []
    private var sequence: UInt64 = 0

    var nextTime: Timestamp? { entries.min?.time }

    mutating func add(_ item: Item, at time: Timestamp) {
        sequence += 1
        entries.insert(Entry(time: time, sequence: sequence, item: item))
    }

    mutating func next() -> (time: Timestamp, item: Item)? { entries.popMin().map { ($0.time, $0.item) } }
}
