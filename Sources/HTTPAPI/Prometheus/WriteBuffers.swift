import Synchronization
import Telemetry
import Wire

/// Decoders and batches that rest between two requests, so that the memory of one request serves the next.
///
/// - Isolation: thread-safe; a pair belongs to whoever took it until it is given back.
final class WriteBuffers: Sendable {
    struct Pair: Sendable {
        var decoder = RemoteWriteDecoder()
        var batch = SampleWriteBatch()
    }

    /// As many requests as this are decoded at once on a small machine; more pairs would only rest.
    private static let keptPairs = 4
    /// A batch beyond this many bytes of labels is not kept.
    private static let keptLabelBytes = 4 << 20

    private let resting = Mutex<[Pair]>([])

    func take() -> Pair { resting.withLock { $0.popLast() } ?? Pair() }

    func giveBack(_ pair: consuming Pair) {
        if pair.batch.labelArena.count > Self.keptLabelBytes { return }
        pair.batch.removeAll()
        let emptied = pair
        resting.withLock { if $0.count < Self.keptPairs { $0.append(emptied) } }
    }
}
