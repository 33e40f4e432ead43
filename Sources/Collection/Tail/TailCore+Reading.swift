import Bytes
import ClusterAPI
import Environment
import Telemetry

/// Reading what is new.
extension TailCore {
    private static let readSize = 256 << 10
    /// How long a rotated file that has stopped growing keeps half a line back, and a packed one that ends early is waited for.
    private static let restPatience: UInt64 = 10_000_000_000
    /// How long it is remembered how far files were read whose log has vanished: a packed copy may still come.
    private static let ghostPatience: UInt64 = 600_000_000_000
    /// Reads of a file that fail one after the other before those that follow it are read all the same.
    private static let failureLimit = 20

    /// Reads what is new, at most about `limit` bytes; nil when there is nothing. A batch without lines says that only parts of lines were read so far.
    ///
    /// - Parameter isLast: whether nothing more will be written: then halves of lines are handed over too.
    /// - Parameter isReady: whether a log's streams can be named; it is told whether the cluster has spoken of the pod.
    mutating func read(limit: Int, now: Moment, isLast: Bool = false, isReady: (_ target: TailTarget, _ isKnown: Bool) -> Bool) -> Batch? {
        var batch = Batch()
        var left = limit
        letGo()
        for target in sortedTargets() where left > 0 && isReady(target, target.podUID.map { knows(podUID: $0) } ?? true) {
            // Taken out of the table, so that it is changed in place.
            var run = runs.removeValue(forKey: target)!
            read(target, &run, now, isLast, &batch, &left)
            if run.files.isEmpty {
                let since = run.emptiedAt ?? now.monotonic
                run.emptiedAt = since
                if run.ghosts.isEmpty || isOver(target) || now.monotonic &- since >= Self.ghostPatience { continue }
            } else {
                run.emptiedAt = nil
            }
            runs[target] = run
        }
        return batch.lines.isEmpty && batch.marks.isEmpty && left == limit ? nil : batch
    }

    /// Whether a log cannot come back under its name: a container's run ends once.
    private func isOver(_ target: TailTarget) -> Bool {
        guard case .container(let container) = target else { return false }
        return folders[configuration.layout.containerDirectory(container)] == nil
    }

    private mutating func read(
        _ target: TailTarget, _ run: inout TailRun, _ now: Moment, _ isLast: Bool, _ batch: inout Batch, _ left: inout Int
    ) {
        name(target, &run)
        var output = Output(streams: run.streams!)
        var isBlocked = false
        for (place, key) in run.files.enumerated() {
            guard !isBlocked, var file = tailed.removeValue(forKey: key) else { continue }
            defer { tailed[key] = file }
            guard let opened = file.file else { continue }
            do throws(FileError) {
                // What comes after is newer: it waits until this file is read to its end.
                isBlocked = try !read(opened, &file, &run, now, &output, &batch, &left)
                file.failures = 0
                if !isBlocked {
                    let isRotated = file.isGone || place < run.files.count - 1
                    let isComplete = file.isPacked || isLast || (isRotated && now.monotonic &- file.grownAt >= Self.restPatience)
                    if isComplete, !file.rest.isEmpty { takeRest(&file, &run, now, &output, &batch) }
                    if file.isPacked { file.file = nil }
                }
            } catch {
                if let packed = opened as? PackedFile, packed.endsEarly, now.monotonic &- file.grownAt < Self.restPatience {
                    // It may still be written.
                    isBlocked = true
                    continue
                }
                counts.failedReads += 1
                file.failures += 1
                if file.isPacked {
                    // What is damaged stays so.
                    counts.damagedFiles += 1
                    note("cannot read \(file.path) beyond byte \(file.offset) of its text: \(error.reason)")
                    file.file = nil
                } else {
                    isBlocked = file.failures < Self.failureLimit
                }
            }
        }
        for stream in run.assemblies.indices {
            run.assemblies[stream].flush(now: now.monotonic, isLast: isLast, rule: run.rule) { time, text in
                output.add(stream, time, text, &batch.lines)
            }
        }
        for key in run.files { settle(key, &run, &batch) }
    }

    /// Notes how far a file was handed over, and lets one go that has nothing left to give.
    private mutating func settle(_ key: FileKey, _ run: inout TailRun, _ batch: inout Batch) {
        guard let file = tailed[key] else { return }
        let safe = run.safeOffset(file)
        if safe != file.handedOffset {
            tailed[key]!.handedOffset = safe
            batch.marks[key] = TailMark(generation: file.generation, offset: safe)
        }
        guard file.isGone, file.rest.isEmpty, safe == file.offset, file.durableOffset >= safe, file.file == nil || file.modifiedAtEnd != nil else { return }
        tailed[key] = nil
        run.files.removeAll { $0 == key }
        if !file.isPacked { run.addGhost(file, offset: file.offset) }
    }

    // MARK: One file

