import Synchronization
import Telemetry
import Wire

/// Decoders and batches that rest between two pushes, so that the memory of one serves the next: a push of a megabyte unpacks into three, and
/// fresh memory costs the kernel as much as the unpacking.
///
/// - Isolation: thread-safe; a pair belongs to whoever took it until it is given back.
final class PushBuffers: Sendable {
    struct Pair: Sendable {
        var decoder = LokiPushDecoder(limits: LokiAPI.limits)
        var batch = LogWriteBatch()
    }

    /// As many pushes as this are decoded at once on a small machine; more pairs would only rest.
    private static let keptPairs = 2
    /// A batch with more bytes of lines than agents send at once is not kept.
    private static let keptLineBytes = 4 << 20

    private let resting = Mutex<[Pair]>([])

    func take() -> Pair { resting.withLock { $0.popLast() } ?? Pair() }

    func giveBack(_ pair: consuming Pair) {
        if pair.batch.lineArena.capacity > Self.keptLineBytes { return }
        pair.batch.removeAll()
        let emptied = pair
        resting.withLock { if $0.count < Self.keptPairs { $0.append(emptied) } }
    }
}
