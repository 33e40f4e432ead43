import Bytes
import Environment
import Telemetry

/// Brings a store back from its directory: parts first, then what of the log is not in them.
enum StoreRecovery {
    struct Outcome {
        var state: StoreState
        var nextSegment: UInt64
        /// Whether the log has places that are no records: it is then not gone on with, but written to parts at once.
        var hasGaps = false
    }

    static func run(
        _ configuration: LogStoreConfiguration, segments: LogSegments, fileSystem: any FileSystem, caches: PartCaches, now: Timestamp
    ) throws -> Outcome {
        var state = StoreState()
        try openParts(configuration.directory, fileSystem, caches, &state)
        (state.deletes, state.lastDelete) = try DeleteJournal(directory: configuration.directory, fileSystem: fileSystem)
            .load(damage: &state.damage)
        let logThrough = state.parts.map(\.part.summary.logThrough).max() ?? 0
        var outcome = Outcome(state: state, nextSegment: logThrough + 1)
        try replay(segments, after: logThrough, configuration, fileSystem, now, &outcome)
        return outcome
    }

    private static func openParts(
        _ directory: String, _ fileSystem: any FileSystem, _ caches: PartCaches, _ state: inout StoreState
    ) throws(FileError) {
        var opened: [Part] = []
        for name in try fileSystem.list(directory + "/parts") {
            let path = "\(directory)/parts/\(name)"
            if name.hasSuffix(".tmp") {
                // Never published, so never acknowledged: the log still has its entries.
                try fileSystem.removeFile(path)
                continue
            }
            guard name.hasSuffix(".part") else { continue }
            if let sequence = UInt64(name.dropLast(5)) { state.nextSequence = max(state.nextSequence, sequence + 1) }
            do { opened.append(try Part(path: path, fileSystem: fileSystem, caches: caches)) } catch {
                let kept = "\(directory)/quarantine/\(name)"
                try fileSystem.rename(path, to: kept)
                state.damage.append("\(error); set aside as \(kept)")
            }
        }
        let replaced = Set(opened.flatMap(\.summary.replaces))
        for part in opened {
            if replaced.contains(part.sequence) { try fileSystem.removeFile(part.path) } else { state.add(part) }
        }
        for name in try fileSystem.list(directory + "/quarantine") {
            // A name is never used twice, or what was set aside would be lost.
            if name.hasSuffix(".part"), let sequence = UInt64(name.dropLast(5)) { state.nextSequence = max(state.nextSequence, sequence + 1) }
        }
        for name in try fileSystem.list(directory + "/quarantine") where !state.damage.contains(where: { $0.hasSuffix(name) }) {
            state.damage.append("\(directory)/quarantine/\(name) was set aside as damaged earlier")
        }
    }

    /// Reads the segments that no part covers into the head, and makes them durable; returns the number of the next segment.
    private static func replay(
        _ segments: LogSegments, after logThrough: UInt64, _ configuration: LogStoreConfiguration, _ fileSystem: any FileSystem,
        _ now: Timestamp, _ outcome: inout Outcome
    ) throws(FileError) {
        var durable: UInt64 = 0
        var gaps: [LogGap] = []
        var empty: Set<String> = []
        for name in try fileSystem.list(segments.directory) {
            guard let number = segments.number(name) else { continue }
            outcome.nextSegment = max(outcome.nextSegment, number + 1)
            let path = segments.path(number)
            if number <= logThrough {
                try fileSystem.removeFile(path)
                continue
            }
            let contents = LogSegmentContents.read(try fileSystem.contents(path))
            for batch in contents.batches where !batch.isEmpty { _ = outcome.state.apply(batch, now: now) }
            if contents.batches.isEmpty { empty.insert(path) }
            durable = max(durable, contents.durable)
            gaps += contents.gaps.map { range in
                LogGap(path: path, range: range, position: LogSegments.position(segment: number, offset: Int64(range.lowerBound)))
            }
            try fileSystem.open(path, .readWrite).sync()
        }
        outcome.hasGaps = !gaps.isEmpty
        for gap in gaps {
            if gap.isDamage(durable: durable) {
                outcome.state.damage.append(gap.description)
            } else if empty.contains(gap.path) {
                try fileSystem.removeFile(gap.path)
            }
        }
    }
}
