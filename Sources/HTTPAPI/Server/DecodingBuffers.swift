import Synchronization

/// Decoders and batches that rest between two requests, so that the memory of one serves the next: a body of a megabyte unpacks into several, and
/// fresh memory costs the kernel as much as the unpacking.
///
/// - Isolation: thread-safe; a pair belongs to whoever took it until it is given back. After a failure it is not given back, so that nothing of
///   what the decoder read remains.
final class DecodingBuffers<Decoder: Sendable, Batch: Sendable>: Sendable {
    struct Pair: Sendable {
        var decoder: Decoder
        var batch: Batch
    }

    private let limit: Int
    private let make: @Sendable () -> Pair
    private let empty: @Sendable (inout Batch) -> Bool
    private let resting = Mutex<[Pair]>([])

    /// - Parameters:
    ///   - limit: how many pairs rest at most: about as many as requests are decoded at once.
    ///   - empty: empties a batch and keeps its memory; false when that is too much to be kept.
    init(limit: Int, make: @escaping @Sendable () -> Pair, empty: @escaping @Sendable (inout Batch) -> Bool) {
        self.limit = limit
        self.make = make
        self.empty = empty
    }

    func take() -> Pair { resting.withLock { $0.popLast() } ?? make() }

    func giveBack(_ pair: consuming Pair) {
        if !empty(&pair.batch) { return }
        let emptied = pair
        resting.withLock { if $0.count < limit { $0.append(emptied) } }
    }
}
