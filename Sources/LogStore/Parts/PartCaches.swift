import Bytes
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
    /// The texts of the templates in `dictionaries`.
    let templates = TemplateTable()

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

/// Values of blocks. When there is no room, one that was not asked lately makes it, drawn by lot.
///
/// Searches ask for all blocks in turn, and whoever forgets the value that was asked longest ago then forgets each just before it is asked
/// again: with dictionaries for a little more than the room every block was read each time. A lot keeps most of them.
final class BlockCache<Value: Sendable>: Sendable {
    private struct Key: Hashable {
        var part: UInt64
        var block: Int
    }

    private struct Entry {
        let key: Key
        let value: Value
        let bytes: Int
        /// How often the lot passes it by.
        var chances: UInt8 = 0
    }

    private struct State {
        var entries: [Entry] = []
        /// Where each is in `entries`.
        var places: [Key: Int] = [:]
        var bytes = 0
        var lot = SplitMix64(seed: 0)
    }

    private static var chances: UInt8 { 3 }

    private let limitBytes: Int
    private let state = Mutex(State())

    init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// What is known of a block of a part.
    func value(part: UInt64, block: Int) -> Value? {
        state.withLock { state in
            guard let place = state.places[Key(part: part, block: block)] else { return nil }
            state.entries[place].chances = Self.chances
            return state.entries[place].value
        }
    }

    func insert(_ value: Value, part: UInt64, block: Int, bytes: Int) {
        let entry = Entry(key: Key(part: part, block: block), value: value, bytes: bytes + 64)
        guard entry.bytes <= limitBytes / 2 else { return }
        state.withLock { state in
            if let known = state.places[entry.key] { Self.remove(known, &state) }
            while state.bytes + entry.bytes > limitBytes {
                let place = Int(state.lot.next() % UInt64(state.entries.count))
                if state.entries[place].chances > 0 { state.entries[place].chances -= 1 } else { Self.remove(place, &state) }
            }
            state.places[entry.key] = state.entries.count
            state.entries.append(entry)
            state.bytes += entry.bytes
        }
    }

    func forget(part: UInt64) {
        state.withLock { state in
            for place in state.entries.indices.reversed() where state.entries[place].key.part == part { Self.remove(place, &state) }
        }
    }

    /// The last one takes its place.
    private static func remove(_ place: Int, _ state: inout State) {
        let last = state.entries.removeLast()
        let gone: Entry
        if place == state.entries.count {
            gone = last
        } else {
            gone = state.entries[place]
            state.entries[place] = last
            state.places[last.key] = place
        }
        state.places[gone.key] = nil
        state.bytes -= gone.bytes
    }
}
