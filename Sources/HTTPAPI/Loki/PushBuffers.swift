import Telemetry
import Wire

/// What rests between two pushes of log lines.
typealias PushBuffers = DecodingBuffers<LokiPushDecoder, LogWriteBatch>

extension PushBuffers {
    convenience init() {
        // A batch with more bytes of lines than agents send at once is not kept.
        let keptLineBytes = 4 << 20
        // As many pushes as this are decoded at once on a small machine; more pairs would only rest.
        self.init(limit: 2) {
            Pair(decoder: LokiPushDecoder(limits: LokiAPI.limits), batch: LogWriteBatch())
        } empty: { batch in
            if batch.lineArena.capacity > keptLineBytes { return false }
            batch.removeAll()
            return true
        }
    }
}
