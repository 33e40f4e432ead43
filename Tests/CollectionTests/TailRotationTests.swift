import Bytes
import ClusterAPI
import Environment
import Posix
import Telemetry
import Testing

@testable import Collection

@Suite("Log tailer: rotation")
struct TailRotationTests {
    @Test("a packed file is read to its end when the tailer was behind, and not again")
    func packed() throws {
        var tail = try TailFixture()
        try tail.write(40)
        tail.poll()
        try tail.write(30)
        let rotated = tail.path + ".20261124-010000.000000001"
        try tail.files.rename(tail.path, to: rotated)
        try tail.pack(rotated)
        try tail.write(2)
        // It was down while the file was renamed and packed.
        tail.restart()
        tail.poll()
        #expect(tail.lines == tail.expected)
        tail.poll()
        tail.restart()
        tail.poll()
        #expect(tail.lines == tail.expected)
    }

    @Test("a packed file that was never seen before it was packed is read from its beginning")
    func packedUnseen() throws {
        var tail = try TailFixture()
        try tail.write(40)
        tail.poll()
        for number in 1...3 {
            let rotated = tail.path + ".20261124-01000\(number).000000001"
            try tail.files.rename(tail.path, to: rotated)
            try tail.write(25)
            try tail.pack(rotated)
        }
        tail.restart()
        tail.poll()
        #expect(tail.lines == tail.expected)
    }

    @Test("packing while the tailer runs brings nothing twice")
    func packedWhileRunning() throws {
        var tail = try TailFixture()
        try tail.write(40)
        tail.poll(limit: 300)
        let rotated = tail.path + ".20261124-010000.000000001"
        try tail.files.rename(tail.path, to: rotated)
        try tail.write(5)
        try tail.pack(rotated, keepsOriginal: true)
        tail.poll(limit: 300)
        try tail.files.removeFile(rotated)
        tail.poll()
        tail.poll()
        tail.restart()
        tail.poll()
        #expect(tail.lines == tail.expected)
    }

    @Test("of a damaged packed file comes what lies before the damage, and nothing behind it waits")
    func damagedPacked() throws {
        var tail = try TailFixture()
        try tail.write(2000)
        let rotated = tail.path + ".20261124-010000.000000001"
        try tail.files.rename(tail.path, to: rotated)
        try tail.pack(rotated)
        try tail.cut(rotated + ".gz", to: try tail.files.attributes(rotated + ".gz")!.size / 2)
        try tail.write(3)
        tail.poll()
        #expect(tail.core.counts.damagedFiles == 0, "it may still be written")
        tail.wait(10)
        for _ in 0..<3 { tail.poll() }
        #expect(tail.lines.suffix(3) == tail.expected.suffix(3))
        #expect(tail.lines.count > 500 && tail.lines.count < 2000)
        #expect(tail.lines.dropLast(3) == tail.expected.prefix(tail.lines.count - 3))
        #expect(tail.core.counts.damagedFiles == 1)
        #expect(tail.core.takeNotices().contains { $0.contains(".gz") })
    }

    @Test("a file that shrinks is read again from its beginning: rather twice than not at all")
    func shrinks() throws {
        var tail = try TailFixture()
        try tail.write(10)
        tail.poll()
        // After the third of them.
        let ends = try tail.files.contents(tail.path).enumerated().filter { $0.element == UInt8(ascii: "\n") }.map(\.offset)
        try tail.cut(to: Int64(ends[2] + 1))
        try tail.write(5)
        tail.poll()
        #expect(Set(tail.lines).isSuperset(of: tail.expected))
    }

    @Test("a mark of what was read before a cut does not stand for what is read after it")
    func markOfBefore() throws {
        var tail = try TailFixture()
        try tail.write(20)
        let now = TailCore.Moment(time: Timestamp(seconds: 1_700_000_100), monotonic: 1)
        tail.core.discover(tail.files, now: now)
        let first = tail.core.read(limit: 1 << 20, now: now, isReady: { _, _ in true })
        let before = try #require(first)
        try tail.cut()
        try tail.write(20)
        let second = tail.core.read(limit: 1 << 20, now: now, isReady: { _, _ in true })
        let after = try #require(second)
        #expect(after.lines.count == 20)
        // The lines of after were lost with the process before they were durable.
        _ = tail.core.markDurable(before.marks)
        tail.checkpoint = tail.core.makeCheckpoint().bytes
        tail.restart()
        tail.poll()
        #expect(tail.lines == tail.expected.suffix(20))
    }

