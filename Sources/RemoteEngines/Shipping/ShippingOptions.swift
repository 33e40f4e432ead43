/// How a remote appender sends.
package struct ShippingOptions: Sendable {
    /// Bytes of encoded batches that wait at most, the one in flight among them: an hour of a busy node, or a minute of a flood of lines.
    package var queueBytes = 64 << 20
    /// For one request.
    package var timeout: Duration = .seconds(30)
    /// Of the chance in the pauses between attempts.
    package var seed: UInt64 = 0
    /// Takes one line for each refusal, and one when an outage begins.
    package var report: @Sendable (String) -> Void = { _ in }

    package init() {}

    package init(_ fill: (inout ShippingOptions) -> Void) { fill(&self) }
}

/// What became of the samples or entries that a remote appender was given.
package struct ShippingCounts: Equatable, Sendable {
    /// Acknowledged by the server.
    package var sent = 0
    /// Refused by the server for good: statuses of the 400s.
    package var refused = 0
    /// Never taken into the queue, since its bound was reached.
    package var overflowed = 0
    /// Attempts that had to be repeated.
    package var retries = 0
    /// Bytes that wait.
    package var queuedBytes = 0
    /// The server's words of the newest refusal.
    package var lastRefusal = ""
    private var isOut = false

    package init() {}

    mutating func settle(sent count: Int) {
        sent += count
        isOut = false
    }

    /// Whether the failure is the first since something came through.
    mutating func beginOutage() -> Bool {
        defer { isOut = true }
        return !isOut
    }
}
