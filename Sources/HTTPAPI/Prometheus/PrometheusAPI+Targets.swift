import Bytes
import QueryLanguage
import Telemetry
import Wire

/// Targets, their metadata and the pools they are scraped in.
extension PrometheusAPI {
    func addTargetRoutes(to router: inout Router) {
        router.on(.get, path: "/api/v1/targets") { request, _ in await answer { try await targets(request.parameters) } }
        router.on(.get, path: "/api/v1/targets/metadata") { request, _ in await answer { try await targetMetadata(request.parameters) } }
        router.on(.get, path: "/api/v1/targets/relabel_steps") { request, _ in await answer { try await relabelSteps(request.parameters) } }
        router.on(.get, path: "/api/v1/scrape_pools") { _, _ in
            Self.success((["scrapePools": .array(await pools().map { .string($0) })] as JSONValue).bytes)
        }
        router.on(.get, path: "/api/v1/scrape_pools/config") { request, _ in await answer { try await poolConfiguration(request.parameters) } }
    }

    private func tree() async -> JSONValue { (try? JSONValue.parse(await sources.targets())) ?? .null }

    private func pools() async -> [String] {
        let tree = await tree()
        let targets = (tree["activeTargets"]?.arrayValue ?? []) + (tree["droppedTargets"]?.arrayValue ?? [])
        return Set(targets.compactMap { $0["scrapePool"]?.stringValue }).sorted()
    }

    /// - Source: Prometheus: `state` is active, dropped or any; anything else means any.
    private func targets(_ parameters: QueryParameters) async throws -> HTTPResponse {
        let state = (parameters["state"] ?? "").lowercased()
        let pool = parameters["scrapePool"] ?? ""
        if state != "active", state != "dropped", pool.isEmpty { return Self.success(await sources.targets()) }
        let tree = await tree()
        func kept(_ name: String, unless hidden: String) -> JSONValue {
            if state == hidden { return [] }
            return .array((tree[name]?.arrayValue ?? []).filter { pool.isEmpty || $0["scrapePool"]?.stringValue == pool })
        }
        let document: JSONValue = [
            "activeTargets": kept("activeTargets", unless: "dropped"), "droppedTargets": kept("droppedTargets", unless: "active"),
            "droppedTargetCounts": tree["droppedTargetCounts"] ?? [:],
        ]
        return Self.success(document.bytes)
    }

    private static func labels(_ target: JSONValue, _ name: String) -> Labels {
        guard let object = target[name]?.objectValue else { return .empty }
        return Labels(zip(object.keys, object.values).map { (name: $0, value: $1.stringValue ?? "") })
    }

    /// The metadata of the metrics that targets show: those families of which a series with the target's job and instance is stored.
    private func targetMetadata(_ parameters: QueryParameters) async throws -> HTTPResponse {
        // Negative is no limit, and zero asks for nothing.
        var limit = -1
        if let text = parameters["limit"], !text.isEmpty {
            guard let count = Int(text) else { throw PrometheusParameters.Invalid(message: "limit must be a number") }
            limit = count
        }
        let matchers = try parameters["match_target"].map { text in try selector(text, name: "match_target") } ?? []
        let metric = parameters["metric"] ?? ""
        let targets = (await tree()["activeTargets"]?.arrayValue ?? []).map { Self.labels($0, "labels") }
            .filter { target in matchers.allSatisfy { $0.matches(target) } }
        let families = Dictionary(reader.metadata(metric: metric, limit: 0).map { ($0.metric, $0) }, uniquingKeysWith: { first, _ in first })
        var rows: [(target: Labels, metadata: MetricMetadata)] = []
        for target in targets where limit < 0 || rows.count < limit {
            let selection = ["job", "instance"].map { LabelMatcher($0, equals: target[$0] ?? "") }
            let names = try await gate.run { [reader] budget in
                try reader.labelValues(
                    Labels.metricName, [SampleSelection(matchers: selection, start: .min, end: .max)], start: .min, end: .max, limit: 0,
                    budget: budget
                ).values
            }
            var shown: Set<String> = []
            for name in names {
                guard let family = Self.family(of: name, in: families), shown.insert(family.metric).inserted else { continue }
                rows.append((target, family))
            }
        }
        var writer = JSONWriter(capacity: 1024)
        PrometheusResult.success(into: &writer) { writer in
            writer.beginArray()
            for row in limit >= 0 ? rows.prefix(limit) : rows[...] {
                writer.beginObject()
                writer.key("target")
                PrometheusResult.write(row.target, into: &writer)
                if metric.isEmpty { writer.member("metric", row.metadata.metric) }
                writer.member("type", row.metadata.kind.rawValue)
                writer.member("help", row.metadata.help)
                writer.member("unit", row.metadata.unit)
                writer.endObject()
            }
            writer.endArray()
        }
        return .json(writer.bytes)
    }

    /// The family that a series belongs to: its own name, or that without the suffix of a histogram, summary or counter.
    private static func family(of name: String, in families: [String: MetricMetadata]) -> MetricMetadata? {
        if let family = families[name] { return family }
        for suffix in ["_bucket", "_count", "_sum", "_total", "_created", "_info"] where name.hasSuffix(suffix) {
            if let family = families[String(name.dropLast(suffix.count))] { return family }
        }
        return nil
    }

    private func relabelSteps(_ parameters: QueryParameters) async throws -> HTTPResponse {
        let pool = parameters["scrapePool"] ?? ""
        guard !pool.isEmpty else { throw PrometheusParameters.Invalid(message: "no scrapePool parameter provided") }
        guard let text = parameters["labels"], (try? JSONValue.parse(text))?.objectValue != nil else {
            throw PrometheusParameters.Invalid(message: "invalid parameter \"labels\": it must be a JSON object of label names and values")
        }
        guard await pools().contains(pool), let steps = await sources.relabelSteps(pool, text) else {
            return Self.failure(404, "not_found", "scrape pool \"\(pool)\" not found")
        }
        return Self.success(steps)
    }

    private func poolConfiguration(_ parameters: QueryParameters) async throws -> HTTPResponse {
        let pool = parameters["scrapePool"] ?? ""
        guard !pool.isEmpty else { throw PrometheusParameters.Invalid(message: "no scrapePool parameter provided") }
        guard await pools().contains(pool), let yaml = await sources.poolConfiguration(pool) else {
            return Self.failure(404, "not_found", "scrape pool \"\(pool)\" not found")
        }
        return Self.success((["yaml": .string(yaml)] as JSONValue).bytes)
    }

    func selector(_ text: String, name: String) throws -> [LabelMatcher] {
        do throws(QueryError) {
            return try selectors(text)
        } catch {
            throw PrometheusParameters.Invalid(message: "invalid parameter \"\(name)\": \(error.message)")
        }
    }
}
