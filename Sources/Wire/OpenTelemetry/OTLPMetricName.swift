import Telemetry

/// The Prometheus name of an OpenTelemetry metric.
///
/// - Source: OpenTelemetry "Prometheus and OpenMetrics Compatibility": characters outside a metric name become "_", the unit in words and
///   `_total` or `_ratio` are appended unless they are there.
enum OTLPMetricName {
    private static let units: [String: String] = [
        "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds",
        "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes", "TiBy": "tibibytes", "KBy": "kilobytes",
        "MBy": "megabytes", "GBy": "gigabytes", "TBy": "terabytes", "m": "meters", "V": "volts", "A": "amperes", "J": "joules",
        "W": "watts", "g": "grams", "Cel": "celsius", "Hz": "hertz", "%": "percent", "1": "",
    ]

    private static let perUnits: [String: String] = [
        "s": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year",
    ]

    static func prometheusName(_ name: String, unit: String, kind: MetricMetadata.Kind) -> String {
        var tokens = tokens(name)
        let unitTokens = unitSuffix(unit)
        let hadTotal = tokens.last == "total"
        // `_total` always stands last.
        if kind == .counter && hadTotal { tokens.removeLast() }
        for token in unitTokens where !tokens.contains(token) { tokens.append(token) }
        if kind == .counter { tokens.append("total") }
        if kind == .gauge && unit == "1" && !tokens.contains("ratio") { tokens.append("ratio") }
        var result = tokens.joined(separator: "_")
        if let first = result.utf8.first, (0x30...0x39).contains(first) { result = "_" + result }
        return result
    }

    /// The unit in words as metadata carries it.
    static func unitText(_ unit: String) -> String { unitSuffix(unit).joined(separator: "_") }

    private static func tokens(_ text: String) -> [String] {
        text.unicodeScalars.split { scalar in
            !(scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))) && scalar != ":"
        }.map(String.init)
    }

    private static func unitSuffix(_ unit: String) -> [String] {
        // "{requests}/s": what stands in braces is a remark.
        var plain = ""
        var depth = 0
        for character in unit {
            if character == "{" { depth += 1 } else if character == "}" { depth = max(0, depth - 1) } else if depth == 0 {
                plain.append(character)
            }
        }
        let parts = plain.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var suffix: [String] = []
        if let main = parts.first, !main.isEmpty { suffix += tokens(units[main] ?? main) }
        if parts.count == 2, !parts[1].isEmpty { suffix += ["per"] + tokens(perUnits[parts[1]] ?? parts[1]) }
        return suffix
    }
}
