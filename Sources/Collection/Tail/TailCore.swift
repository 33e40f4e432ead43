import Bytes
import ClusterAPI
import Environment
import Telemetry

/// The log tailer without a clock, a task or a store: it finds files, reads what is new, and knows how far that has become durable.
///
/// Rotation by rename, copy-and-truncate, links that are pointed elsewhere and inodes that are used again are told apart by inode and
/// fingerprint. A rotated file is read to its end before the one that followed it.
/// - Invariant: a line is handed over once between two restarts, in the order of its file; the checkpoint never lies behind a line that
///   is not durable.
struct TailCore: Sendable {
    struct Configuration: Sendable {
        var nodeName: String
        var layout: NodeLayout
        /// Labels of pods that become labels of their streams, beside `app`.
        var podLabels: [String] = []
    }

    /// What a batch brings: lines for the store, and what to mark when they are durable.
    struct Batch: Sendable {
        var lines = LogWriteBatch()
        var offsets: [Key: Int64] = [:]
    }

    /// A file by its inode.
    struct Key: Hashable, Comparable, Sendable {
        var device: UInt64
        var inode: UInt64

        static func < (left: Key, right: Key) -> Bool { (left.device, left.inode) < (right.device, right.inode) }
    }

    /// All files of one run of a container.
    private struct Run: Sendable {
        /// Oldest first; the last one is being written.
        var files: [Key] = []
        /// What was read of files before they were cut: a copy of one is read from there on.
        var ghosts: [(fingerprint: FileFingerprint, offset: Int64)] = []
        var streams: [Labels]?
    }

    private static let ghostLimit = 8
    private static let readSize = 256 << 10

    private let configuration: Configuration
    private var runs: [ContainerIdentity: Run] = [:]
    private var tailed: [Key: TailedFile] = [:]
    private var checkpoint: [TailCheckpoint.Entry]
    private var podLabels: [String: [String: String]] = [:]
    /// Lines that were no records, and reads that failed.
    private(set) var oddLines = 0
    private(set) var failedReads = 0

    init(_ configuration: Configuration, checkpoint: TailCheckpoint) {
        self.configuration = configuration
        self.checkpoint = checkpoint.entries
    }

    // MARK: Pods

    mutating func setLabels(_ labels: [String: String]?, podUID: String) { podLabels[podUID] = labels }

    func knows(podUID: String) -> Bool { podLabels[podUID] != nil }

    /// The labels of a container's streams, standard output and standard error.
    private func streams(_ container: ContainerIdentity) -> [Labels] {
        let own = podLabels[container.pod.uid] ?? [:]
        var builder = LabelsBuilder()
        for name in configuration.podLabels { if let value = own[name] { builder.set(Self.labelName(name), value) } }
        if let app = own["app"] ?? own["app.kubernetes.io/name"] ?? own["k8s-app"] { builder.set("app", app) }
        builder.set("namespace", container.pod.namespace)
        builder.set("pod", container.pod.name)
        builder.set("container", container.name)
        builder.set("node", configuration.nodeName)
        return ["stdout", "stderr"].map { name in
            var labels = builder
            labels.set("stream", name)
            return labels.labels
        }
    }

