import Synchronization

/// What searches have read of the parts' blocks and will want again, up to a number of bytes each.
///
/// A search for an identifier asks the word filters of all blocks, any other one their dictionaries: reading and decoding these costs more
/// than asking them. Nothing is read ahead, so a store that nobody searches holds nothing.
struct PartCaches: Sendable {
    /// Word filters; a stored nil stands for a block that has none to ask.
    let filters: BlockCache<WordFilter?>
    /// Tables of frames and dictionaries.
    let dictionaries: BlockCache<BlockDictionary>

    init(_ configuration: LogStoreConfiguration) {
        filters = BlockCache(limitBytes: configuration.wordFilterBytes)
        dictionaries = BlockCache(limitBytes: configuration.dictionaryBytes)
    }

    /// Forgets the blocks of a part that is gone.
    func forget(part: UInt64) {
        filters.forget(part: part)
        dictionaries.forget(part: part)
    }
}

/// How a block's frames lie, and its dictionary.
struct BlockDictionary: Sendable {
    let frames: BlockFrames
    let head: BlockHead
}

/// Values of blocks in two generations: when the young one holds half of the room it becomes the old one, whose values are forgotten unless they
/// are asked for again.
final class BlockCache<Value: Sendable>: Sendable {
    private struct Key: Hashable {
        var part: UInt64
        var block: Int
    }

    private struct Entry {
        var value: Value
        var bytes: Int
    }

    private struct State {
        var young: [Key: Entry] = [:]
        var old: [Key: Entry] = [:]
        var youngBytes = 0
    }

    private let limitBytes: Int
    private let state = Mutex(State())

    init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// What is known of a block of a part.
    func value(part: UInt64, block: Int) -> Value? {
        let key = Key(part: part, block: block)
        return state.withLock { state in
            if let entry = state.young[key] { return entry.value }
            guard let entry = state.old.removeValue(forKey: key) else { return nil }
            keep(entry, key, &state)
            return entry.value
        }
    }

    func insert(_ value: Value, part: UInt64, block: Int, bytes: Int) {
        state.withLock { keep(Entry(value: value, bytes: bytes + 64), Key(part: part, block: block), &$0) }
    }

    private func keep(_ entry: Entry, _ key: Key, _ state: inout State) {
        if state.youngBytes + entry.bytes > limitBytes / 2 {
            state.old = state.young
            state.young.removeAll()
            state.youngBytes = 0
        }
        guard entry.bytes <= limitBytes / 2 else { return }
        let known = state.young.updateValue(entry, forKey: key)
        state.youngBytes += entry.bytes - (known?.bytes ?? 0)
    }

    func forget(part: UInt64) {
        state.withLock { state in
            let gone = state.young.filter { $0.key.part == part }
            for (key, entry) in gone {
                state.young[key] = nil
                state.youngBytes -= entry.bytes
            }
            state.old = state.old.filter { $0.key.part != part }
        }
    }
}
