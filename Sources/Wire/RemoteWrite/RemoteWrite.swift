import Bytes
package import Telemetry

/// Remote write as an HTTP endpoint meets it: a content type and a compressed body.
package enum RemoteWrite {
    package typealias Version = RemoteWriteDecoder.Version

    /// Decodes a Snappy-compressed body into a batch. Endpoints that are called often keep a `RemoteWriteDecoder` instead.
    @discardableResult
    package static func decode(
        _ body: [UInt8], version: Version, limits: WireLimits = WireLimits(), into batch: inout SampleWriteBatch
    ) throws(WireError) -> WireOutcome {
        var decoder = RemoteWriteDecoder(limits: limits)
        return try decoder.decode(snappy: body, version: version, into: &batch)
    }
}

extension RemoteWriteDecoder.Version {
    /// What a `Content-Type` header names; nil for what is no remote write.
    ///
    /// - Source: Prometheus remote write 2.0, "Content-Type": without a `proto` parameter it is version 1; RFC 9110: parameters are pairs.
    package init?(contentType: String) {
        let parts = contentType.split(separator: ";").map { String($0.filter { $0 != " " }) }
        guard parts.first?.lowercased() == "application/x-protobuf" else { return nil }
        guard parts.dropFirst().allSatisfy({ $0.split(separator: "=", omittingEmptySubsequences: false).count == 2 }) else { return nil }
        switch parts.dropFirst().first(where: { $0.lowercased().hasPrefix("proto=") })?.dropFirst(6) {
        case nil, "prometheus.WriteRequest": self = .v1
        case "io.prometheus.write.v2.Request": self = .v2
        default: return nil
        }
    }

    package var contentType: String {
        switch self {
        case .v1: "application/x-protobuf;proto=prometheus.WriteRequest"
        case .v2: "application/x-protobuf;proto=io.prometheus.write.v2.Request"
        }
    }

    /// The value of `X-Prometheus-Remote-Write-Version`.
    package var headerValue: String { self == .v1 ? "0.1.0" : "2.0.0" }
}