    /// Label names of the log store are letters, digits and underscores.
    private static func labelName(_ name: String) -> String {
        String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    // MARK: Finding files

    /// Looks for files that are new, renamed, cut or gone.
    mutating func discover(_ files: any FileSystem) {
        var seen: Set<Key> = []
        let root = configuration.layout.podsDirectory
        for podName in (try? files.list(root)) ?? [] {
            guard let pod = PodIdentity(folderName: podName) else { continue }
            let podFolder = root + "/" + podName
            for container in (try? files.list(podFolder)) ?? [] where !container.hasPrefix(".") {
                let folder = podFolder + "/" + container
                guard (try? files.attributes(folder))??.kind == .directory else { continue }
                for name in Self.ordered((try? files.list(folder)) ?? []) {
                    let identity = ContainerIdentity(pod: pod, name: container, restart: name.restart)
                    if let key = look(at: folder + "/" + name.text, identity, files) { seen.insert(key) }
                }
            }
        }
        for key in tailed.keys.sorted() where !seen.contains(key) { tailed[key]!.isGone = true }
    }

    /// The log files among a folder's names: runs in their order, and of each run the rotated files first.
    private static func ordered(_ names: [String]) -> [(text: String, restart: Int)] {
        var found: [(text: String, restart: Int, isCurrent: Bool)] = []
        for name in names {
            guard let place = name.range(ofLog: ".log"), let restart = Int(name[..<place.lowerBound]), restart >= 0 else { continue }
            let rest = name[place.upperBound...]
            // Packed files were read before they were packed.
            guard rest.isEmpty || (rest.hasPrefix(".") && !rest.hasSuffix(".gz") && !rest.hasSuffix(".tmp")) else { continue }
            found.append((name, restart, rest.isEmpty))
        }
        found.sort { left, right in
            if left.restart != right.restart { return left.restart < right.restart }
            if left.isCurrent != right.isCurrent { return !left.isCurrent }
            return left.text < right.text
        }
        return found.map { ($0.text, $0.restart) }
    }

    private mutating func look(at path: String, _ identity: ContainerIdentity, _ files: any FileSystem) -> Key? {
        do throws(FileError) {
            guard let attributes = try files.attributes(path), attributes.kind == .file else { return nil }
            let key = Key(device: attributes.device, inode: attributes.inode)
            if tailed[key] != nil {
                tailed[key]!.path = path
                tailed[key]!.isGone = false
                return key
            }
            let file = try files.open(path, .read)
            // What was opened counts, should the name have moved on meanwhile.
            let opened = try file.attributes()
            guard opened.inode == key.inode else { return nil }
            let fingerprint = try FileFingerprint(file)
            guard let start = try start(of: file, key, fingerprint, identity) else { return nil }
            tailed[key] = TailedFile(
                path: path, device: key.device, inode: key.inode, file: file, fingerprint: fingerprint, offset: start, durableOffset: start)
            runs[identity, default: Run()].files.append(key)
            return key
        } catch {
            failedReads += 1
            return nil
        }
    }

    /// Where a file that is new to us is read from; nil while it is a copy of one that we still read.
    private mutating func start(
        of file: any OpenFile, _ key: Key, _ fingerprint: FileFingerprint, _ identity: ContainerIdentity
    ) throws(FileError) -> Int64? {
        let size = try file.attributes().size
        for entry in checkpoint where entry.inode == key.inode && entry.device == key.device {
            if try entry.fingerprint.matches(file), entry.offset <= size { return entry.offset }
        }
        let run = runs[identity] ?? Run()
        for other in run.files {
            guard let known = tailed[other], known.fingerprint.length >= FileFingerprint.telling, !known.isGone else { continue }
            // Copy-and-truncate has copied and not yet cut: what the copy has beyond the original is nothing.
            if try known.fingerprint.matches(file), try known.fingerprint.matches(known.file) { return nil }
        }
        for ghost in run.ghosts.reversed() where ghost.fingerprint.length >= FileFingerprint.telling {
            if try ghost.fingerprint.matches(file) { return min(ghost.offset, size) }
        }
        for entry in checkpoint where entry.fingerprint.length >= FileFingerprint.telling {
            if try entry.fingerprint.matches(file) { return min(entry.offset, size) }
        }
        return 0
    }

    // MARK: Reading

    /// Reads what is new, at most about `limit` bytes; nil when there is nothing.
    ///
    /// - Parameter isReady: whether a container's pod is known well enough to name its streams.
    mutating func read(limit: Int, isReady: (ContainerIdentity) -> Bool) -> Batch? {
        var batch = Batch()
        var left = limit
        for identity in runs.keys.sorted() where left > 0 && isReady(identity) {
            read(identity, &batch, &left)
        }
        return batch.offsets.isEmpty ? nil : batch
    }

    private mutating func read(_ identity: ContainerIdentity, _ batch: inout Batch, _ left: inout Int) {
        let streams = runs[identity]!.streams ?? self.streams(identity)
        runs[identity]!.streams = streams
        var numbers: [UInt32?] = [nil, nil]
        for key in runs[identity]!.files {
            guard var file = tailed[key] else { continue }
            defer { if tailed[key] != nil { tailed[key] = file } }
            do throws(FileError) {
                try follow(&file, identity)
                var isAtEnd = false
                while left > 0 && !isAtEnd {
                    var bytes = file.rest
                    let count = try file.file.read(at: file.offset, count: min(Self.readSize, max(left, 4096)), into: &bytes)
                    if count == 0 {
                        isAtEnd = true
                        break
                    }
                    left -= count
                    let start = file.offset - Int64(file.rest.count)
                    file.offset += Int64(count)
                    take(bytes, from: start, &file, streams, &numbers, &batch)
                    batch.offsets[key] = file.safeOffset
                }
                if file.fingerprint.length < FileFingerprint.limit, file.offset > Int64(file.fingerprint.length) {
                    file.fingerprint = try FileFingerprint(file.file)
                }
                // What comes after is newer: it waits until this file is read to its end.
                if !isAtEnd { return }
                if file.isGone && file.durableOffset >= file.safeOffset && batch.offsets[key] == nil {
                    tailed[key] = nil
                    runs[identity]!.files.removeAll { $0 == key }
                }
            } catch {
                failedReads += 1
                return
            }
        }
        if runs[identity]!.files.isEmpty { runs[identity] = nil }
    }

    /// Notices that a file was cut, or cut and filled again, since the last read.
    private mutating func follow(_ file: inout TailedFile, _ identity: ContainerIdentity) throws(FileError) {
        let size = try file.file.attributes().size
        if size >= file.offset, try file.fingerprint.matches(file.file) { return }
        runs[identity]!.ghosts.append((file.fingerprint, file.safeOffset))
        if runs[identity]!.ghosts.count > Self.ghostLimit { runs[identity]!.ghosts.removeFirst() }
        file.fingerprint = try FileFingerprint(file.file)
        file.offset = 0
        file.rest = []
        file.assembler = LineAssembler()
        file.durableOffset = 0
    }

    private mutating func take(
        _ bytes: [UInt8], from start: Int64, _ file: inout TailedFile, _ streams: [Labels], _ numbers: inout [UInt32?], _ batch: inout Batch
    ) {
        var position = 0
        func add(_ stream: Int, _ time: Int64, _ text: [UInt8]) {
            let number = numbers[stream] ?? batch.lines.addStream(streams[stream])
            numbers[stream] = number
            batch.lines.addEntry(stream: number, time: time, line: text)
        }
        while let newline = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = bytes[position..<newline]
            if let record = CRILogRecord(line) {
                file.assembler.take(record, at: start + Int64(position), add)
            } else if !line.isEmpty {
                oddLines += 1
            }
            position = newline + 1
        }
        file.rest = Array(bytes[position...])
        // Something that has no line ends is no log; it is passed over rather than kept in memory.
        if file.rest.count > LineAssembler.lineLimit {
            oddLines += 1
            file.rest = []
        }
    }

