import DequeModule

/// The last changes, bounded by number and bytes, so that a watch can begin in the near past.
struct ChangeLog: Sendable {
    private var changes: Deque<Change> = []
    private var bytes = 0
    /// Changes up to this revision are gone.
    private(set) var forgottenThrough: UInt64

    static let countLimit = 100_000
    static let bytesLimit = 64 << 20

    init(revision: UInt64) { forgottenThrough = revision }

    mutating func append(_ new: [Change]) {
        for change in new {
            changes.append(change)
            bytes += Self.size(change)
        }
        while let oldest = changes.first, changes.count > Self.countLimit || bytes > Self.bytesLimit {
            bytes -= Self.size(oldest)
            forgottenThrough = oldest.revision
            changes.removeFirst()
        }
    }

    func after(_ revision: UInt64) -> ChangeHistory {
        guard revision >= forgottenThrough else { return .tooOld }
        var (low, high) = (changes.startIndex, changes.endIndex)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].revision <= revision { low = middle + 1 } else { high = middle }
        }
        return .changes(Array(changes[low...]))
    }

    private static func size(_ change: Change) -> Int { 128 + change.key.utf8.count * 2 + (change.record?.value.count ?? 0) }
}
