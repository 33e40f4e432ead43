import Bytes
package import Telemetry

/// Writes metrics in either text form, for `/metrics` and `/federate`.
///
/// ```
/// var writer = ExpositionWriter(.openMetrics)
/// writer.family("skysail_requests_total", .counter, help: "Requests served.")
/// writer.sample("skysail_requests_total", [("code", "200")], 17)
/// writer.finish()
/// ```
package struct ExpositionWriter: Sendable {
    package let format: ExpositionFormat
    package private(set) var bytes: [UInt8] = []

    package init(_ format: ExpositionFormat = .text) {
        self.format = format
    }

    /// Begins a family; its samples follow. `name` is the samples' name, with `_total` for counters.
    package mutating func family(_ name: String, _ kind: MetricMetadata.Kind, help: String = "", unit: String = "") {
        // OpenMetrics names a counter's family without the suffix that its samples have.
        let isCounter = format == .openMetrics && kind == .counter && name.hasSuffix("_total")
        let family = isCounter ? String(name.dropLast(6)) : name
        if !help.isEmpty { comment("HELP", family, escaped(help, quotes: format == .openMetrics)) }
        comment("TYPE", family, Array(typeName(kind).utf8))
        if format == .openMetrics && !unit.isEmpty { comment("UNIT", family, Array(unit.utf8)) }
    }

    package mutating func family(_ metadata: MetricMetadata) {
        family(metadata.metric, metadata.kind, help: metadata.help, unit: metadata.unit)
    }

    private func typeName(_ kind: MetricMetadata.Kind) -> String {
        guard format == .text else { return kind.rawValue }
        switch kind {
        case .unknown, .info, .stateset: return kind == .unknown ? "untyped" : "gauge"
        case .gaugehistogram: return "histogram"
        default: return kind.rawValue
        }
    }

    private mutating func comment(_ keyword: String, _ name: String, _ text: [UInt8]) {
        bytes.append(ascii: "# ")
        bytes.append(contentsOf: keyword.utf8)
        bytes.append(0x20)
        if Self.isPlain(name, allowsColon: true) { bytes.append(contentsOf: name.utf8) } else { appendQuoted(name) }
        bytes.append(0x20)
        bytes.append(contentsOf: text)
        bytes.append(0x0a)
    }

    // MARK: Samples

    /// Writes one sample; `time` in milliseconds.
    package mutating func sample(_ name: String, _ labels: [(name: String, value: String)] = [], _ value: Double, time: Int64? = nil) {
        line(name, labels.filter { !$0.value.isEmpty }, value, time)
    }

    /// Writes a sample whose label set carries the metric's name.
    ///
    /// - Parameter alsoEmpty: a label that is written, empty, where the set has none of that name.
    package mutating func sample(_ labels: Labels, alsoEmpty name: String? = nil, _ value: Double, time: Int64? = nil) {
        var pairs = labels.pairs.filter { $0.name != Labels.metricName }
        if let name, labels[name] == nil { pairs.append((name: name, value: "")) }
        line(labels.metricName ?? "", pairs, value, time)
    }

    /// Writes the samples of a classic histogram; `buckets` are upper bounds with the observations in each bucket alone, without +Inf.
    package mutating func histogram(
        _ name: String, _ labels: [(name: String, value: String)] = [], buckets: [(upper: Double, count: UInt64)], count: UInt64,
        sum: Double
    ) {
        var cumulative: UInt64 = 0
        for bucket in buckets {
            cumulative += bucket.count
            line(name + "_bucket", labels + [("le", bound(bucket.upper))], Double(cumulative), nil)
        }
        line(name + "_bucket", labels + [("le", "+Inf")], Double(count), nil)
        line(name + "_sum", labels, sum, nil)
        line(name + "_count", labels, Double(count), nil)
    }

    /// OpenMetrics wants its end marked.
    package mutating func finish() {
        if format == .openMetrics { bytes.append(ascii: "# EOF\n") }
    }

    private func bound(_ value: Double) -> String {
        let text = DecimalNumber.generalText(value)
        // OpenMetrics' canonical numbers have a point.
        return format == .openMetrics && text.utf8.allSatisfy({ $0 == 0x2d || (0x30...0x39).contains($0) }) ? text + ".0" : text
    }

    private mutating func line(_ name: String, _ labels: [(name: String, value: String)], _ value: Double, _ time: Int64?) {
        let isPlain = Self.isPlain(name, allowsColon: true)
        if isPlain { bytes.append(contentsOf: name.utf8) }
        if !labels.isEmpty || !isPlain {
            bytes.append(0x7b)
            if !isPlain { appendQuoted(name) }
            for (index, label) in labels.enumerated() {
                if index > 0 || !isPlain { bytes.append(0x2c) }
                if Self.isPlain(label.name, allowsColon: false) {
                    bytes.append(contentsOf: label.name.utf8)
                } else {
                    appendQuoted(label.name)
                }
                bytes.append(0x3d)
                appendQuoted(label.value)
            }
            bytes.append(0x7d)
        }
        bytes.append(0x20)
        DecimalNumber.formatGeneral(value, into: &bytes)
        if let time {
            bytes.append(0x20)
            if format == .text {
                DecimalNumber.append(time, to: &bytes)
            } else {
                DecimalNumber.formatPrometheus(Double(time) / 1000, into: &bytes)
            }
        }
        bytes.append(0x0a)
    }

    // MARK: Text

    private mutating func appendQuoted(_ text: String) {
        bytes.append(0x22)
        bytes.append(contentsOf: escaped(text, quotes: true))
        bytes.append(0x22)
    }

    private func escaped(_ text: String, quotes: Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0x5c: result.append(contentsOf: [0x5c, 0x5c])
            case 0x0a: result.append(contentsOf: [0x5c, 0x6e])
            case 0x22 where quotes: result.append(contentsOf: [0x5c, 0x22])
            default: result.append(byte)
            }
        }
        return result
    }

    private static func isPlain(_ name: String, allowsColon: Bool) -> Bool {
        var isFirst = true
        for byte in name.utf8 {
            switch byte {
            case 0x41...0x5a, 0x61...0x7a, 0x5f: break
            case 0x30...0x39 where !isFirst: break
            case 0x3a where allowsColon: break
            default: return false
            }
            isFirst = false
        }
        return !isFirst
    }
}
