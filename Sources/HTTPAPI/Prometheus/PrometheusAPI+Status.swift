import Bytes
import Environment
import QueryLanguage
import Telemetry
import Wire

extension PrometheusAPI {
    /// Names that one list of `status/tsdb` shows at most, as in Prometheus.
    private static let statusLimit = 10_000

    /// What the server says of itself.
    func addStatusRoutes(to router: inout Router) {
        let sources = sources
        router.on(.get, path: "/api/v1/alertmanagers") { _, _ in
            Self.success(Array(#"{"activeAlertmanagers":[],"droppedAlertmanagers":[]}"#.utf8))
        }
        router.on(.get, path: "/api/v1/status/tsdb") { request, _ in
            await answer {
                var limit = 10
                if let text = request.parameters["limit"], !text.isEmpty {
                    guard let count = Int(text), count > 0 else { throw PrometheusParameters.Invalid(message: "limit must be a positive number") }
                    guard count <= Self.statusLimit else {
                        throw PrometheusParameters.Invalid(message: "limit must not exceed \(Self.statusLimit)")
                    }
                    limit = count
                }
                return Self.success(await sources.storeStatus(limit))
            }
        }
        router.on(.get, path: "/api/v1/status/tsdb/blocks") { _, _ in Self.success(await sources.blocks()) }
        router.on(.get, path: "/api/v1/status/self_metrics") { _, _ in
            await answer { Self.success(try Self.families(of: await sources.selfMetrics(), at: clock.now().milliseconds)) }
        }
        router.on(.get, path: "/api/v1/status/config") { _, _ in
            Self.object([("yaml", .string(await sources.configurationText()))])
        }
        router.on(.get, path: "/api/v1/status/flags") { _, _ in
            Self.object(sources.flags.map { ($0.name, .string($0.value)) })
        }
        router.on(.get, path: "/api/v1/status/buildinfo") { _, _ in
            // Grafana chooses features by this version: it is that of the Prometheus whose answers we give.
            Self.object([
                ("version", "3.14.0"), ("revision", .string("skysail-\(sources.version)")), ("branch", "HEAD"), ("buildUser", "skysail"),
                ("buildDate", ""), ("goVersion", ""),
            ])
        }
        router.on(.get, path: "/api/v1/status/runtimeinfo") { _, _ in
            Self.object([
                ("startTime", .string(sources.startTime.rfc3339())), ("CWD", ""), ("reloadConfigSuccess", true), ("corruptionCount", 0),
                ("goroutineCount", 0), ("GOMAXPROCS", .number(sources.processorCount)), ("GOMEMLIMIT", 0), ("GOGC", ""), ("GODEBUG", ""),
                ("lastConfigTime", .string(sources.startTime.rfc3339())), ("storageRetention", .string(sources.retention)),
                ("serverTime", .string(clock.now().rfc3339())),
            ])
        }
        router.on(.get, path: "/api/v1/status/walreplay") { _, _ in
            // Served only when replay is over: the listener's readiness waits for it.
            Self.object([("min", 0), ("max", 0), ("current", 0)])
        }
    }

    /// What an administrator may do to the store.
    func addAdministrationRoutes(to router: inout Router) {
        let sources = sources
        router.on(.post, .put, path: "/api/v1/admin/tsdb/delete_series") { request, _ in
            await answer {
                guard let delete = sources.deleteSeries else { return Self.failure(404, "unavailable", "deletes are not available on this store") }
                let parameters = request.parameters
                let texts = parameters.values("match[]")
                guard !texts.isEmpty else { throw PrometheusParameters.Invalid(message: "no match[] parameter provided") }
                let start = try PrometheusParameters.time(parameters, "start", default: PrometheusParameters.earliest).milliseconds
                let end = try PrometheusParameters.time(parameters, "end", default: PrometheusParameters.latest).milliseconds
                // All are read before the first is acted upon, and none may mean the whole store.
                let selections = try texts.map { try selective($0, namesParameter: true) }
                for matchers in selections { try await delete(matchers, start, end) }
                return HTTPResponse(status: 204)
            }
        }
        router.on(.post, .put, path: "/api/v1/admin/tsdb/clean_tombstones") { _, _ in
            await answer {
                try await sources.cleanTombstones?()
                return HTTPResponse(status: 204)
            }
        }
        router.on(.post, .put, path: "/api/v1/admin/tsdb/snapshot") { request, _ in
            await answer {
                var skipsHead = false
                if let text = request.parameters["skip_head"], !text.isEmpty {
                    guard let flag = PrometheusParameters.flag(text) else {
                        throw PrometheusParameters.Invalid(
                            message: "invalid parameter \"skip_head\": unable to parse boolean: strconv.ParseBool: parsing "
                                + "\(Literals.quote(text)): invalid syntax")
                    }
                    skipsHead = flag
                }
                guard let snapshot = sources.snapshot else { return Self.failure(404, "unavailable", "snapshots are not available on this store") }
                return Self.object([("name", .string(try await snapshot(skipsHead)))])
            }
        }
    }

    private static func object(_ members: [(String, JSONValue)]) -> HTTPResponse { success(JSONValue.object(JSONObject(members)).bytes) }

    /// Exposition text as a list of families with their samples.
    private static func families(of text: [UInt8], at time: Int64) throws -> [UInt8] {
        var batch = SampleWriteBatch()
        var parser = ExpositionParser()
        _ = try parser.parse(text, format: .text, target: .init(time: time), into: &batch)
        var samples: [String: [(labels: Labels, value: Double)]] = [:]
        for (row, series) in batch.sampleSeries.enumerated() {
            let labels = batch.labels(Int(series))
            samples[labels.metricName ?? "", default: []].append((labels.withoutMetricName, batch.sampleValues[row]))
        }
        let families = batch.metadata.map { family -> JSONValue in
            let metrics = (samples[family.metric] ?? []).map { sample -> JSONValue in
                var text: [UInt8] = []
                DecimalNumber.formatPrometheus(sample.value, into: &text)
                return [
                    "labels": .object(JSONObject(sample.labels.pairs.map { ($0.name, JSONValue.string($0.value)) })),
                    "value": .string(String(decoding: text, as: UTF8.self)),
                ]
            }
            return ["name": .string(family.metric), "type": .string(family.kind.rawValue), "help": .string(family.help), "metrics": .array(metrics)]
        }
        return JSONValue.array(families).bytes
    }
}
