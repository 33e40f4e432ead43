import Bytes
import ClusterAPI
import Environment

/// The names in a folder as they were seen last.
struct FolderLook: Sendable {
    var modified: Timestamp
    var lookedAt: Timestamp
    var names: [String]
    /// Which files of it were taken note of then.
    var keys: [FileKey] = []
}

/// Finding files that are new, renamed, packed or gone.
extension TailCore {
    /// A change of a folder within this time of a look may not show in its time of change.
    private static let timeGrain: Duration = .seconds(2)

    mutating func discover(_ files: any FileSystem, now: Moment) {
        var seen: Set<FileKey> = []
        var order: [TailTarget: [FileKey]] = [:]
        let known = folders
        folders = [:]
        discoverContainers(files, now, known, &order, &seen)
        for source in configuration.sources.indices { discoverFiles(of: source, files, now, &order, &seen) }
        for key in tailed.keys where !seen.contains(key) { tailed[key]!.isGone = true }
        for (target, keys) in order {
            // Files without a name are older than those that have one.
            let named = Set(keys)
            if runs[target] == nil { runs[target] = makeRun(target) }
            let old = runs[target]!.files
            runs[target]!.files = old.filter { !named.contains($0) } + keys
            runs[target]!.isKnown = true
        }
        forgetPods()
    }

    private mutating func discoverContainers(
        _ files: any FileSystem, _ now: Moment, _ known: [String: FolderLook], _ order: inout [TailTarget: [FileKey]], _ seen: inout Set<FileKey>
    ) {
        let root = configuration.layout.podsDirectory
        for podName in (try? files.list(root)) ?? [] {
            guard let pod = PodIdentity(folderName: podName) else { continue }
            let podFolder = root + "/" + podName
            guard let (podLook, _) = look(into: podFolder, files, now, known) else { continue }
            folders[podFolder] = podLook
            for container in podLook.names where !container.hasPrefix(".") {
                let folder = podFolder + "/" + container
                guard var (found, isNew) = look(into: folder, files, now, known) else { continue }
                if !isNew, found.keys.allSatisfy({ tailed[$0] != nil }) {
                    // Nothing was made, renamed or removed in it: the names stand for the same files as before.
                    folders[folder] = found
                    for key in found.keys { seen.insert(key) }
                    continue
                }
                found.keys = []
                isNew = true
                for name in Self.ordered(found.names) {
                    let target = TailTarget.container(ContainerIdentity(pod: pod, name: container, restart: name.restart))
                    guard let key = look(at: folder + "/" + name.text, target, files, now) else {
                        // A copy that is not read yet must be looked at again.
                        isNew = false
                        continue
                    }
                    found.keys.append(key)
                    if seen.insert(key).inserted { order[tailed[key]!.target, default: []].append(key) }
                }
                // At that time it never was, so it is looked into again.
                if !isNew { found.modified = .epoch }
                folders[folder] = found
            }
        }
    }

    /// A folder's names, from the look before when nothing can have changed; nil when it is no folder.
    private func look(into folder: String, _ files: any FileSystem, _ now: Moment, _ known: [String: FolderLook]) -> (FolderLook, isNew: Bool)? {
        guard let attributes = (try? files.attributes(folder)) ?? nil, attributes.kind == .directory else { return nil }
        if let last = known[folder], last.modified == attributes.modified, last.modified != .epoch,
            last.lookedAt - last.modified >= Self.timeGrain
        {
            return (last, false)
        }
        guard let names = try? files.list(folder) else { return nil }
        return (FolderLook(modified: attributes.modified, lookedAt: now.time, names: names), true)
    }

    /// The log files among a folder's names: runs in their order, and of each run the rotated files first, oldest first.
    private static func ordered(_ names: [String]) -> [(text: String, restart: Int)] {
        var found: [(text: String, restart: Int, suffix: Substring)] = []
        for name in names where RotatedNames.isReadable(name) {
            let digits = name.prefix { $0.isNumber }
            guard let restart = Int(digits), restart >= 0, name.dropFirst(digits.count).hasPrefix(".log") else { continue }
            let suffix = name.dropFirst(digits.count + 4)
            guard suffix.isEmpty || suffix.hasPrefix(".") else { continue }
            found.append((name, restart, suffix))
        }
        found.sort { left, right in
            if left.restart != right.restart { return left.restart < right.restart }
            if left.suffix.isEmpty || right.suffix.isEmpty { return !left.suffix.isEmpty && right.suffix.isEmpty }
            return RotatedNames.isOlder(left.suffix, right.suffix)
        }
        return found.map { ($0.text, $0.restart) }
    }

    private mutating func discoverFiles(
        of source: Int, _ files: any FileSystem, _ now: Moment, _ order: inout [TailTarget: [FileKey]], _ seen: inout Set<FileKey>
    ) {
        let found = configuration.sources[source].glob.files(in: files).filter { RotatedNames.isReadable($0) }
        var logs: [String] = []
        // Sorted, a log comes before the names that its rotation makes of it.
        for path in found where !RotatedNames.isPacked(path) && !logs.contains(where: { RotatedNames.suffix(of: path, log: $0) != nil }) { logs.append(path) }
        for path in logs {
            let slash = path.lastIndex(of: "/") ?? path.startIndex
            let folder = String(path[..<slash])
            let name = String(path[path.index(after: slash)...])
            var rotated: [(path: String, suffix: Substring)] = []
            for other in (try? files.list(folder.isEmpty ? "/" : folder)) ?? [] where RotatedNames.isReadable(other) {
                if let suffix = RotatedNames.suffix(of: other, log: name), Self.isRotation(suffix) { rotated.append((folder + "/" + other, suffix)) }
            }
            rotated.sort { RotatedNames.isOlder($0.suffix, $1.suffix) }
            let target = TailTarget.file(source: source, path: path)
            for path in rotated.map(\.path) + [path] {
                guard let key = look(at: path, target, files, now), seen.insert(key).inserted else { continue }
                order[tailed[key]!.target, default: []].append(key)
            }
        }
    }

