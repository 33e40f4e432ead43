package import Bytes
import Environment
import Synchronization
package import Telemetry

/// What maintenance remembers from step to step.
struct MaintenanceState {
    var lastSpaceCheck = Timestamp(nanoseconds: .min)
    var lastRuleCheck = Timestamp(nanoseconds: .min)
}

extension LogStore {
    private static let spaceCheckInterval = Duration.seconds(10)
    /// How often parts are searched for streams that a rule keeps for a shorter time than the others.
    private static let ruleCheckInterval = Duration.seconds(600)

    /// Does what is due: syncs the log, writes an old or full head, drops what retention no longer keeps, merges, carries out deletes.
    ///
    /// One step does at most one merge, so that the caller stays in charge; it returns when the next one is due.
    package func maintain(now: Timestamp) -> Timestamp {
        var failure: String?
        var isMoreDue = false
        do { _ = try syncIfDue(now: now) } catch { failure = String(describing: error) }
        checkSpace(now: now)
        do {
            try flushHead(olderThan: nil, fullOnly: true)
            try flushHead(olderThan: configuration.headAge, fullOnly: false)
            isMoreDue = try maintenance.withLock { (memory) throws(StoreError) in
                try applyRetention(now: now)
                let isRuleCheckDue = memory.lastRuleCheck.nanoseconds == .min || now - memory.lastRuleCheck >= Self.ruleCheckInterval
                if isRuleCheckDue {
                    if let part = partWithExpiredStreams(now: now) {
                        try merge([part], now: now)
                        return true
                    }
                    memory.lastRuleCheck = now
                }
                return try mergeStep(now: now)
            }
        } catch { failure = String(describing: error) }
        state.withLock { $0.failure = failure }
        if isMoreDue && failure == nil { return now }
        return now + (configuration.syncInterval > .zero ? min(configuration.syncInterval, .seconds(1)) : .seconds(1))
    }

    /// Makes the log durable when that is due; returns when it will be due again.
    ///
    /// `maintain` does it too, but a merge may keep it for many seconds: whoever promises a window of loss calls this from a thread of its own.
    package func syncIfDue(now: Timestamp) throws(StoreError) -> Timestamp {
        if configuration.syncInterval == .zero { return now + .seconds(1) }
        let due = lastSync.withLock { last -> Timestamp? in
            if let known = last, now >= known, now - known < configuration.syncInterval { return known + configuration.syncInterval }
            last = now
            return nil
        }
        if let due { return due }
        try syncLog()
        return now + configuration.syncInterval
    }

    /// Refuses appends while the volume is nearly full, and takes them again by itself.
    private func checkSpace(now: Timestamp) {
        let (isDue, isRefusing) = maintenance.withLock { memory in
            let isRefusing = state.withLock { $0.readOnlyReason != nil }
            guard isRefusing || memory.lastSpaceCheck.nanoseconds == .min || now - memory.lastSpaceCheck >= Self.spaceCheckInterval
                || now < memory.lastSpaceCheck
            else { return (false, isRefusing) }
            memory.lastSpaceCheck = now
            return (true, isRefusing)
        }
        guard isDue, let space = try? fileSystem.space(configuration.directory) else { return }
        // A little more than the reserve to come back, so that the state does not flap.
        let needed = isRefusing ? configuration.reserveBytes + configuration.reserveBytes / 8 : configuration.reserveBytes
        state.withLock { state in
            if space.free <= needed {
                state.readOnlyReason =
                    "the log store is read-only until there is room again: \(configuration.directory) has \(space.free) bytes free, "
                    + "the reserve is \(configuration.reserveBytes)"
            } else if !isOverfull(state) {
                state.readOnlyReason = nil
            }
        }
    }
}
