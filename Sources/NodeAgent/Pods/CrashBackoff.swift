import Bytes

/// How long a container that keeps ending waits for its next start.
///
/// The first restart is immediate; then 10 s, doubling up to 5 min. A run of 10 minutes makes it forget.
/// - Source: the kubelet's `doBackOff`, with `backOffPeriod` 10 s and `MaxContainerBackOff` 300 s.
struct CrashBackoff: Hashable, Sendable {
    static let first: Duration = .seconds(10)
    static let longest: Duration = .seconds(300)
    static let forgetting: Duration = .seconds(600)

    private var delay: Duration?
    private var lastFinish: Timestamp?

    /// When the container may start again after an end; called once per end.
    mutating func nextStart(startedAt: Timestamp?, finishedAt: Timestamp) -> Timestamp {
        if let startedAt, finishedAt - startedAt >= Self.forgetting { delay = nil }
        if let lastFinish, finishedAt - lastFinish > Self.forgetting { delay = nil }
        lastFinish = finishedAt
        guard let current = delay else {
            delay = Self.first
            return finishedAt
        }
        delay = min(current * 2, Self.longest)
        return finishedAt + current
    }

    /// The delay that the last end brought, as the message of CrashLoopBackOff says it.
    static func text(_ delay: Duration) -> String {
        let seconds = delay.components.seconds
        if seconds < 60 { return "\(seconds)s" }
        return seconds % 60 == 0 ? "\(seconds / 60)m0s" : "\(seconds / 60)m\(seconds % 60)s"
    }
}
