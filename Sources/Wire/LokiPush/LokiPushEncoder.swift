import Bytes
package import Telemetry

/// Encodes a batch as a Loki push body (protobuf), for shipping and for remote engines.
package enum LokiPushEncoder {
    package static func encode(_ batch: LogWriteBatch) -> [UInt8] {
        var rows = [[Int]](repeating: [], count: batch.streams.count)
        for entry in 0..<batch.count { rows[Int(batch.entryStreams[entry])].append(entry) }
        var writer = ProtobufWriter(capacity: batch.lineArena.count + batch.count * 24)
        for stream in batch.streams.indices {
            writer.message(1) { writer in
                writer.bytes(1, StreamLabels.text(batch.labels(stream)))
                for entry in rows[stream] { encode(entry, batch, &writer) }
            }
        }
        return writer.bytes
    }

    package static func encodeCompressed(_ batch: LogWriteBatch) -> [UInt8] {
        Snappy.compress(encode(batch))
    }

    private static func encode(_ entry: Int, _ batch: LogWriteBatch, _ writer: inout ProtobufWriter) {
        let time = Timestamp(nanoseconds: batch.entryTimes[entry])
        writer.message(2) { writer in
            writer.message(1) {
                $0.int64(1, time.seconds)
                $0.int64(2, time.nanoseconds - time.seconds * 1_000_000_000)
            }
            writer.bytes(2, batch.lineArena[batch.lineRange(entry)])
            let metadata = batch.metadataRange(entry)
            if !metadata.isEmpty {
                for (name, value) in Labels(canonical: Array(batch.metadataArena[metadata])).pairs {
                    writer.message(3) {
                        $0.string(1, name)
                        $0.string(2, value)
                    }
                }
            }
        }
    }
}

/// A label set as Loki's push protocol writes it: `{app="web", level="info"}` with Go's escapes.
enum StreamLabels {
    static func text(_ labels: Labels) -> [UInt8] {
        var text: [UInt8] = [0x7b]
        for (index, pair) in labels.pairs.enumerated() {
            if index > 0 { text.append(ascii: ", ") }
            text.append(contentsOf: pair.name.utf8)
            text.append(ascii: "=\"")
            for byte in pair.value.utf8 {
                switch byte {
                case 0x22: text.append(ascii: "\\\"")
                case 0x5c: text.append(ascii: "\\\\")
                case 0x0a: text.append(ascii: "\\n")
                case 0x0d: text.append(ascii: "\\r")
                case 0x09: text.append(ascii: "\\t")
                default: text.append(byte)
                }
            }
            text.append(0x22)
        }
        text.append(0x7d)
        return text
    }
}
