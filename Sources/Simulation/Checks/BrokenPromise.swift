package import Bytes

/// Something happened that must not, with all that is needed to see it again.
package struct BrokenPromise: Error, Sendable, CustomStringConvertible {
    /// Which promise, in a few words.
    package var promise: String
    package var detail: String
    package var time: Timestamp
    package var seed: UInt64
    package var faults: FaultPlan
    /// What happened last.
    package var trace: [String]

    init(_ promise: String, _ detail: String, at time: Timestamp = World.origin, seed: UInt64 = 0, faults: FaultPlan = .none, trace: [String] = []) {
        self.promise = promise
        self.detail = detail
        self.time = time
        self.seed = seed
        self.faults = faults
        self.trace = trace
    }

    package var description: String {
        "seed \(seed) at \(Trace.seconds(time - World.origin)) s: \(promise): \(detail)\n  faults: \(faults.description)\n"
            + trace.suffix(60).map { "  \($0)" }.joined(separator: "\n")
    }
}
