import Bytes
import ClusterAPI
import Environment
import Telemetry
import Testing

@testable import Collection

/// A container's log on a file system in memory, and a tailer over it.
struct TailFixture {
    let files = MemoryFileSystem()
    let layout = NodeLayout(agentDirectory: "/data/agent", cgroups: CgroupHierarchy())
    let container = ContainerIdentity(pod: PodIdentity(namespace: "default", name: "web-1", uid: "u1"), name: "main", restart: 0)
    var core: TailCore
    /// Everything that was handed over, and what is written in the checkpoint.
    var lines: [String] = []
    var streams: Set<String> = []
    var checkpoint: [UInt8] = []
    private var written = 0

    init() throws {
        core = TailCore(.init(nodeName: "n1", layout: layout), checkpoint: TailCheckpoint())
        core.setLabels(["app": "web"], podUID: "u1")
        try files.createDirectory(layout.containerDirectory(container))
    }

    var path: String { layout.logPath(container) }

    /// The tailer as it comes back after a kill.
    mutating func restart() {
        core = TailCore(.init(nodeName: "n1", layout: layout), checkpoint: TailCheckpoint(checkpoint))
        core.setLabels(["app": "web"], podUID: "u1")
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

    func record(_ text: String, tag: String = "F", stream: String = "stdout") -> String {
        "\(Timestamp(nanoseconds: 1_700_000_000_000_000_000 + Int64(written)).rfc3339(.nanoseconds)) \(stream) \(tag) \(text)\n"
    }

    func append(_ bytes: [UInt8], to path: String) throws {
        let file = try files.open(path, .readWrite)
        try file.write(bytes.span, at: try file.attributes().size)
    }

    /// One look: everything that is new is read, and durable at once unless a limit is set.
    mutating func poll(limit: Int = 1 << 20, isDurable: Bool = true) {
        core.discover(files)
        while let batch = core.read(limit: limit, isReady: { _ in true }) {
            for index in 0..<batch.lines.count {
                lines.append(String(decoding: batch.lines.lineArena[batch.lines.lineRange(index)], as: UTF8.self))
                streams.insert(batch.lines.labels(Int(batch.lines.entryStreams[index])).description)
            }
            if isDurable, core.markDurable(batch.offsets) { checkpoint = core.makeCheckpoint().bytes }
        }
    }

    var expected: [String] { (0..<written).map { "line \($0)" } }
}

@Suite("Log tailer")
struct TailCoreTests {
    @Test("lines come once, in order, under the pod's labels")
    func lines() throws {
        var tail = try TailFixture()
        try tail.write(3)
        tail.poll()
        tail.poll()
        try tail.write(2)
        tail.poll()
        #expect(tail.lines == tail.expected)
        #expect(tail.streams == [#"{app="web",container="main",namespace="default",node="n1",pod="web-1",stream="stdout"}"#])
    }

    @Test("a restart goes on at the checkpoint; lines that were not durable come again, none is lost")
    func restart() throws {
        var tail = try TailFixture()
        try tail.write(5)
        tail.poll()
        try tail.write(3)
        tail.poll(isDurable: false)
        tail.restart()
        try tail.write(2)
        tail.poll()
        #expect(tail.lines == tail.expected.prefix(8) + tail.expected.suffix(5))
    }

    @Test("parts of a long line are joined, each stream for itself, also over a restart between them")
    func parts() throws {
        var tail = try TailFixture()
        try tail.append(Array(tail.record("one ", tag: "P").utf8), to: tail.path)
        try tail.append(Array(tail.record("error", stream: "stderr").utf8), to: tail.path)
        tail.poll()
        #expect(tail.lines == ["error"])
        tail.restart()
        try tail.append(Array(tail.record("line").utf8), to: tail.path)
        tail.poll()
        #expect(tail.lines.last == "one line")
    }

    @Test("half a record waits for its other half")
    func torn() throws {
        var tail = try TailFixture()
        let bytes = Array(tail.record("whole").utf8)
        try tail.append(Array(bytes[..<20]), to: tail.path)
        tail.poll()
        #expect(tail.lines.isEmpty)
        try tail.append(Array(bytes[20...]), to: tail.path)
        tail.poll()
        #expect(tail.lines == ["whole"])
    }

