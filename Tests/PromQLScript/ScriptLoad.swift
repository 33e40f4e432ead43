import QueryLanguage
package import Telemetry

/// One sample of a script.
package struct ScriptSample: Sendable {
    package var time: Int64
    /// Milliseconds; 0 when the script names none.
    package var start: Int64
    package var value: Double
    package var histogram: NativeHistogram?

    package init(time: Int64, start: Int64 = 0, value: Double, histogram: NativeHistogram? = nil) {
        self.time = time
        self.start = start
        self.value = value
        self.histogram = histogram
    }
}

/// The samples of a `load` block.
package struct ScriptLoad: Sendable {
    package typealias Series = (labels: Labels, samples: [ScriptSample])

    /// In the order of the lines; those made of classic histograms follow.
    package var series: [Series] = []

    init(_ command: String, _ body: [String]) throws {
        let words = command.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        let step = try PrometheusDuration.parse(words[1])
        var order: [Labels] = []
        var samples: [Labels: [ScriptSample]] = [:]
        var starts: [Labels: [SeriesNotation.Item]] = [:]
        for line in body {
            let (labels, isStart, text) = try SeriesNotation.split(line)
            if isStart {
                starts[labels] = try StartNotation.items(text)
                continue
            }
            var list: [ScriptSample] = []
            for (index, item) in try SeriesNotation.items(text).enumerated() {
                let time = Int64(index) * step
                var sample = ScriptSample(time: time, value: 0)
                switch item {
                case .missing: continue
                case .float(let value): sample.value = value
                case .histogram(let histogram, _): sample.histogram = histogram
                }
                if let offsets = starts[labels], index < offsets.count, case .float(let offset) = offsets[index] {
                    sample.start = time + Int64(offset * 1000)
                }
                list.append(sample)
            }
            if samples.updateValue(list, forKey: labels) == nil { order.append(labels) }
        }
        series = order.map { ($0, samples[$0] ?? []) }
        if words[0].hasSuffix("with_nhcb") {
            series += ClassicConversion.convert(samples).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }
}
