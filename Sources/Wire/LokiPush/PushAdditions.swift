import Bytes
package import Telemetry

/// What may be added to streams and entries as they are pushed. Nothing, unless configured.
///
/// - Source: Loki's `discover_service_name` and `discover_log_levels`.
package struct PushAdditions: Sendable {
    /// Labels of which the first that a stream has becomes its `service_name`; none when empty.
    package var serviceNameLabels: [String] = []
    /// Whether entries get `detected_level` in their metadata.
    package var detectsLevels = false

    /// Labels that carry a service's name, in the order of their weight.
    package static let usualServiceNameLabels = [
        "service", "app", "application", "app_name", "name", "app_kubernetes_io_name", "container", "container_name", "k8s_container_name",
        "component", "workload", "job", "k8s_job_name",
    ]

    package init() {}

    package func apply(to batch: inout LogWriteBatch) {
        if serviceNameLabels.isEmpty, !detectsLevels { return }
        var filled = LogWriteBatch()
        let streams = batch.streams.indices.map { stream in
            let labels = batch.labels(stream)
            return (labels: labels, number: filled.addStream(named(labels)))
        }
        for entry in 0..<batch.count {
            let stream = streams[Int(batch.entryStreams[entry])]
            var metadata = Labels(canonical: Array(batch.metadataArena[batch.metadataRange(entry)]))
            let line = batch.lineArena[batch.lineRange(entry)]
            if detectsLevels, metadata["detected_level"] == nil {
                metadata = Labels(metadata.pairs + [(name: "detected_level", value: LogLevel.of(line, stream.labels, metadata))])
            }
            filled.addEntry(stream: stream.number, time: batch.entryTimes[entry], line: line, metadata: metadata)
        }
        batch = filled
    }

    private func named(_ labels: Labels) -> Labels {
        guard !serviceNameLabels.isEmpty, labels["service_name"] == nil else { return labels }
        let name = serviceNameLabels.lazy.compactMap { labels[$0] }.first ?? "unknown_service"
        return Labels(labels.pairs + [(name: "service_name", value: name)])
    }
}

/// The level of a log line: from labels and metadata that say it, from a member of the line, or from the words of the line.
enum LogLevel {
    private static let names = ["level", "severity", "severity_text", "detected_level", "lvl", "log_level", "loglevel"]
    private static let words: [(word: String, level: String)] = [
        ("fatal", "fatal"), ("panic", "fatal"), ("critical", "critical"), ("error", "error"), ("err", "error"), ("warning", "warn"), ("warn", "warn"),
        ("wrn", "warn"), ("information", "info"), ("info", "info"), ("inf", "info"), ("debug", "debug"), ("dbg", "debug"), ("trace", "trace"),
        ("trc", "trace"),
    ]
    /// Bytes of a line that are looked at.
    private static let reach = 512

    static func of(_ line: ArraySlice<UInt8>, _ labels: Labels, _ metadata: Labels) -> String {
        for name in names {
            for set in [metadata, labels] {
                if let value = set.pairs.first(where: { $0.name.lowercased() == name })?.value, let level = normal(value) { return level }
            }
        }
        let head = line.prefix(reach).map { ByteSearch.lowercased($0) }
        for name in names.prefix(2) + ["lvl"] { if let level = member(name, head) { return level } }
        for (word, level) in words where contains(Array(word.utf8), head) { return level }
        return "unknown"
    }

    private static func normal(_ value: String) -> String? {
        let text = value.lowercased()
        return words.first { $0.word == text }?.level
    }

    /// `level=warn`, `"level":"warn"`, `"level": "warn"`.
    private static func member(_ name: String, _ head: [UInt8]) -> String? {
        guard let found = ByteSearch.firstRange(of: Array(name.utf8), in: head, from: 0) else { return nil }
        var index = found + name.utf8.count
        while index < head.count, "\"' :=".utf8.contains(head[index]) { index += 1 }
        let start = index
        while index < head.count, head[index] >= 0x61 && head[index] <= 0x7a { index += 1 }
        return normal(String(decoding: head[start..<index], as: UTF8.self))
    }

    /// Whether the word stands alone in the line.
    private static func contains(_ word: [UInt8], _ head: [UInt8]) -> Bool {
        func isLetter(_ index: Int) -> Bool { index >= 0 && index < head.count && head[index] >= 0x61 && head[index] <= 0x7a }
        var from = 0
        while let found = ByteSearch.firstRange(of: word, in: head, from: from) {
            if !isLetter(found - 1), !isLetter(found + word.count) { return true }
            from = found + 1
        }
        return false
    }
}
