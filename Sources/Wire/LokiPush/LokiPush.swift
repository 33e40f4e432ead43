import Bytes
package import Telemetry

/// Loki's push as an HTTP endpoint meets it: a content type and a body whose `Content-Encoding` is undone.
package enum LokiPush {
    /// Decodes JSON, or protobuf that is Snappy-compressed as all of Loki's clients send it.
    ///
    /// - Throws: `unsupported` for a body of another type that is no protobuf either: like Loki, it is tried.
    @discardableResult
    package static func decode(
        _ body: [UInt8], contentType: String, limits: WireLimits = WireLimits(), into batch: inout LogWriteBatch
    ) throws(WireError) -> WireOutcome {
        var decoder = LokiPushDecoder(limits: limits)
        return try decode(body, contentType: contentType, with: &decoder, into: &batch)
    }

    /// The same with a decoder that lends its memory.
    @discardableResult
    package static func decode(
        _ body: [UInt8], contentType: String, with decoder: inout LokiPushDecoder, into batch: inout LogWriteBatch
    ) throws(WireError) -> WireOutcome {
        switch contentType.split(separator: ";").first.map({ $0.filter { $0 != " " }.lowercased() }) ?? "" {
        case "application/json": return try decoder.decode(json: body, into: &batch)
        case "application/x-protobuf", "": return try decoder.decode(snappy: body, into: &batch)
        default:
            do { return try decoder.decode(snappy: body, into: &batch) } catch {
                guard error.code == .malformed else { throw error }
                throw WireError(.unsupported, "cannot take a push of type \"\(contentType)\": send application/json or application/x-protobuf")
            }
        }
    }
}
