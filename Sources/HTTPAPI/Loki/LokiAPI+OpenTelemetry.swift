import Bytes
import Environment
import Telemetry
import Wire

extension LokiAPI {
    /// OTLP logs over HTTP.
    func addOpenTelemetryRoutes(to router: inout Router) {
        for path in ["/otlp/v1/logs", "/loki/api/v1/otlp/v1/logs", "/insert/opentelemetry/v1/logs"] {
            router.on(.post, path: path) { request, _ in await writeOpenTelemetry(request) }
        }
    }

    private func writeOpenTelemetry(_ request: HTTPRequest) async -> HTTPResponse {
        await answer {
            let body = try OpenTelemetryBody.protobuf(request, limits: Self.limits)
            var batch = LogWriteBatch()
            var decoder = OTLPLogsDecoder(limits: Self.limits)
            let outcome = try decoder.decode(body, now: clock.now().nanoseconds, into: &batch)
            let (appender, filled) = (appender, batch)
            let ticket = try await gate.append { () throws(StoreError) in try appender.append(filled) }
            return OpenTelemetryBody.response(outcome, ticket)
        }
    }
}
