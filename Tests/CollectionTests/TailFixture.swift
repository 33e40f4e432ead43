import Bytes
import ClusterAPI
import Environment
import Telemetry

@testable import Collection

/// A container's log on a file system, in memory unless another is given, and a tailer over it.
struct TailFixture {
    let files: any FileSystem
    let layout: NodeLayout
    let container = ContainerIdentity(pod: PodIdentity(namespace: "default", name: "web-1", uid: "u1"), name: "main", restart: 0)
    let sources: [FileSource]
    var core: TailCore
    /// Everything that was handed over, and what is written in the checkpoint.
    var lines: [String] = []
    var streams: Set<String> = []
    var checkpoint: [UInt8] = []
    var annotations: [String: String] = [:]
    private(set) var written = 0
    private var seconds: Int64 = 0

    init(_ files: any FileSystem = MemoryFileSystem(), root: String = "/data/agent", sources: [FileSource] = []) throws {
        self.files = files
        self.sources = sources
        layout = NodeLayout(agentDirectory: root, cgroups: CgroupHierarchy())
        core = TailCore(.init(nodeName: "n1", layout: layout, sources: sources), checkpoint: TailCheckpoint())
        core.setPod("u1", labels: ["app": "web"])
        try files.createDirectory(layout.containerDirectory(container))
    }

    var path: String { layout.logPath(container) }

    var memory: MemoryFileSystem? { files as? MemoryFileSystem }

    /// The tailer as it comes back after a kill.
    mutating func restart() {
        core = TailCore(.init(nodeName: "n1", layout: layout, sources: sources), checkpoint: TailCheckpoint(checkpoint))
        core.setPod("u1", labels: ["app": "web"], annotations: annotations)
    }

    /// Writes numbered lines at the end of a file.
    mutating func write(_ count: Int, to path: String? = nil) throws {
        var text: [UInt8] = []
        for _ in 0..<count {
            text += Array(record("line \(written)").utf8)
            written += 1
        }
        try append(text, to: path ?? self.path)
    }

    func time(_ number: Int) -> String {
        Timestamp(nanoseconds: 1_700_000_000_000_000_000 + Int64(number)).rfc3339(.nanoseconds)
    }

    func record(_ text: String, tag: String = "F", stream: String = "stdout") -> String {
        "\(time(written)) \(stream) \(tag) \(text)\n"
    }

    func append(_ bytes: [UInt8], to path: String) throws {
        memory?.setTime(Timestamp(seconds: 1_700_000_000 + seconds))
        let file = try files.open(path, .readWrite)
        try file.write(bytes.span, at: try file.attributes().size)
    }

    func append(_ text: String, to path: String? = nil) throws { try append(Array(text.utf8), to: path ?? self.path) }

    func cut(_ path: String? = nil, to size: Int64 = 0) throws {
        memory?.setTime(Timestamp(seconds: 1_700_000_000 + seconds))
        try files.open(path ?? self.path, .readWrite).truncate(to: size)
    }

    /// Packs a file as logrotate does: the packed one beside it, then the original removed.
    func pack(_ path: String, keepsOriginal: Bool = false) throws {
        try append(Gzip.compress(try files.contents(path)), to: path + ".gz")
        if !keepsOriginal { try files.removeFile(path) }
    }

    /// Lets time pass.
    mutating func wait(_ seconds: Int64) { self.seconds += seconds }

    /// One look: everything that is new is read, and durable at once unless a limit is set.
    mutating func poll(limit: Int = 1 << 20, isDurable: Bool = true, isLast: Bool = false) {
        seconds += 1
        let now = TailCore.Moment(time: Timestamp(seconds: 1_700_000_000 + seconds), monotonic: UInt64(seconds) * 1_000_000_000)
        core.discover(files, now: now)
        while let batch = core.read(limit: limit, now: now, isLast: isLast, isReady: { _, _ in true }) {
            for index in 0..<batch.lines.count {
                lines.append(String(decoding: batch.lines.lineArena[batch.lines.lineRange(index)], as: UTF8.self))
                streams.insert(batch.lines.labels(Int(batch.lines.entryStreams[index])).description)
            }
            if isDurable, core.markDurable(batch.marks) { checkpoint = core.makeCheckpoint().bytes }
        }
    }

    var expected: [String] { (0..<written).map { "line \($0)" } }
}
