import Synchronization

/// Indexes and time columns of blocks that were used lately, bounded by bytes.
///
/// - Isolation: thread-safe; what it hands out stays valid after it was pushed out.
final class BlockCache: Sendable {
    struct Key: Hashable, Sendable {
        var block: UInt64
        /// Number of a time column, or -1 for the index.
        var times: Int
    }

    enum Item: Sendable {
        case index(BlockIndex)
        case times([Int64])

        var byteCount: Int {
            switch self {
            case .index(let index): index.byteCount
            case .times(let times): times.count * 8 + 64
            }
        }
    }

    private struct State {
        var items: [Key: (item: Item, used: UInt64)] = [:]
        var byteCount = 0
        var clock: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(byteLimit: Int) { limit = byteLimit }

    var byteCount: Int { state.withLock { $0.byteCount } }

    func find(_ key: Key) -> Item? {
        state.withLock { state in
            guard let position = state.items.index(forKey: key) else { return nil }
            state.clock += 1
            state.items.values[position].used = state.clock
            return state.items.values[position].item
        }
    }

    func insert(_ key: Key, _ item: Item) {
        state.withLock { state in
            state.clock += 1
            if let old = state.items.updateValue((item, state.clock), forKey: key) { state.byteCount -= old.item.byteCount }
            state.byteCount += item.byteCount
            if state.byteCount <= limit { return }
            // Push out the longest unused until a quarter is free, so that the sort is paid rarely.
            for (key, entry) in state.items.sorted(by: { $0.value.used < $1.value.used }) {
                if state.byteCount <= limit / 4 * 3 || entry.used == state.clock { break }
                state.items[key] = nil
                state.byteCount -= entry.item.byteCount
            }
        }
    }

    func remove(block: UInt64) {
        state.withLock { state in
            for (key, entry) in state.items where key.block == block {
                state.items[key] = nil
                state.byteCount -= entry.item.byteCount
            }
        }
    }
}
