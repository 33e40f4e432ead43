import Telemetry
import Wire

/// What rests between two requests of remote write.
typealias WriteBuffers = DecodingBuffers<RemoteWriteDecoder, SampleWriteBatch>

extension WriteBuffers {
    convenience init() {
        // A batch with more bytes of labels than this is not kept.
        let keptLabelBytes = 4 << 20
        // As many requests as this are decoded at once on a small machine; more pairs would only rest.
        self.init(limit: 4) {
            Pair(decoder: RemoteWriteDecoder(), batch: SampleWriteBatch())
        } empty: { batch in
            if batch.labelArena.capacity > keptLabelBytes { return false }
            // Of known series no labels are copied: only the first batches of a head fill the arena, which then would rest for nothing.
            if batch.known != nil && batch.labelArena.capacity > keptLabelBytes / 32 { batch.labelArena = [] }
            batch.removeAll()
            return true
        }
    }
}
