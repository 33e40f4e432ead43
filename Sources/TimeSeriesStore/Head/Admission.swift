import Telemetry

/// What a head takes: the window of times and the series budget that hold for one append.
struct Admission: Sendable {
    /// Earliest and latest time that is kept, in milliseconds.
    var times: ClosedRange<Int64>
    var seriesLimit: Int
    /// Series of one metric name; 0 = no limit of its own.
    var seriesPerMetricLimit: Int
    /// Bytes of one canonical label set.
    var labelSetByteLimit: Int

    /// Takes everything: for replay, where admission was decided before.
    static let everything = Admission(
        times: .min ... .max, seriesLimit: .max, seriesPerMetricLimit: 0, labelSetByteLimit: .max)
}

/// Counts what was refused, with one example for each reason.
struct RefusalCount: Sendable {
    private(set) var refusals: [AppendRefusal] = []

    mutating func add(_ reason: AppendRefusal.Reason, example: @autoclosure () -> String) {
        if let index = refusals.firstIndex(where: { $0.reason == reason }) {
            refusals[index].count += 1
        } else {
            refusals.append(AppendRefusal(reason: reason, count: 1, example: example()))
        }
    }
}