    @Test("an inode that is used again is another file")
    func inodeReuse() throws {
        var tail = try TailFixture()
        try tail.write(3)
        tail.poll()
        // The checkpoint's inode belongs to another file after the restart: its beginning gives it away.
        var checkpoint = TailCheckpoint(tail.checkpoint)
        try tail.files.removeFile(tail.path)
        try tail.write(4)
        checkpoint.entries[0].key?.inode = try tail.files.attributes(tail.path)!.inode
        tail.checkpoint = checkpoint.bytes
        tail.restart()
        tail.poll()
        #expect(tail.lines == tail.expected)
    }

    @Test("files without a name are let go when they hold too much, and what is lost with them is counted and said")
    func heldFiles() throws {
        var tail = try TailFixture()
        tail.core = TailCore(.init(nodeName: "n1", layout: tail.layout, heldBytes: 2000), checkpoint: TailCheckpoint())
        for number in 0..<5 {
            try tail.write(20)
            tail.core.discover(tail.files, now: .init(time: Timestamp(seconds: 1_700_000_000 + Int64(number)), monotonic: 0))
            try tail.files.removeFile(tail.path)
        }
        tail.poll()
        #expect(tail.core.counts.lostBytes > 1000)
        #expect(tail.core.takeNotices().contains { $0.contains("lost") })
        #expect(!tail.lines.isEmpty && tail.lines == tail.expected.suffix(tail.lines.count))
    }

    // MARK: Files that are not the cluster's

    @Test("files are found by pattern, and their rotations belong to them")
    func sources() throws {
        let source = try FileSource("/var/log/**/*.log;label.team=ops;multiline=java")
        var tail = try TailFixture(sources: [source])
        try tail.files.createDirectory("/var/log/app")
        try tail.append("one\ntwo\r\n", to: "/var/log/app/a.log")
        try tail.append("three\n", to: "/var/log/b.log")
        tail.poll()
        tail.wait(2)
        tail.poll()
        #expect(tail.lines == ["one", "two", "three"])
        #expect(tail.streams.contains(#"{filename="/var/log/app/a.log",node="n1",stream="stdout",team="ops"}"#))
        try tail.append("four\n", to: "/var/log/b.log")
        try tail.files.rename("/var/log/b.log", to: "/var/log/b.log.1")
        try tail.append("five\n", to: "/var/log/b.log")
        tail.restart()
        for _ in 0..<2 { tail.wait(2); tail.poll() }
        try tail.files.rename("/var/log/b.log.1", to: "/var/log/b.log.2")
        try tail.files.rename("/var/log/b.log", to: "/var/log/b.log.1")
        try tail.pack("/var/log/b.log.2")
        try tail.append("six\n", to: "/var/log/b.log")
        for _ in 0..<2 { tail.wait(2); tail.poll() }
        #expect(tail.lines == ["one", "two", "three", "four", "five", "six"])
        #expect(tail.streams.count == 2)
    }

    @Test("logs that begin alike are not taken for copies of each other")
    func sameHeader() throws {
        var tail = try TailFixture(sources: [try FileSource("/var/log/gc.log;format=raw")])
        try tail.files.createDirectory("/var/log")
        let header = String(repeating: "#", count: 1200) + "\n"
        try tail.append(header + "a\nb\n", to: "/var/log/gc.log")
        tail.poll()
        try tail.append("c\n", to: "/var/log/gc.log")
        try tail.files.rename("/var/log/gc.log", to: "/var/log/gc.log.1")
        try tail.append(header + "d\n", to: "/var/log/gc.log")
        tail.poll()
        #expect(tail.lines.filter { !$0.hasPrefix("#") } == ["a", "b", "c", "d"])
        try tail.files.rename("/var/log/gc.log.1", to: "/var/log/gc.log.2")
        try tail.files.rename("/var/log/gc.log", to: "/var/log/gc.log.1")
        try tail.append(header + "e\n", to: "/var/log/gc.log")
        tail.restart()
        tail.poll()
        #expect(tail.lines.filter { !$0.hasPrefix("#") } == ["a", "b", "c", "d", "e"])
    }