    /// Reads a file as far as the limit allows; whether its end was reached.
    private mutating func read(
        _ opened: any OpenFile, _ file: inout TailedFile, _ run: inout TailRun, _ now: Moment, _ output: inout Output, _ batch: inout Batch,
        _ left: inout Int
    ) throws(FileError) -> Bool {
        var modified: Timestamp?
        if !file.isPacked {
            let attributes = try opened.attributes()
            // The common case costs one question: nothing was written.
            if attributes.size == file.offset, attributes.modified == file.modifiedAtEnd { return true }
            modified = attributes.modified
            try follow(opened, size: attributes.size, &file, &run)
        }
        file.modifiedAtEnd = nil
        while left > 0 {
            var bytes = file.rest
            file.rest = []
            let count: Int
            do throws(FileError) {
                count = try opened.read(at: file.offset, count: min(Self.readSize, max(left, 4096)), into: &bytes)
            } catch {
                file.rest = bytes
                throw error
            }
            if count == 0 {
                file.rest = bytes
                file.modifiedAtEnd = modified ?? .epoch
                return true
            }
            left -= count
            let start = file.offset - Int64(bytes.count - count)
            file.offset += Int64(count)
            file.grownAt = now.monotonic
            take(bytes, from: start, fresh: count, &file, &run, now, &output, &batch)
            if file.fingerprint.length < FileFingerprint.limit, file.offset > Int64(file.fingerprint.length), !file.isPacked {
                file.fingerprint = try FileHead(opened).fingerprint
            }
        }
        return false
    }

    /// Notices that a file was cut, or cut and filled again, since the last read.
    private func follow(_ opened: any OpenFile, size: Int64, _ file: inout TailedFile, _ run: inout TailRun) throws(FileError) {
        let head = try FileHead(opened)
        if size >= file.offset, head.begins(as: file.fingerprint) { return }
        run.addGhost(file, offset: run.safeOffset(file))
        file.fingerprint = head.fingerprint
        file.generation += 1
        file.offset = 0
        file.rest = []
        file.handedOffset = 0
        file.durableOffset = 0
    }

    /// - Parameter fresh: how many of the bytes, at their end, were not looked at before.
    private mutating func take(
        _ bytes: [UInt8], from start: Int64, fresh: Int, _ file: inout TailedFile, _ run: inout TailRun, _ now: Moment, _ output: inout Output,
        _ batch: inout Batch
    ) {
        var position = 0
        var search = bytes.count - fresh
        while let newline = ByteSearch.firstIndex(of: UInt8(ascii: "\n"), in: bytes, from: search) {
            takeLine(bytes[position..<newline], at: FilePosition(file: file.key, offset: start + Int64(position)), &run, now, &output, &batch)
            position = newline + 1
            search = position
        }
        file.rest = position == 0 ? bytes : Array(bytes[position...])
        // Something that has no line ends is cut rather than kept in memory.
        if file.rest.count > StreamAssembly.lineLimit + 64 { takeRest(&file, &run, now, &output, &batch) }
    }

    private mutating func takeLine(
        _ line: ArraySlice<UInt8>, at position: FilePosition, _ run: inout TailRun, _ now: Moment, _ output: inout Output, _ batch: inout Batch
    ) {
        if line.isEmpty && run.isCluster { return }
        let (record, isOdd) = run.format.record(line)
        if isOdd || (record.time == nil && run.isCluster) { counts.oddLines += 1 }
        // Lines without a time get rising ones: the store takes two lines with the same time and text for one.
        let isSpoken = run.isCluster && run.lastTime > 0
        let time = record.time ?? (isSpoken ? run.lastTime : max(now.time.nanoseconds, run.lastTime)) &+ 1
        run.lastTime = time
        run.assemblies[record.stream].take(record, time: time, at: position, rule: run.rule, now: now.monotonic) { time, text in
            output.add(record.stream, time, text, &batch.lines)
        }
    }

    /// Takes half a line as a whole one: its other half will not come.
    private mutating func takeRest(_ file: inout TailedFile, _ run: inout TailRun, _ now: Moment, _ output: inout Output, _ batch: inout Batch) {
        let position = FilePosition(file: file.key, offset: file.restOffset)
        let rest = file.rest
        file.rest = []
        takeLine(rest[...], at: position, &run, now, &output, &batch)
    }

    // MARK: What cannot be kept

    /// Files without a name hold space on the disk that nobody can see; the oldest are let go when it is too much.
    private mutating func letGo() {
        let gone = tailed.values.filter { $0.isGone && $0.file != nil }
        if gone.isEmpty { return }
        var sizes: [(key: FileKey, left: Int64)] = []
        var total: Int64 = 0
        for file in gone.sorted(by: { ($0.grownAt, $0.key) < ($1.grownAt, $1.key) }) {
            let size = (try? file.file?.attributes().size) ?? 0
            total += size
            sizes.append((file.key, max(0, size - file.offset)))
        }
        for (key, left) in sizes where total > configuration.heldBytes {
            total -= (try? tailed[key]?.file?.attributes().size) ?? 0
            counts.lostBytes += left
            if left > 0 { note("cannot keep \(tailed[key]!.path), which was removed before it was read: \(left) bytes of log lines are lost") }
            tailed[key] = nil
            for target in runs.keys { runs[target]!.files.removeAll { $0 == key } }
        }
    }
}

/// Adds lines to a batch under the streams of one log.
private struct Output {
    let streams: [Labels]
    private var numbers: [UInt32?] = [nil, nil]

    init(streams: [Labels]) { self.streams = streams }

    mutating func add(_ stream: Int, _ time: Int64, _ text: [UInt8], _ lines: inout LogWriteBatch) {
        let number = numbers[stream] ?? lines.addStream(streams[stream])
        numbers[stream] = number
        lines.addEntry(stream: number, time: time, line: text)
    }
}
