/// All current records in the order of their keys' bytes, as a value: a copy is a snapshot.
///
/// Records lie in runs of bounded length, so an insertion moves a run's tail, not the whole, and a copy shares every run until one of
/// the two changes it.
package struct ObjectIndex: Sendable {
    private var runs: [[Record]] = []
    package private(set) var count = 0
    /// The revision of the newest commit.
    package var revision: UInt64 = 0

    private static let runLength = 256

    package init() {}

    /// - Complexity: O(log n).
    package func record(_ key: String) -> Record? {
        guard let (run, place) = find(key) else { return nil }
        let records = runs[run]
        return place < records.count && Self.isSame(records[place].key, key) ? records[place] : nil
    }

    /// Records whose keys begin with the prefix, in key order, beginning after a key when one is given.
    package func records(prefix: String, after key: String? = nil, limit: Int = .max) -> [Record] {
        var found: [Record] = []
        visit(prefix: prefix, after: key) { record in
            found.append(record)
            return found.count < limit
        }
        return found
    }

    /// Visits the same records until the body returns false.
    package func visit(prefix: String, after key: String? = nil, _ body: (Record) -> Bool) {
        guard var (run, place) = find(key ?? prefix) else { return }
        while run < runs.count {
            while place < runs[run].count {
                let record = runs[run][place]
                if !record.key.utf8.starts(with: prefix.utf8) {
                    if Self.precedes(prefix, record.key) { return }
                } else if key.map({ !Self.isSame($0, record.key) }) ?? true, !body(record) {
                    return
                }
                place += 1
            }
            run += 1
            place = 0
        }
    }

    /// Whether a batch's compares hold; the first key that differs, else nil.
    package func conflict(_ compares: [CommitBatch.Compare]) -> String? {
        for compare in compares {
            switch compare {
            case .absent(let key): if record(key) != nil { return key }
            case .revision(let key, let revision): if record(key)?.modRevision != revision { return key }
            }
        }
        return nil
    }

    /// Applies the writes under the next revision and says what changed. A delete of an absent key changes nothing.
    package mutating func apply(_ writes: [CommitBatch.Write]) -> [Change] {
        revision += 1
        return writes.compactMap { write in
            switch write {
            case .put(let key, let value):
                let previous = record(key)
                let new = Record(key: key, value: value, createRevision: previous?.createRevision ?? revision, modRevision: revision)
                put(new)
                return Change(revision: revision, key: key, record: new, previous: previous)
            case .delete(let key):
                guard let previous = remove(key) else { return nil }
                return Change(revision: revision, key: key, record: nil, previous: previous)
            }
        }
    }

    /// Puts a record as it is: for loading.
    package mutating func put(_ record: Record) {
        guard let (run, place) = find(record.key) else {
            runs = [[record]]
            count = 1
            return
        }
        if place < runs[run].count, Self.isSame(runs[run][place].key, record.key) {
            runs[run][place] = record
            return
        }
        runs[run].insert(record, at: place)
        count += 1
        if runs[run].count > Self.runLength {
            let half = Array(runs[run][(Self.runLength / 2)...])
            runs[run].removeLast(half.count)
            runs.insert(half, at: run + 1)
        }
    }

    private mutating func remove(_ key: String) -> Record? {
        guard let (run, place) = find(key), place < runs[run].count, Self.isSame(runs[run][place].key, key) else { return nil }
        let removed = runs[run].remove(at: place)
        count -= 1
        if runs[run].isEmpty { runs.remove(at: run) }
        return removed
    }

    /// The run that holds the key or would take it, and the first place in it that is not before the key.
    private func find(_ key: String) -> (run: Int, place: Int)? {
        guard !runs.isEmpty else { return nil }
        var (low, high) = (0, runs.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if Self.precedes(key, runs[middle][0].key) { high = middle - 1 } else { low = middle }
        }
        let run = low
        let records = runs[run]
        (low, high) = (0, records.count)
        while low < high {
            let middle = (low + high) / 2
            if Self.precedes(records[middle].key, key) { low = middle + 1 } else { high = middle }
        }
        return (run, low)
    }

    private static func isSame(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

    private static func precedes(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
}