    @Test(
        "paths of kubelet and docker name their pods and containers",
        arguments: [
            ("/var/log/pods/default_web-1_u1/main/0.log", ["namespace": "default", "pod": "web-1", "container": "main"]),
            ("/var/log/containers/web-1_default_main-0123456789ab.log", ["namespace": "default", "pod": "web-1", "container": "main"]),
            ("/var/lib/docker/containers/0123456789abcdef/0123456789abcdef-json.log", ["container_id": "0123456789ab"]),
            ("/var/log/syslog", [:]),
        ])
    func pathLabels(path: String, expected: [String: String]) {
        var builder = LabelsBuilder()
        TailLabels.add(path: path, to: &builder)
        let labels = builder.labels
        for name in ["namespace", "pod", "container", "container_id"] { #expect(labels[name] == expected[name]) }
        #expect(labels["filename"] == path)
    }

    @Test(
        "patterns match as shells match",
        arguments: [
            ("*.log", "a.log", true), ("*.log", ".log", false), ("*.log", "a.log.1", false), ("a?c", "abc", true), ("a?c", "ac", false),
            ("a[0-9]", "a5", true), ("a[!0-9]", "a5", false), ("a[!0-9]", "ax", true), ("*a*b*", "xaxbx", true), ("*a*b*", "xbxa", false),
            ("[", "[", true), ("a[", "a[", true), ("[]", "[]", true), ("**", "x", true), ("", "x", false), ("*aab", "aaaaab", true),
        ])
    func globs(pattern: String, name: String, matches: Bool) {
        #expect(GlobPattern.matches(Array(name.utf8)[...], Array(pattern.utf8)[...]) == matches)
    }

    @Test(
        "what cannot be read as a source is refused with its reason",
        arguments: ["relative/*.log", "/a;format=xml", "/a;multiline=cobol", "/a;what", "/a;label.=x", "/"])
    func badSources(text: String) { #expect(throws: FileSourceError.self) { try FileSource(text) } }

    // MARK: Real files

    /// A folder of the host's file system that goes with the test.
    private static func withFolder(_ name: String, _ body: (String) throws -> Void) throws {
        let folder = "/tmp/skysail-tail-\(name)-\(UInt32.random(in: 0 ..< .max))"
        try PosixFileSystem().createDirectory(folder)
        defer { _ = try? PosixProgramRunner.runBlocking("rm", ["-rf", folder], environment: [:]) }
        try body(folder)
    }

    @Test("by seed, on real files with real gzip: a rotator, restarts and a ledger of every line", arguments: 1...12)
    func realFiles(seed: Int) throws {
        try Self.withFolder("seed") { folder in
            var generator = Xoshiro256(seed: UInt64(seed))
            var tail = try TailFixture(PosixFileSystem(), root: folder)
            let (losses, notes) = try TailRotator.run(&tail, steps: 120, &generator)
            #expect(losses.missing.isEmpty, "seed \(seed) lost \(losses.missing.count) lines, \(notes)")
            #expect(notes.undurable > 0 || losses.doubled.isEmpty, "seed \(seed) doubled \(losses.doubled.count) lines, \(notes)")
        }
    }

    @Test("a link that is pointed at another file: both files are read to their ends")
    func links() throws {
        try Self.withFolder("link") { folder in
            let source = try FileSource("\(folder)/current.log;format=raw")
            var tail = try TailFixture(PosixFileSystem(), root: folder, sources: [source])
            try tail.append("one\n", to: folder + "/a")
            _ = try PosixProgramRunner.runBlocking("ln", ["-s", folder + "/a", folder + "/current.log"], environment: [:])
            tail.poll()
            try tail.append("two\n", to: folder + "/a")
            try tail.append("three\n", to: folder + "/b")
            _ = try PosixProgramRunner.runBlocking("ln", ["-sfn", folder + "/b", folder + "/current.log"], environment: [:])
            tail.poll()
            try tail.append("four\n", to: folder + "/b")
            tail.restart()
            tail.poll()
            #expect(tail.lines == ["one", "two", "three", "four"])
        }
    }

    @Test("names that are no log's are left alone: folders, pipes, links in circles, any bytes")
    func hostileNames() throws {
        try Self.withFolder("names") { folder in
            var tail = try TailFixture(PosixFileSystem(), root: folder, sources: [try FileSource("\(folder)/in/**/*.log")])
            let container = tail.layout.containerDirectory(tail.container)
            for name in ["-1.log", "99999999999999999999.log", "0.logx", "a.log", "0.log.tmp", ".log", "0.log.xz", "\u{7f}\n.log"] {
                try tail.append("not a log\n", to: container + "/" + name)
            }
            try tail.files.createDirectory(container + "/1.log")
            try tail.files.createDirectory(folder + "/pods/no-pod/x")
            try tail.files.createDirectory(folder + "/pods/a__b/x")
            try tail.files.createDirectory(folder + "/in/deep")
            for arguments in [["mkfifo", container + "/2.log"], ["mkfifo", folder + "/in/pipe.log"], ["ln", "-s", folder + "/in", folder + "/in/deep/round"]] {
                _ = try PosixProgramRunner.runBlocking(arguments[0], Array(arguments.dropFirst()), environment: [:])
            }
            try tail.append("found\n", to: folder + "/in/deep/\u{1}\n ü.log")
            try tail.write(1)
            tail.poll()
            #expect(tail.lines.sorted() == ["found", "line 0"])
        }
    }
}
