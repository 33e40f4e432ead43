import Bytes
import Environment
import Telemetry
import Wire

/// Samples as exposition text: what a target shows, sent by whoever has it.
extension PrometheusAPI {
    func addImportRoutes(to router: inout Router) {
        for path in ["/insert/prometheus/api/v1/import/prometheus", "/api/v1/import/prometheus"] {
            router.on(.post, .put, path: path) { request, _ in await importText(request) }
        }
    }

    /// Text format 0.0.4 or OpenMetrics by the content type; samples without a time are taken as of now, or of the parameter `timestamp`.
    ///
    /// - Source: the path and the parameters `timestamp` (milliseconds) and `extra_label` are VictoriaMetrics'.
    private func importText(_ request: HTTPRequest) async -> HTTPResponse {
        await answer {
            let parameters = request.query
            var time = clock.now().milliseconds
            if let text = parameters["timestamp"], !text.isEmpty {
                guard let given = Int64(text) else {
                    throw PrometheusParameters.Invalid(message: "invalid parameter \"timestamp\": \"\(text)\" is no number of milliseconds")
                }
                time = given
            }
            var extra: [(name: String, value: String)] = []
            for text in parameters.values("extra_label") {
                guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                    throw PrometheusParameters.Invalid(message: "invalid parameter \"extra_label\": \"\(text)\" is not name=value")
                }
                extra.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
            }
            let format = ExpositionFormat(contentType: request.headers["content-type"] ?? "")
            let body = try ContentEncoding.decode(request)
            var batch = SampleWriteBatch()
            var parser = ExpositionParser()
            let outcome = try parser.parse(
                body, format: format, target: .init(labels: Labels(extra), time: time), into: &batch)
            let (appender, filled) = (appender, batch)
            let ticket = try await gate.append { () throws(StoreError) in try appender.append(filled) }
            if let refusal = ticket.refused.first {
                return .text(400, "some samples were refused: \(refusal.reason.rawValue): \(refusal.example)\n")
            }
            if !outcome.isComplete { return .text(400, "some samples were refused: \(outcome.reasons.joined(separator: "; "))\n") }
            return HTTPResponse(status: 204)
        }
    }
}