    /// `.1`, `-20261127.xz`: beside a log that is not the cluster's lie other logs too, as `app.log.error`.
    private static func isRotation(_ suffix: Substring) -> Bool {
        suffix.dropFirst().first?.isNumber ?? false || RotatedNames.isPackingOnly(suffix) || suffix == ".old"
    }

    // MARK: One file

    private mutating func look(at path: String, _ target: TailTarget, _ files: any FileSystem, _ now: Moment) -> FileKey? {
        do throws(FileError) {
            guard let attributes = try files.attributes(path), attributes.kind == .file else { return nil }
            let key = FileKey(device: attributes.device, inode: attributes.inode)
            if tailed[key] != nil {
                tailed[key]!.path = path
                tailed[key]!.isGone = false
                return key
            }
            // While the original is there, it is the one to read: the packer may still be writing.
            let original = RotatedNames.unpacked(path)
            if let original, original != logPath(of: target), try files.attributes(original) != nil { return nil }
            let isPacked = original != nil
            let opened = try files.open(path, .read)
            // What was opened counts, should the name have moved on meanwhile.
            guard try opened.attributes().inode == key.inode else { return nil }
            let packed = isPacked ? PackedFile(opened, path: path) : nil
            let file: any OpenFile = packed ?? opened
            // What cannot be unpacked says so when it is read.
            let head = isPacked ? (try? FileHead(file)) ?? FileHead() : try FileHead(file)
            packed?.rest()
            if runs[target] == nil { runs[target] = makeRun(target) }
            guard let start = start(of: file, path, key, head, target, isPacked: isPacked, size: attributes.size) else { return nil }
            tailed[key] = TailedFile(
                key, target, path: path, file: start.isDone ? nil : file, fingerprint: head.fingerprint, isPacked: isPacked, offset: start.offset,
                now: now.monotonic)
            return key
        } catch {
            counts.failedReads += 1
            return nil
        }
    }

    /// The file that the log is written to.
    private func logPath(of target: TailTarget) -> String {
        switch target {
        case .container(let container): configuration.layout.logPath(container)
        case .file(_, let path): path
        }
    }

    /// Whether the end of a file stands at the same place of another.
    private static func endsAlike(_ file: any OpenFile, _ other: any OpenFile, size: Int64) -> Bool {
        let length = Int(min(size, Int64(FileFingerprint.limit)))
        var (end, otherEnd): ([UInt8], [UInt8]) = ([], [])
        _ = try? file.read(at: size - Int64(length), count: length, into: &end)
        _ = try? other.read(at: size - Int64(length), count: length, into: &otherEnd)
        return end == otherEnd
    }

    private func makeRun(_ target: TailTarget) -> TailRun {
        switch target {
        // The shim writes one format, other runtimes another; each line tells.
        case .container: return TailRun(format: .auto, isCluster: true)
        case .file(let source, let path):
            var run = TailRun(format: configuration.sources[source].format, isCluster: false)
            run.rule = configuration.sources[source].multiline
            run.isKnown = checkpoint.contains { $0.path == path || RotatedNames.suffix(of: $0.path, log: path) != nil }
            return run
        }
    }

    /// Where a file that is new to us is read from; nil while it is a copy of one that we still read.
    private func start(
        of file: any OpenFile, _ path: String, _ key: FileKey, _ head: FileHead, _ target: TailTarget, isPacked: Bool, size: Int64
    ) -> (offset: Int64, isDone: Bool)? {
        /// A copy may be shorter than what was read since it was made; of a packed file the length is not known.
        func limited(_ offset: Int64) -> Int64 { isPacked ? offset : min(offset, size) }
        for entry in checkpoint where entry.key == key && head.begins(as: entry.fingerprint) {
            if isPacked || entry.offset <= size { return (entry.offset, entry.isDone) }
        }
        let run = runs[target]!
        for other in run.files {
            guard let known = tailed[other], let opened = known.file, head.isCopy(of: known.fingerprint, isPacked: isPacked) else { continue }
            let isUncut = (try? FileHead(opened).begins(as: known.fingerprint) && known.isUncut) ?? false
            if !isUncut { return (limited(run.safeOffset(known)), false) }
            // It was copied and not yet cut, or packed and is still being read: what the copy has beyond the original is nothing.
            if isPacked || Self.endsAlike(file, opened, size: size) { return nil }
        }
        // Lines of other programs may begin alike in every file; then a file that is being written is no copy of another.
        let mayBeCopy = run.isCluster || target != .file(source: target.source, path: path)
        if mayBeCopy {
            for ghost in run.ghosts.reversed() where head.isCopy(of: ghost.fingerprint, isPacked: isPacked) { return (limited(ghost.offset), false) }
            for entry in checkpoint where head.isCopy(of: entry.fingerprint, isPacked: isPacked) {
                if entry.key.map({ tailed[$0] == nil }) ?? true { return (limited(entry.offset), entry.isDone) }
            }
        }
        // Of a host's old logs only what was written since they are watched is news.
        if isPacked, case .file = target, !run.isKnown { return (0, true) }
        return (0, false)
    }
}

extension TailTarget {
    fileprivate var source: Int { if case .file(let source, _) = self { source } else { 0 } }
}

extension TailedFile {
    /// Whether the file still holds all that was read of it.
    fileprivate var isUncut: Bool {
        get throws(FileError) {
            guard !isPacked, let file else { return true }
            return try file.attributes().size >= offset
        }
    }
}
