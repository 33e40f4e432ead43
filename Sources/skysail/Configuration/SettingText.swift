import TimeSeriesStore

/// How values are written in the configuration file, and what is said about a name that nobody knows.
enum SettingText {
    static func duration(_ value: Duration) -> String {
        let milliseconds = Int64(value / .milliseconds(1))
        guard milliseconds != 0 else { return "0" }
        let units: [(String, Int64)] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)]
        for (unit, length) in units where milliseconds % length == 0 { return "\(milliseconds / length)\(unit)" }
        return "\(milliseconds)ms"
    }

    static func size(_ bytes: Int64) -> String {
        for (unit, length) in [("TiB", Int64(1) << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes != 0 && bytes % length == 0 {
            return "\(bytes / length)\(unit)"
        }
        return "\(bytes)"
    }

    /// How long and how much is kept, as Prometheus says it: "15d or 10GiB"; empty when all is.
    static func retention(_ configuration: TimeSeriesStore.Configuration) -> String {
        var parts: [String] = []
        if configuration.retention != .zero { parts.append(duration(configuration.retention)) }
        if configuration.retentionBytes > 0 { parts.append(size(configuration.retentionBytes)) }
        return parts.joined(separator: " or ")
    }

    static func bytes(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        let lengths: [String: Double] = [
            "": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 0x1p10, "MiB": 0x1p20, "GiB": 0x1p30, "TiB": 0x1p40,
        ]
        guard let number = Double(digits), let length = lengths[String(unit)], number * length < 0x1p62 else { return nil }
        return Int64(number * length)
    }

    /// What to say of an unknown key: the nearest known one, when it is near enough to be meant.
    static func unknown(_ key: String, among known: [String]) -> String {
        let nearest = known.map { (name: $0, distance: distance(key.lowercased(), $0.lowercased())) }.min { $0.distance < $1.distance }
        if let nearest, nearest.distance <= max(2, key.count / 3) { return "there is no key \(key); did you mean \(nearest.name)?" }
        return "there is no key \(key) here; known are \(known.joined(separator: ", "))"
    }

    /// Edits (insert, remove, replace) from one word to the other.
    private static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        var row = Array(0...b.count)
        for i in 0..<a.count {
            var diagonal = row[0]
            row[0] = i + 1
            for j in 0..<b.count {
                let cost = min(row[j] + 1, row[j + 1] + 1, diagonal + (a[i] == b[j] ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = cost
            }
        }
        return row[b.count]
    }
}
