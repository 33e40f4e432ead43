import QueryLanguage
import Telemetry

/// `load_with_nhcb`: classic histogram series become native ones with custom buckets.
enum ClassicConversion {
    static func convert(_ series: [Labels: [ScriptSample]]) -> [Labels: [ScriptSample]] {
        struct Parts {
            var buckets: [Double: Double] = [:]
            var count: Double?
            var sum = 0.0
        }
        var families: [Labels: [Int64: Parts]] = [:]
        for (labels, samples) in series {
            guard let name = labels.metricName else { continue }
            let suffix = ["_bucket", "_count", "_sum"].first { name.hasSuffix($0) }
            guard let suffix else { continue }
            let bound = Literals.number(labels["le"] ?? "")
            if suffix == "_bucket", bound == nil || bound!.isNaN { continue }
            let family = labels.dropping(LabelNames(["le"])).setting(Labels.metricName, to: String(name.dropLast(suffix.count)))
            for sample in samples where sample.histogram == nil && !StalenessMarker.isStale(sample.value) {
                var parts = families[family]?[sample.time] ?? Parts()
                switch suffix {
                case "_bucket": parts.buckets[bound!] = sample.value
                case "_count": parts.count = sample.value
                default: parts.sum = sample.value
                }
                families[family, default: [:]][sample.time] = parts
            }
        }
        return families.mapValues { points in
            points.sorted { $0.key < $1.key }.map { time, parts in
                var bounds = parts.buckets.keys.sorted()
                let count = parts.count ?? bounds.last.map { parts.buckets[$0]! } ?? 0
                if bounds.last == .infinity { bounds.removeLast() }
                var buckets = HistogramBuckets()
                var before = 0.0
                for (index, bound) in bounds.enumerated() {
                    let cumulative = parts.buckets[bound]!
                    buckets.append(Int32(index), cumulative - before)
                    before = cumulative
                }
                buckets.append(Int32(bounds.count), (parts.buckets[.infinity] ?? count) - before)
                var histogram = NativeHistogram(
                    schema: NativeHistogram.customBucketsSchema, count: count, sum: parts.sum, customBounds: bounds)
                histogram.positive = buckets
                return ScriptSample(time: time, value: 0, histogram: histogram)
            }
        }
    }
}

/// Start times relative to their sample: `-1m`, `-30sxN`, `-30s-1mx2`.
enum StartNotation {
    static func items(_ text: String) throws -> [SeriesNotation.Item] {
        var items: [SeriesNotation.Item] = []
        for word in SeriesNotation.words(text) {
            if word == "_" {
                items.append(.missing)
                continue
            }
            if word.hasPrefix("_x"), let count = Int(word.dropFirst(2)) {
                items += [SeriesNotation.Item](repeating: .missing, count: count)
                continue
            }
            let parts = word.split(separator: "x").map(String.init)
            let count = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
            let body = Array(parts[0])
            if let value = SeriesNotation.number(parts[0]) {
                items += [SeriesNotation.Item](repeating: .float(value), count: count + 1)
                continue
            }
            guard let cut = body.indices.dropFirst().last(where: { body[$0] == "-" || body[$0] == "+" }),
                let first = SeriesNotation.number(String(body[..<cut])), let step = SeriesNotation.number(String(body[cut...]))
            else { throw ScriptError(description: "not a start time: \(word)") }
            for index in 0...count { items.append(.float(first + Double(index) * step)) }
        }
        return items
    }
}
