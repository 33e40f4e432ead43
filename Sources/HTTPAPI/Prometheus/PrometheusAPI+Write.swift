import Bytes
import Telemetry
import Wire

extension PrometheusAPI {
    /// Remote write 1.0 and 2.0.
    ///
    /// 204 when all was kept; 400 for what must not be sent again, with the rest kept; 415 for a type we do not read; 5xx to be retried.
    func write(_ request: HTTPRequest) async -> HTTPResponse {
        let type = request.headers["content-type"] ?? "application/x-protobuf"
        guard let version = RemoteWrite.Version(contentType: type) else {
            return .text(415, "expected application/x-protobuf as the first (media) part, got \"\(type)\"\n")
        }
        if let encoding = request.headers["content-encoding"], !encoding.isEmpty, encoding.lowercased() != "snappy" {
            return .text(415, "\(encoding) encoding (compression) is not accepted by this server; only snappy is acceptable\n")
        }
        do {
            let (appender, buffers, body) = (appender, writeBuffers, request.body)
            // Decoding is heavy work too: all of it happens on the low-priority threads.
            let (outcome, ticket) = try await gate.work {
                var pair = buffers.take()
                let outcome = try pair.decoder.decode(
                    snappy: body, version: version, known: appender.knownSeries, into: &pair.batch)
                let ticket = try appender.append(pair.batch)
                buffers.giveBack(pair)
                return (outcome, ticket)
            }
            let refused = ticket.refused.reduce(0) { $0 + $1.count }
            var response = HTTPResponse(status: 204)
            if let refusal = ticket.refused.first {
                response = .text(400, "\(refused) samples refused: \(refusal.reason.rawValue): \(refusal.example)\n")
            } else if !outcome.isComplete {
                // Senders of version 2 are told line by line, as Prometheus tells them.
                response =
                    version == .v2
                    ? .text(400, outcome.reasons.joined(separator: "\n") + "\n")
                    : .text(400, "\(outcome.refusedSeries) series refused: \(outcome.reasons.joined(separator: "; "))\n")
            }
            if version == .v2 {
                response.fields["x-prometheus-remote-write-samples-written"] = "\(ticket.accepted - ticket.acceptedHistograms)"
                response.fields["x-prometheus-remote-write-histograms-written"] = "\(ticket.acceptedHistograms)"
                response.fields["x-prometheus-remote-write-exemplars-written"] = "\(ticket.acceptedExemplars)"
            }
            return response
        } catch let error as WireError {
            return .text(error.code == .tooLarge ? 413 : 400, "\(error)\n")
        } catch let error as StoreError {
            return .text(error.code == .invalid ? 400 : 503, "\(error.description)\n")
        } catch {
            return .text(500, "\(error)\n")
        }
    }
}