    @Test("a rotation by rename loses nothing, also when it happens between two looks or while the tailer is down")
    func rename() throws {
        var tail = try TailFixture()
        try tail.write(3)
        tail.poll()
        try tail.write(2)
        try tail.files.rename(tail.path, to: tail.path + ".20261124-010000.000000001")
        try tail.write(2)
        tail.poll()
        try tail.write(1)
        try tail.files.rename(tail.path, to: tail.path + ".20261124-020000.000000001")
        try tail.write(2)
        tail.restart()
        tail.poll()
        #expect(tail.lines == tail.expected)
    }

    @Test("a rotated file that is removed is still read to its end")
    func removed() throws {
        var tail = try TailFixture()
        try tail.write(2)
        tail.poll()
        try tail.write(3)
        try tail.files.removeFile(tail.path)
        try tail.write(2)
        tail.poll()
        #expect(tail.lines == tail.expected)
        tail.poll()
        tail.poll()
        #expect(TailCheckpoint(tail.core.makeCheckpoint().bytes).entries.count == 1)
    }

    @Test("copy and truncate: the copy brings what the original still had, once")
    func copyTruncate() throws {
        var tail = try TailFixture()
        try tail.write(4)
        tail.poll()
        try tail.write(3)
        try tail.append(try tail.files.contents(tail.path), to: tail.path + ".1")
        let file = try tail.files.open(tail.path, .readWrite)
        try file.truncate(to: 0)
        try tail.write(2)
        tail.poll()
        tail.poll()
        #expect(tail.lines.sorted() == tail.expected.sorted())
        #expect(Set(tail.lines).count == tail.lines.count)
    }

    @Test("a copy that is seen before the original is cut is not read twice")
    func copyBeforeCut() throws {
        var tail = try TailFixture()
        try tail.write(4)
        tail.poll()
        try tail.append(try tail.files.contents(tail.path), to: tail.path + ".1")
        tail.poll()
        #expect(tail.lines == tail.expected)
        let file = try tail.files.open(tail.path, .readWrite)
        try file.truncate(to: 0)
        tail.poll()
        try tail.write(2)
        tail.poll()
        #expect(tail.lines == tail.expected)
    }

    @Test("a new run of the container is a new file of the same streams")
    func runs() throws {
        var tail = try TailFixture()
        try tail.write(2)
        tail.poll()
        let next = tail.layout.logPath(ContainerIdentity(pod: tail.container.pod, name: "main", restart: 1))
        try tail.write(2, to: next)
        tail.poll()
        #expect(tail.lines == tail.expected)
        #expect(tail.streams.count == 1)
    }

    @Test("what is no record is counted and passed over; any bytes may stand in a line")
    func odd() throws {
        var tail = try TailFixture()
        try tail.append(Array("not a record\n".utf8), to: tail.path)
        try tail.append(Array(tail.record("x \u{1}\u{7f} ü").utf8), to: tail.path)
        tail.poll()
        #expect(tail.lines == ["x \u{1}\u{7f} ü"])
        #expect(tail.core.oddLines == 1)
    }

    @Test("a damaged checkpoint means that everything is read again")
    func damaged() throws {
        var tail = try TailFixture()
        try tail.write(3)
        tail.poll()
        tail.checkpoint = Array(tail.checkpoint.dropLast(5))
        tail.restart()
        tail.poll()
        #expect(tail.lines == tail.expected + tail.expected)
    }

    /// Writes, rotations both ways, restarts and delayed durability in any order: every line arrives, in the order of its file.
    @Test("by seed: no line is lost, whatever happens in whatever order", arguments: 1...60)
    func seeds(seed: Int) throws {
        var generator = Xoshiro256(seed: UInt64(seed))
        var tail = try TailFixture()
        var rotations = 0
        var restarts = 0
        for _ in 0..<60 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0...4: try tail.write(Int.random(in: 1...20, using: &generator))
            case 5, 6: tail.poll(limit: Int.random(in: 100...4000, using: &generator))
            case 7 where tail.files.exists(tail.path):
                rotations += 1
                try tail.files.rename(tail.path, to: tail.path + ".20261124-\(1000 + rotations).000000000")
            case 8:
                restarts += 1
                tail.poll(isDurable: false)
                tail.restart()
            default: tail.poll(isDurable: Bool.random(using: &generator))
            }
        }
        tail.poll()
        tail.poll()
        let missing = Set(tail.expected).subtracting(tail.lines)
        #expect(missing.isEmpty, "seed \(seed) lost \(missing.count) lines after \(rotations) rotations and \(restarts) restarts")
        if restarts == 0 { #expect(tail.lines == tail.expected, "seed \(seed)") }
    }
}
