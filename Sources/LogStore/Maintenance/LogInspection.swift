import Bytes
package import Environment
package import Telemetry

/// Checks the files of a log store that nobody has open, and changes nothing: what `fsck` does.
///
/// Every checksum is computed and every line put together again. Damage is told from what a crash leaves and the next start mends by itself.
package struct LogInspection {
    private let directory: String
    private let fileSystem: any FileSystem
    private var result = LogStoreVerification()
    private var logThrough: UInt64 = 0

    /// - Throws: when a running server holds the directory, or it cannot be read at all.
    package static func run(directory: String, fileSystem: any FileSystem) throws(StoreError) -> LogStoreVerification {
        var inspection = LogInspection(directory: directory, fileSystem: fileSystem)
        do {
            guard fileSystem.exists(directory) else { return inspection.result }
            var lock: (any OpenFile)?
            if fileSystem.exists(directory + "/LOCK") { lock = try fileSystem.open(directory + "/LOCK", .lock) }
            try inspection.checkParts()
            try inspection.checkDeletes()
            try inspection.checkLog()
            try inspection.noteQuarantine()
            try lock?.close()
        } catch let error as FileError where error.cause == .isLocked {
            throw StoreError(.invalid, "cannot check \(directory): a running server holds it; stop it first")
        } catch { throw error.asStoreError }
        return inspection.result
    }

    private init(directory: String, fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    private func names(_ folder: String) throws(FileError) -> [String] {
        let path = "\(directory)/\(folder)"
        return fileSystem.exists(path) ? try fileSystem.list(path).sorted() : []
    }

    private mutating func checkParts() throws {
        var parts: [(name: String, part: Part)] = []
        for name in try names("parts") {
            guard name.hasSuffix(".part") else {
                result.notes.append("parts/\(name) is a leftover of an interrupted step; the next start removes it")
                continue
            }
            do { parts.append((name, try Part(path: "\(directory)/parts/\(name)", fileSystem: fileSystem))) } catch {
                result.problems.append(String(describing: error))
            }
        }
        let replaced = Set(parts.flatMap(\.part.summary.replaces))
        for (name, part) in parts {
            if replaced.contains(part.sequence) {
                result.notes.append("parts/\(name) has been merged into another part; the next start removes it")
                continue
            }
            logThrough = max(logThrough, part.summary.logThrough)
            result.parts += 1
            for index in part.blocks.indices {
                result.blocks += 1
                result.entries += part.blocks[index].entries
                do { try LogStore.verify(part, index) } catch let failure as PartFailure {
                    result.problems.append("block \(index) of \(part.streams[Int(part.blocks[index].stream)]): \(failure)")
                }
            }
        }
    }

    private mutating func checkDeletes() throws {
        do { try DeleteJournal(directory: directory, fileSystem: fileSystem).check() } catch let error as FileError { throw error } catch {
            result.problems.append("\(directory)/deletes is damaged: \(error); the next start sets it aside, and what it hides is shown again")
        }
        if fileSystem.exists(directory + "/deletes.damaged") {
            result.problems.append("\(directory)/deletes.damaged was set aside: its delete requests are lost")
        }
    }

    private mutating func checkLog() throws {
        let segments = LogSegments(directory: directory + "/wal")
        var durable: UInt64 = 0
        var gaps: [LogGap] = []
        for name in try names("wal") {
            guard let number = segments.number(name) else { continue }
            if number <= logThrough {
                result.notes.append("wal/\(name) is in parts already; the next start removes it")
                continue
            }
            let contents = LogSegmentContents.read(try fileSystem.contents(segments.path(number)))
            result.logRecords += contents.batches.count
            result.logEntries += contents.batches.reduce(0) { $0 + $1.count }
            durable = max(durable, contents.durable)
            gaps += contents.gaps.map { range in
                LogGap(
                    path: segments.path(number), range: range, position: LogSegments.position(segment: number, offset: Int64(range.lowerBound)))
            }
        }
        for gap in gaps {
            if gap.isDamage(durable: durable) {
                result.problems.append(gap.description)
            } else {
                result.notes.append("\(gap.path) has \(gap.range.count) bytes of a record that was never durable")
            }
        }
    }

    private mutating func noteQuarantine() throws(FileError) {
        for name in try names("quarantine") { result.problems.append("known: \(directory)/quarantine/\(name) was set aside as damaged") }
    }
}
