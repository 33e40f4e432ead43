import Bytes

/// Notices that the clock was set back, and for how long what the stores answer is not to be believed.
///
/// Samples of before the jump lie in what is now the future. Until time has passed them, old and new ones would be mixed in one answer.
struct ClockGuard: Sendable {
    /// Smaller steps are the everyday work of time synchronization.
    private static let smallestStep = Duration.seconds(1)
    /// How long mixed samples can still lie in the windows of queries.
    private static let settling = Duration.seconds(60)
    /// A clock that was an hour or more ahead was never right: nobody waits so long.
    private static let longestWait = Duration.seconds(3600)

    private var newest: Timestamp?
    private var trustedFrom: Timestamp?

    init(newest: Timestamp?) { self.newest = newest }

    /// To be asked once a round.
    mutating func distrust(_ now: Timestamp) -> DecisionInput.Obstacle? {
        defer { newest = now }
        if let newest, now < newest - Self.smallestStep {
            let passed = max(newest, (trustedFrom ?? newest) - Self.settling)
            trustedFrom = passed - now > Self.longestWait ? now + Self.settling * 5 : passed + Self.settling
        }
        guard let from = trustedFrom else { return nil }
        guard now < from else {
            trustedFrom = nil
            return nil
        }
        return .init(
            reason: "ClockSetBack", message: "the clock was set back: samples of before and after cannot be told apart until \(from.rfc3339())")
    }
}
