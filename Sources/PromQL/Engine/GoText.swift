import Bytes
import QueryLanguage
import Telemetry

/// Numbers as Go prints them, where Prometheus' answers and messages show it.
enum GoText {
    /// `%f` with the fewest digits: label values of count_values.
    static func plain(_ value: Double) -> String { DecimalNumber.prometheusText(value) }

    /// As OpenMetrics writes label values: `1.0`.
    static func openMetrics(_ value: Double) -> String {
        let text = DecimalNumber.generalText(value)
        return value.isFinite && !text.contains(".") && !text.contains("e") ? text + ".0" : text
    }

    /// `%g`: messages.
    static func general(_ value: Double) -> String { DecimalNumber.generalText(value) }
}

/// A native histogram in one line, as Prometheus writes it in count_values.
enum HistogramText {
    static func describe(_ histogram: NativeHistogram) -> String {
        var text = "{count:\(GoText.general(histogram.count)), sum:\(GoText.general(histogram.sum))"
        for bucket in histogram.allBuckets where bucket.count != 0 {
            let isZero = !histogram.usesCustomBuckets && bucket.lower == -histogram.zeroThreshold && bucket.upper == histogram.zeroThreshold
            let isNegative = !histogram.usesCustomBuckets && bucket.upper <= 0 && !isZero
            let open = isZero || isNegative ? "[" : "("
            let close = isNegative ? ")" : "]"
            text += ", \(open)\(GoText.general(bucket.lower)),\(GoText.general(bucket.upper))\(close):\(GoText.general(bucket.count))"
        }
        return text + "}"
    }
}
