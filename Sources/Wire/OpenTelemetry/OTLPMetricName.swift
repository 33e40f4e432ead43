import Telemetry

/// How names of OpenTelemetry become names of Prometheus.
///
/// - Source: Prometheus' `otlp.translation_strategy`, with its words.
package enum OTLPTranslation: String, CaseIterable, Sendable {
    case underscoreEscapingWithSuffixes = "UnderscoreEscapingWithSuffixes"
    case underscoreEscapingWithoutSuffixes = "UnderscoreEscapingWithoutSuffixes"
    case noUTF8EscapingWithSuffixes = "NoUTF8EscapingWithSuffixes"
    case noTranslation = "NoTranslation"

    /// Whether characters that names did not have before UTF-8 was allowed become "_".
    var escapesNames: Bool { self == .underscoreEscapingWithSuffixes || self == .underscoreEscapingWithoutSuffixes }
    /// Whether unit and type are appended to a metric's name.
    var addsSuffixes: Bool { self == .underscoreEscapingWithSuffixes || self == .noUTF8EscapingWithSuffixes }
}

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

    static func prometheusName(
        _ name: String, unit: String, kind: MetricMetadata.Kind, by translation: OTLPTranslation = .underscoreEscapingWithSuffixes
    ) -> String {
        if !translation.escapesNames { return translation.addsSuffixes ? withSuffixes(name, unit: unit, kind: kind) : name }
        // Without suffixes there is nothing to compare words with, so underscores stay as they are.
        if !translation.addsSuffixes { return withoutLeadingDigit(tokens(name, keeping: "_").joined(separator: "_")) }
        var tokens = tokens(name)
        let unitTokens = unitSuffix(unit)
        let hadTotal = tokens.last == "total"
        // `_total` always stands last.
        if kind == .counter && hadTotal { tokens.removeLast() }
        for token in unitTokens where !tokens.contains(token) { tokens.append(token) }
        if kind == .counter { tokens.append("total") }
        if kind == .gauge && unit == "1" && !tokens.contains("ratio") { tokens.append("ratio") }
        return withoutLeadingDigit(tokens.joined(separator: "_"))
    }

    private static func withoutLeadingDigit(_ name: String) -> String {
        if let first = name.utf8.first, (0x30...0x39).contains(first) { return "_" + name }
        return name
    }

    /// A name as it is, with its unit and type behind it: a suffix that it has already stays where it is or moves to the end.
    private static func withSuffixes(_ name: String, unit: String, kind: MetricMetadata.Kind) -> String {
        var name = name
        var suffixes: [String] = []
        func move(_ suffix: String) {
            if name.hasSuffix(suffix), name.utf8.count > suffix.utf8.count + 1 { name = String(name.dropLast(suffix.count + 1)) }
            suffixes.insert(suffix, at: 0)
        }
        if kind == .gauge && unit == "1" { move("ratio") }
        if kind == .counter { move("total") }
        let unitTokens = unitSuffix(unit)
        let main = unitTokens.prefix { $0 != "per" }.joined(separator: "_")
        let per = unitTokens.drop { $0 != "per" }.joined(separator: "_")
        if !per.isEmpty { move(per) }
        if !main.isEmpty && !name.hasSuffix(main) { name += "_" + main }
        return ([name] + suffixes).joined(separator: "_")
    }

    /// The unit in words as metadata carries it.
    static func unitText(_ unit: String) -> String { unitSuffix(unit).joined(separator: "_") }

    private static func tokens(_ text: String, keeping kept: Unicode.Scalar = ":") -> [String] {
        text.unicodeScalars.split { scalar in
            !(scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))) && scalar != ":" && scalar != kept
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
