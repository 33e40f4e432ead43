/// What one body from a peer may ask of this process.
///
/// - Units: counts, and bytes after decompression.
package struct WireLimits: Sendable {
    package var decompressedBytes: Int
    package var labelsPerSeries: Int
    package var labelNameBytes: Int
    package var labelValueBytes: Int
    package var lineBytes: Int
    /// Samples or entries in one body.
    package var itemsPerBody: Int

    /// Characters of names and values of an exemplar, as OpenMetrics bounds them.
    let exemplarCharacters = 128

    /// The defaults take what Prometheus', Loki's and OpenTelemetry's senders make, with room to spare.
    package init(
        decompressedBytes: Int = 64 << 20, labelsPerSeries: Int = 128, labelNameBytes: Int = 1024, labelValueBytes: Int = 64 << 10,
        lineBytes: Int = 1 << 20, itemsPerBody: Int = 4_000_000
    ) {
        precondition(
            decompressedBytes > 0 && labelsPerSeries > 0 && labelNameBytes > 0 && labelValueBytes > 0 && lineBytes > 0 && itemsPerBody > 0,
            "every limit lets something through")
        self.decompressedBytes = decompressedBytes
        self.labelsPerSeries = labelsPerSeries
        self.labelNameBytes = labelNameBytes
        self.labelValueBytes = labelValueBytes
        self.lineBytes = lineBytes
        self.itemsPerBody = itemsPerBody
    }
}
