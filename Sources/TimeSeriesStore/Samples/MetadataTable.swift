import Bytes
import Telemetry

/// Type, help and unit of metric families, the last word winning, bounded in number.
struct MetadataTable: Sendable {
    private var entries: [ByteExact: MetricMetadata] = [:]
    private let limit: Int
    /// Whether something changed since the table was last written.
    private(set) var isChanged = false

    init(limit: Int = 100_000) { self.limit = limit }

    mutating func add(_ metadata: MetricMetadata) {
        let key = ByteExact(metadata.metric)
        if entries[key] == metadata { return }
        if entries.count >= limit && entries[key] == nil { return }
        entries[key] = metadata
        isChanged = true
    }

    mutating func markWritten() { isChanged = false }

    func lookup(_ metric: String, limit: Int) -> [MetricMetadata] {
        if !metric.isEmpty { return entries[ByteExact(metric)].map { [$0] } ?? [] }
        let all = entries.sorted { $0.key < $1.key }.map(\.value)
        return limit > 0 ? Array(all.prefix(limit)) : all
    }
}

enum MetadataCoding {
    static func encode(_ entry: MetricMetadata, into writer: inout ByteWriter) {
        writer.appendLengthPrefixed(entry.metric)
        writer.appendLengthPrefixed(entry.kind.rawValue)
        writer.appendLengthPrefixed(entry.help)
        writer.appendLengthPrefixed(entry.unit)
    }

    static func decode(_ reader: inout ByteReader) throws(CorruptBytes) -> MetricMetadata {
        let metric = try reader.readLengthPrefixedString()
        let kind = MetricMetadata.Kind(rawValue: try reader.readLengthPrefixedString()) ?? .unknown
        let help = try reader.readLengthPrefixedString()
        return MetricMetadata(metric: metric, kind: kind, help: help, unit: try reader.readLengthPrefixedString())
    }
}
