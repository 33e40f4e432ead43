package import Bytes
package import Telemetry

/// Writes the JSON answers of Loki's query API.
///
/// - Source: Loki HTTP API, "Query logs"; `pkg/util/marshal`.
package enum LokiResult {
    /// The counts that clients show under `data.stats.summary`.
    package struct Statistics: Sendable {
        package var bytesProcessed = 0
        package var linesProcessed = 0
        package var entriesReturned = 0
        package var seconds = 0.0

        package init() {}
    }

    /// The whole success envelope around a value.
    ///
    /// `encodesMetadata`: what a client asks for with `X-Loki-Response-Encoding-Flags: categorize-labels`; each entry then has a third
    /// element with its structured metadata.
    package static func write(
        _ value: QueryValue, statistics: Statistics = Statistics(), warnings: [String] = [], encodesMetadata: Bool = false,
        into writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("status", "success")
        if !warnings.isEmpty {
            writer.key("warnings")
            writer.beginArray()
            for warning in warnings { writer.string(warning) }
            writer.endArray()
        }
        writer.key("data")
        writer.beginObject()
        if encodesMetadata {
            writer.key("encodingFlags")
            writer.beginArray()
            writer.string("categorize-labels")
            writer.endArray()
        }
        writeMembers(value, encodesMetadata: encodesMetadata, into: &writer)
        writer.key("stats")
        write(statistics, into: &writer)
        writer.endObject()
        writer.endObject()
    }

    package static func bytes(
        _ value: QueryValue, statistics: Statistics = Statistics(), warnings: [String] = [], encodesMetadata: Bool = false
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 4096)
        write(value, statistics: statistics, warnings: warnings, encodesMetadata: encodesMetadata, into: &writer)
        return writer.bytes
    }

    /// `"resultType":…,"result":…` inside an object that the caller has open.
    package static func writeMembers(_ value: QueryValue, encodesMetadata: Bool = false, into writer: inout JSONWriter) {
        switch value {
        case .streams(let streams): writeStreamMembers(streams, encodesMetadata: encodesMetadata, into: &writer)
        case .scalar, .string: PrometheusResult.writeSingle(value, into: &writer)
        case .vector(let elements):
            writer.member("resultType", "vector")
            writer.key("result")
            writer.beginArray()
            for element in elements {
                writer.beginObject()
                writer.key("metric")
                PrometheusResult.write(element.labels, into: &writer)
                writer.key("value")
                writePoint(element.time, element.value, &writer)
                writer.endObject()
            }
            writer.endArray()
        case .matrix(let series):
            writer.member("resultType", "matrix")
            writer.key("result")
            writer.beginArray()
            for one in series {
                writer.beginObject()
                writer.key("metric")
                PrometheusResult.write(one.labels, into: &writer)
                writer.key("values")
                writer.beginArray()
                for index in one.values.indices { writePoint(one.times[index], one.values[index], &writer) }
                writer.endArray()
                writer.endObject()
            }
            writer.endArray()
        }
    }

    static func writeStreamMembers(_ streams: [EntryStream], encodesMetadata: Bool, into writer: inout JSONWriter) {
        writer.member("resultType", "streams")
        writer.key("result")
        writeStreams(streams, encodesMetadata: encodesMetadata, into: &writer)
    }

    /// A frame of a live tail: `{"streams":[…]}`, with where entries were left out because the peer was too slow.
    package static func encodeTail(
        _ streams: [EntryStream], dropped: [(labels: Labels, time: Int64)] = [], encodesMetadata: Bool = false
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("streams")
        writeStreams(streams, encodesMetadata: encodesMetadata, into: &writer)
        if !dropped.isEmpty {
            writer.key("dropped_entries")
            writer.beginArray()
            for one in dropped {
                writer.beginObject()
                writer.key("labels")
                PrometheusResult.write(one.labels, into: &writer)
                writer.member("timestamp", String(one.time))
                writer.endObject()
            }
            writer.endArray()
        }
        if encodesMetadata {
            writer.key("encodingFlags")
            writer.beginArray()
            writer.string("categorize-labels")
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }

    /// The array of streams.
    package static func writeStreams(_ streams: [EntryStream], encodesMetadata: Bool = false, into writer: inout JSONWriter) {
        writer.beginArray()
        for stream in streams {
            writer.beginObject()
            writer.key("stream")
            PrometheusResult.write(stream.labels, into: &writer)
            writer.key("values")
            writer.beginArray()
            for entry in stream.entries {
                writer.beginArray()
                var time: [UInt8] = [0x22]
                DecimalNumber.append(entry.time, to: &time)
                time.append(0x22)
                writer.raw(time)
                writer.string(utf8: entry.line.span)
                if encodesMetadata {
                    writer.beginObject()
                    if !entry.metadata.isEmpty {
                        writer.key("structuredMetadata")
                        PrometheusResult.write(entry.metadata, into: &writer)
                    }
                    if !entry.parsed.isEmpty {
                        writer.key("parsed")
                        PrometheusResult.write(entry.parsed, into: &writer)
                    }
                    writer.endObject()
                }
                writer.endArray()
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
    }

    /// Loki prints values without exponents.
    private static func writePoint(_ time: Int64, _ value: Double, _ writer: inout JSONWriter) {
        writer.beginArray()
        PrometheusResult.writeTime(time, into: &writer)
        var text: [UInt8] = [0x22]
        DecimalNumber.formatPrometheus(value, into: &text)
        text.append(0x22)
        writer.raw(text)
        writer.endArray()
    }

    package static func write(_ statistics: Statistics, into writer: inout JSONWriter) {
        let seconds = max(statistics.seconds, 1e-9)
        writer.beginObject()
        writer.key("summary")
        writer.beginObject()
        writer.key("bytesProcessedPerSecond")
        writer.number(statistics.bytesProcessed == 0 ? 0 : Int64(Double(statistics.bytesProcessed) / seconds))
        writer.key("linesProcessedPerSecond")
        writer.number(statistics.linesProcessed == 0 ? 0 : Int64(Double(statistics.linesProcessed) / seconds))
        writer.member("totalBytesProcessed", statistics.bytesProcessed)
        writer.member("totalLinesProcessed", statistics.linesProcessed)
        writer.member("totalEntriesReturned", statistics.entriesReturned)
        writer.key("execTime")
        writer.number(statistics.seconds)
        writer.endObject()
        writer.endObject()
    }
}
