import Bytes
import Environment
import Synchronization
package import Telemetry

extension LogStore {
    /// Does one merge if one is due; returns whether another may be. The maintenance lock is held.
    func mergeStep(now: Timestamp) throws(StoreError) -> Bool {
        let (parts, requests) = state.withLock { ($0.parts.map(\.part), $0.deletes) }
        guard let inputs = MergePlan(configuration: configuration, now: now).next(parts, requests) else {
            try settleDeletes()
            return false
        }
        try merge(inputs, now: now)
        try settleDeletes()
        return true
    }

    /// Writes the entries of parts of one day into one resting part in their place.
    func merge(_ inputs: [Part], now: Timestamp) throws(StoreError) {
        let needed = inputs.reduce(0) { $0 + $1.size }
        if let space = try? fileSystem.space(partsDirectory), space.free < needed {
            throw StoreError(
                .readOnly, "cannot merge \(inputs.count) parts of the log store: \(space.free) bytes are free, \(needed) are needed")
        }
        do {
            let (sequence, requests, lastDelete) = state.withLock { ($0.takeSequence(), $0.deletes, $0.lastDelete) }
            let summary = PartSummary(
                sequence: sequence, day: inputs[0].summary.day, isResting: true, logThrough: inputs.map(\.summary.logThrough).max() ?? 0,
                deletesThrough: lastDelete, createdAt: now, replaces: inputs.map(\.sequence))
            let unreadable = Mutex<[UInt64: String]>([:])
            let writer = try PartWriter(summary, directory: partsDirectory, fileSystem: fileSystem)
            var merged: [Part] = []
            do {
                try forEachGroup(MergeStream.all(of: inputs), bytes: \.lineBytes) { group in
                    let encoded = try map(group) { stream in
                        try stream.encode(
                            requests.filter { $0.concerns(stream.labels) }, oldest: self.oldestKept(of: stream.labels, now: now)
                        ) { part, failure in
                            unreadable.withLock { $0[part.sequence] = String(describing: failure) }
                        }
                    }
                    for (stream, blocks) in zip(group, encoded) { try writer.append(stream.labels, blocks) }
                }
                if writer.isEmpty {
                    writer.discard()
                    try settleSegments()
                } else {
                    merged.append(try Part(path: try writer.publish(), fileSystem: fileSystem, caches: caches))
                }
            } catch {
                writer.discard()
                throw error
            }
            replace(inputs, by: merged, unreadable: unreadable.withLock { $0 })
        } catch { throw error.asStoreError }
    }

    /// Makes readers see the new parts in place of the old, whose files then go; those with damage are set aside.
    func replace(_ old: [Part], by new: [Part], unreadable: [UInt64: String]) {
        state.withLock { state in
            for part in new { state.add(part) }
            state.remove(Set(old.map(\.sequence)))
        }
        for part in old {
            caches.forget(part: part.sequence)
            do {
                if let failure = unreadable[part.sequence] {
                    let name = part.path.split(separator: "/").last.map(String.init) ?? ""
                    try fileSystem.rename(part.path, to: "\(quarantineDirectory)/\(name)")
                    state.withLock { $0.damage.append("\(failure); set aside as \(quarantineDirectory)/\(name)") }
                } else {
                    try fileSystem.removeFile(part.path)
                }
            } catch {
                // It is out of date all the same: the new part names it, and the next start removes it.
                state.withLock { $0.note(incident: String(describing: error)) }
            }
        }
    }

    /// Brings the store to its resting form: nothing in the head, one part a day, every block compressed for good.
    package func flush() throws(StoreError) {
        let now = clock.now()
        try maintenance.withLock { (_) throws(StoreError) in
            try flushing.withLock { (_) throws(StoreError) in try flushAllLocked(now: now) }
            try applyRetention(now: now)
            let byDay = state.withLock { state in Dictionary(grouping: state.parts.map(\.part), by: \.summary.day) }
            let lastDelete = state.withLock { $0.lastDelete }
            for day in byDay.keys.sorted() {
                let parts = byDay[day]!
                if parts.count == 1, parts[0].summary.isResting, parts[0].summary.deletesThrough == lastDelete { continue }
                try merge(parts, now: now)
            }
            try settleDeletes()
        }
    }

    /// What answers lack because a part or a piece of the log was set aside.
    func missing() -> [String] { state.withLock { $0.damage } }
}

/// Which parts are merged next.
struct MergePlan {
    /// Resting parts of one day that start a merge.
    private static let restingFanIn = 4

    /// Fresh parts are searched whole, so when lines come slowly they do not wait until there are `mergeFanIn`: as few as this are merged once the
    /// first is so old.
    private static let waitingFanIn = 4
    private static let longestWait = Duration.seconds(600)

    /// How long nothing came for a day that is over before it is brought to rest.
    private static let quietTime = Duration.seconds(3600)

    var configuration: LogStoreConfiguration
    var now: Timestamp

    /// Parts of one day whose merge is due; nil when none is.
    func next(_ parts: [Part], _ requests: [DeleteRequest]) -> [Part]? {
        if let part = parts.first(where: { part in
            requests.contains { $0.id > part.summary.deletesThrough && $0.overlaps(part.summary.minTime, part.summary.maxTime) }
        }) {
            return [part]
        }
        let byDay = Dictionary(grouping: parts.filter { $0.size <= configuration.mergeLimitBytes }, by: \.summary.day)
        for day in byDay.keys.sorted() {
            let fresh = byDay[day]!.filter { !$0.summary.isResting }
            let isWaiting = fresh.count >= Self.waitingFanIn && fresh.contains { now - $0.summary.createdAt >= Self.longestWait }
            if fresh.count >= configuration.mergeFanIn || isWaiting { return Array(fresh.prefix(configuration.mergeFanIn * 4)) }
            // A day that is over and quiet is brought to rest, late entries and all.
            let isQuiet = day < LogStore.day(now.nanoseconds) && byDay[day]!.allSatisfy { now - $0.summary.createdAt >= Self.quietTime }
            if isQuiet, byDay[day]!.count > 1 || !fresh.isEmpty { return byDay[day]! }
            let resting = byDay[day]!.filter(\.summary.isResting).sorted { ($0.size, $0.sequence) < ($1.size, $1.sequence) }
            if let similar = Self.similar(resting) { return similar }
        }
        return nil
    }

    /// The smaller parts of a day, as long as none outweighs those before it: each entry is so rewritten a few times at most.
    private static func similar(_ parts: [Part]) -> [Part]? {
        var sum: Int64 = 0
        var taken: [Part] = []
        for part in parts {
            if taken.count >= 2, part.size > sum { break }
            taken.append(part)
            sum += part.size
        }
        return taken.count >= restingFanIn ? taken : nil
    }
}
