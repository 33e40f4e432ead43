import Bytes
import Telemetry

extension PrometheusAPI {
    /// What the server says of itself, and what an administrator may do to the store.
    func addStatusRoutes(to router: inout Router) {
        let sources = sources
        router.on(.get, path: "/api/v1/rules") { _, _ in Self.success(await sources.rules()) }
        router.on(.get, path: "/api/v1/alerts") { _, _ in Self.success(await sources.alerts()) }
        router.on(.get, path: "/api/v1/targets") { _, _ in Self.success(await sources.targets()) }
        router.on(.get, path: "/api/v1/alertmanagers") { _, _ in
            Self.success(Array(#"{"activeAlertmanagers":[],"droppedAlertmanagers":[]}"#.utf8))
        }
        router.on(.get, path: "/api/v1/status/tsdb") { request, _ in
            await answer { Self.success(await sources.storeStatus(try PrometheusParameters.limit(request.parameters))) }
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
                ("goroutineCount", 0), ("GOMAXPROCS", 0), ("storageRetention", ""),
            ])
        }
        router.on(.get, path: "/api/v1/status/walreplay") { _, _ in
            // Served only when replay is over: the listener's readiness waits for it.
            Self.object([("min", 0), ("max", 0), ("current", 0)])
        }
        router.on(.post, .put, path: "/api/v1/admin/tsdb/delete_series") { request, _ in
            await answer {
                guard let delete = sources.deleteSeries else { return Self.failure(404, "unavailable", "deletes are not available on this store") }
                let parameters = request.parameters
                let texts = parameters.values("match[]")
                guard !texts.isEmpty else { throw PrometheusParameters.Invalid(message: "no match[] parameter provided") }
                let start = try PrometheusParameters.time(parameters, "start", default: Timestamp(nanoseconds: .min)).milliseconds
                let end = try PrometheusParameters.time(parameters, "end", default: Timestamp(nanoseconds: .max)).milliseconds
                for text in texts { try await delete(try selectors(text), start, end) }
                return HTTPResponse(status: 204)
            }
        }
        router.on(.post, .put, path: "/api/v1/admin/tsdb/clean_tombstones") { _, _ in
            await answer {
                try await sources.cleanTombstones?()
                return HTTPResponse(status: 204)
            }
        }
        router.on(.post, .put, path: "/api/v1/admin/tsdb/snapshot") { _, _ in
            await answer {
                guard let snapshot = sources.snapshot else { return Self.failure(404, "unavailable", "snapshots are not available on this store") }
                return Self.object([("name", .string(try await snapshot()))])
            }
        }
    }

    private static func object(_ members: [(String, JSONValue)]) -> HTTPResponse { success(JSONValue.object(JSONObject(members)).bytes) }
}
