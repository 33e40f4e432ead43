package import Bytes
package import Telemetry

/// Writes the JSON answers of Prometheus' query API.
///
/// - Source: Prometheus HTTP API, "Expression query result formats"; `util/jsonutil`.
package enum PrometheusResult {
    /// What `stats` asks for, beside a result.
    package struct Statistics: Sendable {
        package var samplesRead: Int
        package var peakSamples: Int
        /// Milliseconds and samples, when asked for.
        package var samplesPerStep: [(time: Int64, count: Int)]
        /// Seconds that the evaluation took.
        package var evaluationSeconds: Double

        package init(
            samplesRead: Int = 0, peakSamples: Int = 0, samplesPerStep: [(time: Int64, count: Int)] = [], evaluationSeconds: Double = 0
        ) {
            self.evaluationSeconds = evaluationSeconds
            self.samplesRead = samplesRead
            self.peakSamples = peakSamples
            self.samplesPerStep = samplesPerStep
        }
    }

    /// The data object of an answer: `{"resultType":…,"result":…}`.
    ///
    /// - Throws: `StoreError.cancelled` when the query is over, which a large answer is looked at for all along.
    package static func write(
        _ value: QueryValue, statistics: Statistics? = nil, budget: QueryBudget, into writer: inout JSONWriter
    ) throws(StoreError) {
        writer.beginObject()
        try writeMembers(value, budget: budget, into: &writer)
        if let statistics { write(statistics, &writer) }
        writer.endObject()
    }

    /// The whole answer: success, data, warnings and infos.
    package static func bytes(
        _ value: QueryValue, warnings: [String] = [], infos: [String] = [], budget: QueryBudget = .unlimited
    ) throws(StoreError) -> [UInt8] {
        var writer = JSONWriter(capacity: 4096)
        try success(warnings: warnings, infos: infos, into: &writer) { (writer) throws(StoreError) in
            try write(value, budget: budget, into: &writer)
        }
        return writer.bytes
    }

    private static func write(_ statistics: Statistics, _ writer: inout JSONWriter) {
        writer.key("stats")
        writer.beginObject()
        writer.key("timings")
        writer.beginObject()
        let timings: [(name: String, seconds: Double)] = [
            ("evalTotalTime", statistics.evaluationSeconds), ("resultSortTime", 0), ("queryPreparationTime", 0),
            ("innerEvalTime", statistics.evaluationSeconds), ("execQueueTime", 0), ("execTotalTime", statistics.evaluationSeconds),
        ]
        for timing in timings {
            writer.key(timing.name)
            writer.number(timing.seconds)
        }
        writer.endObject()
        writer.key("samples")
        writer.beginObject()
        if !statistics.samplesPerStep.isEmpty {
            writer.key("totalQueryableSamplesPerStep")
            writer.beginArray()
            for step in statistics.samplesPerStep {
                writer.beginArray()
                writeTime(step.time, into: &writer)
                writer.number(step.count)
                writer.endArray()
            }
            writer.endArray()
        }
        writer.member("totalQueryableSamples", statistics.samplesRead)
        writer.member("peakSamples", statistics.peakSamples)
        writer.endObject()
        writer.endObject()
    }

    /// `{"status":"success","data":…}` around what `data` writes.
    package static func success<Failure: Error>(
        warnings: [String] = [], infos: [String] = [], into writer: inout JSONWriter, data: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        writer.beginObject()
        writer.member("status", "success")
        writer.key("data")
        try data(&writer)
        writeAnnotations(warnings: warnings, infos: infos, into: &writer)
        writer.endObject()
    }

    /// Annotations of one kind that an answer carries; of the others it says how many they are.
    private static let annotationLimit = 10

    /// The members `warnings` and `infos`, where there are any, inside the answer's object.
    ///
    /// - Source: Prometheus' API shows ten of each, so that a query over thousands of metrics does not answer with a text for each.
    package static func writeAnnotations(warnings: [String], infos: [String], into writer: inout JSONWriter) {
        list("warnings", shortened(warnings, "warning"), &writer)
        list("infos", shortened(infos, "info"), &writer)
    }

    private static func shortened(_ texts: [String], _ kind: StaticString) -> [String] {
        let more = texts.count - annotationLimit
        return more > 0 ? texts.prefix(annotationLimit) + ["\(more) more \(kind) annotations omitted"] : texts
    }

    /// `{"status":"error","errorType":…,"error":…}`; the types are Prometheus': bad_data, execution, timeout, canceled, internal, unavailable,
    /// not_found, not_acceptable.
    package static func error(type: String, message: String, warnings: [String] = [], into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("status", "error")
        writer.member("errorType", type)
        writer.member("error", message)
        list("warnings", warnings, &writer)
        writer.endObject()
    }

    private static func list(_ name: StaticString, _ texts: [String], _ writer: inout JSONWriter) {
        guard !texts.isEmpty else { return }
        writer.key(name)
        writer.beginArray()
        for text in texts { writer.string(text) }
        writer.endArray()
    }

    /// `"resultType":…,"result":…` inside an object that the caller has open.
    package static func writeMembers(_ value: QueryValue, budget: QueryBudget, into writer: inout JSONWriter) throws(StoreError) {
        var watch = BudgetWatch(budget)
        switch value {
        case .scalar, .string: writeSingle(value, into: &writer)
        case .vector(let elements):
            writer.member("resultType", "vector")
            writer.key("result")
            writer.beginArray()
            for element in elements {
                try watch.advance(30 + bucketPieces(element.histogram))
                writeElement(element, &writer)
            }
            writer.endArray()
        case .matrix(let series):
            writer.member("resultType", "matrix")
            writer.key("result")
            writer.beginArray()
            for one in series { try writeSeries(one, &watch, &writer) }
            writer.endArray()
        case .streams(let streams):
            LokiResult.writeStreamMembers(streams, encodesMetadata: false, into: &writer)
        }
    }

    /// The same for a scalar or a string.
    static func writeSingle(_ value: QueryValue, into writer: inout JSONWriter) {
        switch value {
        case .scalar(let point):
            writer.member("resultType", "scalar")
            writer.key("result")
            writePoint(point.time, point.value, into: &writer)
        case .string(let time, let text):
            writer.member("resultType", "string")
            writer.key("result")
            writer.beginArray()
            writeTime(time, into: &writer)
            writer.string(text)
            writer.endArray()
        case .vector, .matrix, .streams: preconditionFailure("a scalar or a string is written, not \(value)")
        }
    }

    private static func writeElement(_ element: VectorElement, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("metric")
        write(element.labels, into: &writer)
        if let histogram = element.histogram {
            writer.key("histogram")
            writeHistogramPoint(element.time, histogram, &writer)
        } else {
            writer.key("value")
            writePoint(element.time, element.value, into: &writer)
        }
        writer.endObject()
    }

    /// How much work the JSON of a histogram is.
    private static func bucketPieces(_ histogram: NativeHistogram?) -> Int {
        guard let histogram else { return 0 }
        return 30 + (histogram.positiveCounts.count + histogram.negativeCounts.count) * 30
    }

    /// Points that are written between two thoughts about the budget.
    private static let pointsPerRun = 1024

    private static func writeSeries(_ series: MatrixSeries, _ watch: inout BudgetWatch, _ writer: inout JSONWriter) throws(StoreError) {
        try watch.advance(30)
        writer.beginObject()
        writer.key("metric")
        write(series.labels, into: &writer)
        if !series.values.isEmpty || series.histograms.isEmpty {
            writer.key("values")
            writer.beginArray()
            var start = 0
            while start < series.values.count {
                let run = start..<min(start + pointsPerRun, series.values.count)
                try watch.advance(run.count * 10)
                writer.raw { SampleText.appendPoints(series.times, series.values, run, to: &$0) }
                start = run.upperBound
            }
            writer.endArray()
        }
        if !series.histograms.isEmpty {
            writer.key("histograms")
            writer.beginArray()
            for point in series.histograms {
                try watch.advance(bucketPieces(point.histogram))
                writeHistogramPoint(point.time, point.histogram, &writer)
            }
            writer.endArray()
        }
        writer.endObject()
    }

    // MARK: Parts

    /// A label set as an object of strings.
    package static func write(_ labels: Labels, into writer: inout JSONWriter) {
        let encoded = labels.encoded
        writer.beginObject()
        labels.forEachRange { name, value in
            writer.key(utf8: encoded.span.extracting(name))
            writer.string(utf8: encoded.span.extracting(value))
            return true
        }
        writer.endObject()
    }

    /// Label sets as an array of objects of strings.
    ///
    /// Names and values recur from set to set: each is escaped when it is first met, and copied from then on.
    package static func write(_ sets: LabelSetList, budget: QueryBudget, into writer: inout JSONWriter) throws(StoreError) {
        let symbols = sets.column.symbols
        var texts: [UInt8] = []
        var places = [Range<Int>](repeating: 0..<0, count: symbols.count)
        func place(_ symbol: UInt32) -> Range<Int> {
            let known = places[Int(symbol)]
            if !known.isEmpty { return known }
            let start = texts.count
            texts.append(0x22)
            JSONWriter.appendEscaped(symbols.bytes.span.extracting(symbols.range(symbol)), to: &texts)
            texts.append(0x22)
            places[Int(symbol)] = start..<texts.count
            return start..<texts.count
        }
        var watch = BudgetWatch(budget)
        writer.beginArray()
        for row in sets.rows {
            let pairs = sets.column[row]
            try watch.advance(pairs.count)
            writer.beginObject()
            var index = pairs.startIndex
            while index < pairs.endIndex {
                let (name, value) = (place(pairs[index]), place(pairs[index &+ 1]))
                writer.member(raw: texts.span.extracting(name), texts.span.extracting(value))
                index &+= 2
            }
            writer.endObject()
        }
        writer.endArray()
    }

    /// `[seconds, "value"]`.
    package static func writePoint(_ time: Int64, _ value: Double, into writer: inout JSONWriter) {
        writer.beginArray()
        writeTime(time, into: &writer)
        writeValue(value, into: &writer)
        writer.endArray()
    }

    /// Milliseconds as seconds, with three decimals unless they are zero.
    package static func writeTime(_ milliseconds: Int64, into writer: inout JSONWriter) {
        writer.raw { SampleText.appendSeconds(milliseconds, to: &$0) }
    }

    /// A sample value in quotes: positional between 1e-6 and 1e21, else with an exponent.
    package static func writeValue(_ value: Double, into writer: inout JSONWriter) {
        writer.raw { bytes in
            bytes.append(0x22)
            SampleText.appendValue(value, to: &bytes)
            bytes.append(0x22)
        }
    }

    private static func writeHistogramPoint(_ time: Int64, _ histogram: NativeHistogram, _ writer: inout JSONWriter) {
        writer.beginArray()
        writeTime(time, into: &writer)
        writer.beginObject()
        writer.key("count")
        writeValue(histogram.count, into: &writer)
        writer.key("sum")
        writeValue(histogram.sum, into: &writer)
        let buckets = HistogramBuckets(histogram).buckets
        if !buckets.isEmpty {
            writer.key("buckets")
            writer.beginArray()
            for bucket in buckets {
                writer.beginArray()
                writer.number(bucket.rule)
                writeValue(bucket.lower, into: &writer)
                writeValue(bucket.upper, into: &writer)
                writeValue(bucket.count, into: &writer)
                writer.endArray()
            }
            writer.endArray()
        }
        writer.endObject()
        writer.endArray()
    }
}