    // MARK: What is durable

    /// The lines of a batch survive a power loss; says whether the checkpoint has moved.
    mutating func markDurable(_ offsets: [Key: Int64]) -> Bool {
        var hasMoved = false
        for (key, offset) in offsets {
            guard tailed[key] != nil, offset > tailed[key]!.durableOffset, offset <= tailed[key]!.offset else { continue }
            tailed[key]!.durableOffset = offset
            hasMoved = true
        }
        return hasMoved
    }

    /// What is to be written as the checkpoint.
    mutating func makeCheckpoint() -> TailCheckpoint {
        let entries = tailed.keys.sorted().map { key in
            let file = tailed[key]!
            return TailCheckpoint.Entry(
                path: file.path, device: file.device, inode: file.inode, fingerprint: file.fingerprint, offset: file.durableOffset)
        }
        checkpoint = entries
        return TailCheckpoint(entries: entries)
    }
}

extension String {
    /// The first place of `.log`.
    fileprivate func range(ofLog suffix: String) -> Range<Index>? {
        var index = startIndex
        while let dot = self[index...].firstIndex(of: ".") {
            if self[dot...].hasPrefix(suffix) { return dot..<self.index(dot, offsetBy: suffix.count) }
            index = self.index(after: dot)
        }
        return nil
    }
}
