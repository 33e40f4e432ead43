import Bytes
import ClusterAPI
import Environment
import Telemetry

/// The log tailer without a clock, a task or a store: it finds files, reads what is new, and knows how far that has become durable.
///
/// Rotation by rename, copy-and-truncate, packing, links that are pointed elsewhere and inodes that are used again are told apart by inode
/// and fingerprint. A rotated file is read to its end before the one that followed it.
/// - Invariant: a line is handed over once between two restarts, in the order of its file; the checkpoint never lies behind a line that
///   is not durable.
struct TailCore: Sendable {
    struct Configuration: Sendable {
        var nodeName: String
        var layout: NodeLayout
        /// Labels of pods that become labels of their streams, beside `app`.
        var podLabels: [String] = []
        var sources: [FileSource] = []
        /// Bytes of files without a name that are kept open to be read.
        var heldBytes: Int64 = 512 << 20
    }

    /// What a batch brings: lines for the store, and what to mark when they are durable.
    struct Batch: Sendable {
        var lines = LogWriteBatch()
        var marks: [FileKey: TailMark] = [:]
    }

    /// The time of a look, by both clocks.
    struct Moment: Sendable {
        var time: Timestamp
        var monotonic: UInt64
    }

    /// What became of bytes that did not become lines as they should.
    struct Counts: Hashable, Sendable {
        /// Lines that were no records, kept as text.
        var oddLines = 0
        var failedReads = 0
        /// Packed files that are damaged: what came before the damage was read.
        var damagedFiles = 0
        /// Bytes of files that were removed before they could be read, and had to be let go.
        var lostBytes: Int64 = 0
    }

    /// What the cluster says of a pod.
    private struct PodFacts: Sendable {
        var labels: [String: String]
        var rules: [String: MultilineRule]
        var isGone = false
    }

    static let annotation = "skysail.dev/multiline"

    let configuration: Configuration
    var runs: [TailTarget: TailRun] = [:]
    var tailed: [FileKey: TailedFile] = [:]
    var checkpoint: [TailCheckpoint.Entry]
    var folders: [String: FolderLook] = [:]
    var counts = Counts()
    private var pods: [String: PodFacts] = [:]
    private var targets: [TailTarget] = []
    /// What is to be said, once each.
    private var notices: [String] = []

    init(_ configuration: Configuration, checkpoint: TailCheckpoint) {
        self.configuration = configuration
        self.checkpoint = checkpoint.entries
    }

    // MARK: Pods

    mutating func setPod(_ uid: String, labels: [String: String], annotations: [String: String] = [:]) {
        var rules: [String: MultilineRule] = [:]
        for (name, text) in annotations where name == Self.annotation || name.hasPrefix(Self.annotation + "-") {
            do throws(MultilineRuleError) {
                // The annotation without a container's name is for all of them.
                rules[String(name.dropFirst(Self.annotation.count + 1))] = try MultilineRule(text)
            } catch {
                if pods[uid] == nil { notices.append("pod \(uid): annotation \(name): \(error)") }
            }
        }
        pods[uid] = PodFacts(labels: labels, rules: rules)
        for target in runs.keys where target.podUID == uid { runs[target]!.streams = nil }
    }

    /// The pod is deleted; its labels stay until its last file is read.
    mutating func removePod(_ uid: String) { pods[uid]?.isGone = true }

    func knows(podUID: String) -> Bool { pods[podUID] != nil }

    mutating func forgetPods() {
        let read = Set(runs.keys.compactMap(\.podUID))
        pods = pods.filter { !$0.value.isGone || read.contains($0.key) }
    }

    /// The logs in a fixed order, sorted anew only when there are others.
    mutating func sortedTargets() -> [TailTarget] {
        if targets.count != runs.count || !targets.allSatisfy({ runs[$0] != nil }) { targets = runs.keys.sorted() }
        return targets
    }

    mutating func note(_ text: String) { notices.append(text) }

    mutating func takeNotices() -> [String] {
        defer { notices = [] }
        return notices
    }

    /// Names the streams of a log as the cluster knows it now.
    func name(_ target: TailTarget, _ run: inout TailRun) {
        guard run.streams == nil else { return }
        var builder = LabelsBuilder()
        switch target {
        case .container(let container):
            let facts = pods[container.pod.uid]
            let own = facts?.labels ?? [:]
            for name in configuration.podLabels { if let value = own[name] { builder.set(TailLabels.labelName(name), value) } }
            if let app = own["app"] ?? own["app.kubernetes.io/name"] ?? own["k8s-app"] { builder.set("app", app) }
            builder.set("namespace", container.pod.namespace)
            builder.set("pod", container.pod.name)
            builder.set("container", container.name)
            run.rule = facts?.rules[container.name] ?? facts?.rules[""]
        case .file(let source, let path):
            TailLabels.add(path: path, to: &builder)
            for (name, value) in configuration.sources[source].labels.sorted(by: { $0.key < $1.key }) { builder.set(name, value) }
        }
        builder.set("node", configuration.nodeName)
        run.streams = TailLabels.streams(builder)
    }

    // MARK: What is durable

    /// The lines of a batch survive a power loss; says whether the checkpoint has moved.
    mutating func markDurable(_ marks: [FileKey: TailMark]) -> Bool {
        var hasMoved = false
        for (key, mark) in marks {
            guard let file = tailed[key], mark.generation == file.generation, mark.offset > file.durableOffset else { continue }
            tailed[key]!.durableOffset = mark.offset
            hasMoved = true
        }
        return hasMoved
    }

    /// What is to be written as the checkpoint.
    mutating func makeCheckpoint() -> TailCheckpoint {
        var entries = tailed.keys.sorted().map { key in
            let file = tailed[key]!
            return TailCheckpoint.Entry(
                path: file.path, key: key, fingerprint: file.fingerprint, offset: file.durableOffset, isDone: file.isPacked && file.file == nil)
        }
        for target in runs.keys.sorted() {
            for ghost in runs[target]!.ghosts {
                entries.append(TailCheckpoint.Entry(path: ghost.path, key: nil, fingerprint: ghost.fingerprint, offset: ghost.offset))
            }
        }
        checkpoint = entries
        return TailCheckpoint(entries: entries)
    }
}
