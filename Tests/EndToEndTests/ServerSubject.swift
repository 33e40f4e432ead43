import Bytes
import PromQLScript
import QueryLanguage
import Telemetry
import Wire

/// A running server as what a promqltest script runs against: samples in by remote write, answers out as JSON.
///
/// Floats and exponential histograms go in by version 1.0 of the protocol; what it has no field for by 2.0. Each instant evaluation is asked
/// as a point of a range query too.
struct ServerSubject: ScriptSubject {
    let address: String

    func clear() throws {
        let answer = try Curl.post("\(address)/api/v1/admin/tsdb/delete_series", form: [("match[]", #"{__name__=~".+"}"#)])
        guard answer.status == 204 else { throw ScriptError(description: "delete_series: \(answer.status) \(answer.text)") }
    }

    func load(_ load: ScriptLoad) throws {
        for (number, series) in load.series.enumerated() where !series.samples.isEmpty {
            var batch = SampleWriteBatch()
            let row = batch.addSeries(series.labels)
            let needsVersion2 = series.samples.contains { $0.start != 0 || $0.histogram?.usesCustomBuckets ?? false }
            for sample in series.samples {
                if let histogram = sample.histogram {
                    batch.histograms.append(.init(series: row, time: sample.time, startTime: sample.start, histogram: histogram))
                } else {
                    batch.addSample(series: row, time: sample.time, value: sample.value)
                    batch.startTimes.append(sample.start)
                }
            }
            let version: RemoteWrite.Version = needsVersion2 || number % 2 == 1 ? .v2 : .v1
            let answer = try Curl.post(
                "\(address)/api/v1/write",
                headers: [
                    ("Content-Type", version.contentType), ("Content-Encoding", "snappy"),
                    ("X-Prometheus-Remote-Write-Version", version.headerValue),
                ], body: RemoteWriteEncoder.encodeCompressed(batch, version: version))
            guard answer.status == 204 else {
                throw ScriptError(description: "write of \(series.labels.metricDescription): \(answer.status) \(answer.text)")
            }
        }
    }

    func evaluate(_ command: EvalCommand) throws -> ScriptOutcome {
        if command.isInstant { return try ask("query", [("query", command.text), ("time", Self.seconds(command.start))]) }
        return try ask(
            "query_range",
            [
                ("query", command.text), ("start", Self.seconds(command.start)), ("end", Self.seconds(command.end)),
                ("step", Self.seconds(command.step)),
            ])
    }

    func check(_ answer: ScriptAnswer, of command: EvalCommand) throws -> String? {
        guard let instant = answer.instant(at: command.start) else { return nil }
        if ["start()", "end()", "range()", "step()"].contains(where: command.text.contains) { return nil }
        var range = command
        range.isInstant = false
        range.start = command.start - 60_000
        range.end = command.start + 60_000
        range.step = 60_000
        guard case .success(let other) = try evaluate(range), let found = other.instant(at: command.start) else { return "fails as a range" }
        guard Set(found.keys) == Set(instant.keys) else {
            return "as a range: series \(found.keys.sorted().map(\.description)) instead of \(instant.keys.sorted().map(\.description))"
        }
        for (labels, value) in instant {
            if let other = found[labels], !Comparison.areEqual(value, other) { return "as a range: \(labels) is \(other), not \(value)" }
        }
        return nil
    }

    // MARK: - JSON

    private static func seconds(_ milliseconds: Int64) -> String { "\(Double(milliseconds) / 1000)" }

    private func ask(_ path: String, _ parameters: [(String, String)]) throws -> ScriptOutcome {
        let answer = try Curl.post("\(address)/api/v1/\(path)", form: parameters)
        let json = answer.json
        guard answer.status == 200 else {
            guard json["status"]?.stringValue == "error", let message = json["error"]?.stringValue else {
                throw ScriptError(description: "\(path): \(answer.status) \(answer.text)")
            }
            return .failure(message)
        }
        let data = json["data"]
        func texts(_ name: String) -> [String] { (json[name]?.arrayValue ?? []).compactMap(\.stringValue) }
        guard let type = data?["resultType"]?.stringValue, let result = data?["result"] else {
            throw ScriptError(description: "\(path): no result in \(answer.text)")
        }
        return .success(ScriptAnswer(value: try value(type, result), warnings: texts("warnings"), infos: texts("infos")))
    }

    private func value(_ type: String, _ result: JSONValue) throws -> ScriptAnswer.Value {
        guard let elements = result.arrayValue else { throw ScriptError(description: "a result that is no list: \(result)") }
        switch type {
        case "string": return .string(elements.last?.stringValue ?? "")
        case "scalar": return .scalar(try number(elements.last))
        case "vector":
            return .vector(
                try elements.map { element in
                    let point =
                        if let pair = element["value"] { try Self.float(pair) } else { try Self.histogram(element["histogram"]) }
                    return ScriptAnswer.Element(labels: Self.labels(element), value: point.value)
                })
        case "matrix":
            return .matrix(
                try elements.map { element in
                    var points = try (element["values"]?.arrayValue ?? []).map(Self.float)
                    points += try (element["histograms"]?.arrayValue ?? []).map(Self.histogram)
                    return ScriptAnswer.Line(labels: Self.labels(element), points: points.sorted { $0.time < $1.time })
                })
        default: throw ScriptError(description: "result type \(type)")
        }
    }

    private static func labels(_ element: JSONValue) -> Labels {
        guard let metric = element["metric"]?.objectValue else { return .empty }
        return Labels(zip(metric.keys, metric.values).map { (name: $0, value: $1.stringValue ?? "") })
    }

    private static func float(_ pair: JSONValue) throws -> (time: Int64, value: ScriptAnswer.Point) {
        guard let parts = pair.arrayValue, parts.count == 2, let time = parts[0].doubleValue else {
            throw ScriptError(description: "not a point: \(pair)")
        }
        return (Int64((time * 1000).rounded()), .float(try number(parts[1])))
    }

    private static func histogram(_ pair: JSONValue?) throws -> (time: Int64, value: ScriptAnswer.Point) {
        guard let parts = pair?.arrayValue, parts.count == 2, let time = parts[0].doubleValue else {
            throw ScriptError(description: "not a histogram point: \(pair ?? .null)")
        }
        var list = BucketList(count: try number(parts[1]["count"]), sum: try number(parts[1]["sum"]), buckets: [])
        for bucket in parts[1]["buckets"]?.arrayValue ?? [] {
            guard let fields = bucket.arrayValue, fields.count == 4, let rule = fields[0].doubleValue else {
                throw ScriptError(description: "not a bucket: \(bucket)")
            }
            list.buckets.append(
                .init(rule: Int(rule), lower: try number(fields[1]), upper: try number(fields[2]), count: try number(fields[3])))
        }
        return (Int64((time * 1000).rounded()), .buckets(list))
    }

    private static func number(_ value: JSONValue?) throws -> Double {
        guard let text = value?.stringValue else { throw ScriptError(description: "not a number in a string: \(value ?? .null)") }
        switch text {
        case "NaN": return .nan
        case "+Inf": return .infinity
        case "-Inf": return -.infinity
        default:
            guard let number = DecimalNumber.parse(text) else { throw ScriptError(description: "not a number: \(text)") }
            return number
        }
    }

    private func number(_ value: JSONValue?) throws -> Double { try Self.number(value) }
}
