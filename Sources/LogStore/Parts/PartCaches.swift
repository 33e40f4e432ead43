import Synchronization

/// The word filters that were asked last, up to a number of bytes: a search for an identifier asks the filters of all blocks, which are a
/// hundredth of the lines, and reading them costs more than asking them.
///
/// Two generations: when the young one holds half of the room it becomes the old one, whose filters are forgotten unless they are asked again.
final class WordFilterCache: Sendable {
    private struct Key: Hashable {
        var part: UInt64
        var block: Int
    }

    private struct State {
        var young: [Key: WordFilter?] = [:]
        var old: [Key: WordFilter?] = [:]
        var youngBytes = 0
    }

    private let limitBytes: Int
    private let state = Mutex(State())

    init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// The filter of a block of a part, read by `body` when it is not here; nil stands for a block that has none to ask.
    func filter(part: UInt64, block: Int, _ body: () throws(PartFailure) -> WordFilter?) throws(PartFailure) -> WordFilter? {
        let key = Key(part: part, block: block)
        let found = state.withLock { state -> WordFilter?? in
            if let filter = state.young[key] { return .some(filter) }
            guard let filter = state.old.removeValue(forKey: key) else { return .none }
            keep(filter, key, &state)
            return .some(filter)
        }
        if let found { return found }
        let filter = try body()
        state.withLock { keep(filter, key, &$0) }
        return filter
    }

    private func keep(_ filter: WordFilter?, _ key: Key, _ state: inout State) {
        let bytes = (filter?.bytes ?? 0) + 64
        if state.youngBytes + bytes > limitBytes / 2 {
            state.old = state.young
            state.young.removeAll()
            state.youngBytes = 0
        }
        if bytes <= limitBytes / 2, state.young.updateValue(filter, forKey: key) == nil { state.youngBytes += bytes }
    }

    /// Forgets the filters of a part that is gone.
    func forget(part: UInt64) {
        state.withLock { state in
            let bytes = state.young.reduce(0) { $1.key.part == part ? $0 + ($1.value?.bytes ?? 0) + 64 : $0 }
            state.young = state.young.filter { $0.key.part != part }
            state.old = state.old.filter { $0.key.part != part }
            state.youngBytes -= bytes
        }
    }
}
