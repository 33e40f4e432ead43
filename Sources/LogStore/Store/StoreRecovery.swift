import Bytes
import Environment
import Telemetry

/// Brings a store back from its directory: parts first, then what of the log is not in them.
enum StoreRecovery {
    struct Outcome {
        var state: StoreState
        var nextSegment: UInt64
    }

    static func run(
        _ configuration: LogStoreConfiguration, segments: LogSegments, fileSystem: any FileSystem, workPool: any WorkPool, now: Timestamp
    ) throws -> Outcome {
        var state = StoreState()
        try openParts(configuration.directory, fileSystem, &state)
        (state.deletes, state.lastDelete) = try DeleteJournal(directory: configuration.directory, fileSystem: fileSystem)
            .load(damage: &state.damage)
        let logThrough = state.parts.map(\.part.summary.logThrough).max() ?? 0
        let nextSegment = try replay(segments, after: logThrough, configuration, fileSystem, now, &state)
        return Outcome(state: state, nextSegment: nextSegment)
    }

    private static func openParts(_ directory: String, _ fileSystem: any FileSystem, _ state: inout StoreState) throws(FileError) {
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
            do { opened.append(try Part(path: path, fileSystem: fileSystem)) } catch {
                let kept = "\(directory)/quarantine/\(name)"
                try fileSystem.rename(path, to: kept)
                state.damage.append("\(error); set aside as \(kept)")
            }
        }
        let replaced = Set(opened.flatMap(\.summary.replaces))
        for part in opened {
            if replaced.contains(part.sequence) { try fileSystem.removeFile(part.path) } else { state.add(part) }
        }
        for name in try fileSystem.list(directory + "/quarantine") where !state.damage.contains(where: { $0.hasSuffix(name) }) {
            state.damage.append("\(directory)/quarantine/\(name) was set aside as damaged earlier")
        }
    }

    /// Reads the segments that no part covers into the head, and makes them durable; returns the number of the next segment.
    private static func replay(
        _ segments: LogSegments, after logThrough: UInt64, _ configuration: LogStoreConfiguration, _ fileSystem: any FileSystem,
        _ now: Timestamp, _ state: inout StoreState
    ) throws(FileError) -> UInt64 {
        var next = logThrough + 1
        for name in try fileSystem.list(segments.directory) {
            guard let number = segments.number(name) else { continue }
            next = max(next, number + 1)
            let path = segments.path(number)
            if number <= logThrough {
                try fileSystem.removeFile(path)
                continue
            }
            let contents = LogSegmentContents.read(try fileSystem.contents(path))
            for batch in contents.batches where !batch.isEmpty { _ = state.apply(batch, now: now) }
            for range in contents.damage {
                state.damage.append("\(path) is damaged: bytes \(range.lowerBound) to \(range.upperBound) are no log record")
            }
            try fileSystem.open(path, .readWrite).sync()
        }
        return next
    }
}
