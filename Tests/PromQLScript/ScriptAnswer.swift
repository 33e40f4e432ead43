package import Telemetry

/// What a query answered, as far as a script can look at it: in process with whole histograms, over HTTP with what JSON carries.
package struct ScriptAnswer: Sendable {
    package enum Point: Sendable {
        case float(Double)
        case histogram(NativeHistogram)
        case buckets(BucketList)
    }

    package struct Element: Sendable {
        package var labels: Labels
        package var value: Point

        package init(labels: Labels, value: Point) {
            self.labels = labels
            self.value = value
        }
    }

    package struct Line: Sendable {
        package var labels: Labels
        package var points: [(time: Int64, value: Point)]

        package init(labels: Labels, points: [(time: Int64, value: Point)]) {
            self.labels = labels
            self.points = points
        }
    }

    package enum Value: Sendable {
        case string(String)
        case scalar(Double)
        case vector([Element])
        case matrix([Line])
    }

    package var value: Value
    package var warnings: [String]
    package var infos: [String]

    package init(value: Value, warnings: [String] = [], infos: [String] = []) {
        self.value = value
        self.warnings = warnings
        self.infos = infos
    }

    /// The values of a single instant by their labels; nil where a script has none to compare.
    package func instant(at time: Int64) -> [Labels: Point]? {
        switch value {
        case .string: nil
        case .scalar(let number): [.empty: .float(number)]
        case .vector(let elements): Dictionary(elements.map { ($0.labels, $0.value) }, uniquingKeysWith: { first, _ in first })
        case .matrix(let lines):
            Dictionary(
                lines.compactMap { line in line.points.first { $0.time == time }.map { (line.labels, $0.value) } },
                uniquingKeysWith: { first, _ in first })
        }
    }
}

package enum ScriptOutcome: Sendable {
    case success(ScriptAnswer)
    /// The message.
    case failure(String)
}

/// A native histogram as the HTTP API shows it.
package struct BucketList: Sendable {
    package struct Bucket: Sendable {
        /// 0: open below, closed above; 1: closed below, open above; 3: closed at both ends.
        package var rule: Int
        package var lower: Double
        package var upper: Double
        package var count: Double

        package init(rule: Int, lower: Double, upper: Double, count: Double) {
            self.rule = rule
            self.lower = lower
            self.upper = upper
            self.count = count
        }
    }

    package var count: Double
    package var sum: Double
    /// Those that are not empty, from the lowest to the highest.
    package var buckets: [Bucket]

    package init(count: Double, sum: Double, buckets: [Bucket]) {
        self.count = count
        self.sum = sum
        self.buckets = buckets
    }

    /// What the API must show of a histogram, from its definition: bucket i of schema s covers (2^((i-1)·2^-s), 2^(i·2^-s)].
    package init(_ histogram: NativeHistogram) {
        func each(_ spans: [NativeHistogram.Span], _ counts: [Double]) -> [(index: Int, count: Double)] {
            var index = 0
            var indices: [Int] = []
            for span in spans {
                index += Int(span.offset)
                for _ in 0..<span.length {
                    indices.append(index)
                    index += 1
                }
            }
            return zip(indices, counts).map { (index: $0, count: $1) }
        }
        var buckets: [Bucket] = []
        if histogram.usesCustomBuckets {
            let bounds = histogram.customBounds
            for (index, count) in each(histogram.positiveSpans, histogram.positiveCounts) {
                buckets.append(
                    Bucket(
                        rule: index == 0 ? 3 : 0, lower: index == 0 ? -.infinity : bounds[index - 1],
                        upper: index < bounds.count ? bounds[index] : .infinity, count: count))
            }
        } else {
            func bound(_ index: Int) -> Double { PowerOfTwo.value(Double(index) * PowerOfTwo.value(Double(-histogram.schema))) }
            for (index, count) in each(histogram.negativeSpans, histogram.negativeCounts).reversed() {
                buckets.append(Bucket(rule: 1, lower: -bound(index), upper: -bound(index - 1), count: count))
            }
            if histogram.zeroCount != 0 {
                buckets.append(
                    Bucket(rule: 3, lower: -histogram.zeroThreshold, upper: histogram.zeroThreshold, count: histogram.zeroCount))
            }
            for (index, count) in each(histogram.positiveSpans, histogram.positiveCounts) {
                buckets.append(Bucket(rule: 0, lower: bound(index - 1), upper: bound(index), count: count))
            }
        }
        self.init(count: histogram.count, sum: histogram.sum, buckets: buckets.filter { $0.count != 0 })
    }
}
