import Bytes
import Environment
import QueryLanguage
import Telemetry
import Wire

extension LokiAPI {
    static let labelWindow = Duration.seconds(6 * 3600)

    func addLabelRoutes(to router: inout Router) {
        router.on(.get, .post, path: "/loki/api/v1/labels") { request, _ in await labelNames(request) }
        router.on(.get, .post, path: "/loki/api/v1/label") { request, _ in await labelNames(request) }
        router.on(.get, .post, path: "/loki/api/v1/label/:name/values") { request, match in
            await labelValues(request, name: match["name"])
        }
        router.on(.get, .post, path: "/loki/api/v1/series") { request, _ in await series(request) }
    }

    private func labelNames(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let (start, end) = try LokiParameters.window(parameters, now: clock.now(), default: Self.labelWindow)
            let selections = try selections(parameters, names: ["query"])
            let names = try await gate.run { [reader] budget in
                try reader.labelNames(selections, start: start.nanoseconds, end: end.nanoseconds, budget: budget)
            }
            return Self.list(names) { $1.string($0) }
        }
    }

    private func labelValues(_ request: HTTPRequest, name: String) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let (start, end) = try LokiParameters.window(parameters, now: clock.now(), default: Self.labelWindow)
            let selections = try selections(parameters, names: ["query"])
            let values = try await gate.run { [reader] budget in
                try reader.labelValues(name, selections, start: start.nanoseconds, end: end.nanoseconds, budget: budget)
            }
            return Self.list(values) { $1.string($0) }
        }
    }

    func series(_ request: HTTPRequest) async -> HTTPResponse {
        let parameters = request.parameters
        return await answer {
            let (start, end) = try LokiParameters.window(parameters, now: clock.now())
            let selections = try selections(parameters, names: ["match[]", "match"])
            let (labels, _) = try await gate.run { [reader] budget in
                try reader.streams(selections, start: start.nanoseconds, end: end.nanoseconds, limit: 0, budget: budget)
            }
            return Self.list(labels) { PrometheusResult.write($0, into: &$1) }
        }
    }
}
