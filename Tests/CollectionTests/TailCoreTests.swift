import Bytes
import ClusterAPI
import Environment
import Telemetry
import Testing

@testable import Collection

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
        let entries = TailCheckpoint(tail.core.makeCheckpoint().bytes).entries
        #expect(entries.filter { $0.key != nil }.count == 1)
    }

    @Test("copy and truncate: the copy brings what the original still had, once")
    func copyTruncate() throws {
        var tail = try TailFixture()
        try tail.write(4)
        tail.poll()
        try tail.write(3)
        try tail.append(try tail.files.contents(tail.path), to: tail.path + ".1")
        try tail.cut()
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
        try tail.cut()
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

    @Test("what is no record is counted and kept as text; any bytes may stand in a line")
    func odd() throws {
        var tail = try TailFixture()
        try tail.append(tail.record("x \u{1}\u{7f} ü"))
        try tail.append("not a record\n")
        try tail.append("2026-11-24T01:00:00Z stdout X what\n{\"log\": 5}\n")
        tail.poll()
        #expect(tail.lines == ["x \u{1}\u{7f} ü", "not a record", "2026-11-24T01:00:00Z stdout X what", "{\"log\": 5}"])
        #expect(tail.core.counts.oddLines == 3)
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

    /// Writes, rotations both ways, packing, restarts and delayed durability in any order: every line arrives, in the order of its file.
    @Test("by seed: no line is lost, whatever happens in whatever order", arguments: 1...80)
    func seeds(seed: Int) throws {
        var generator = Xoshiro256(seed: UInt64(seed))
        var tail = try TailFixture()
        let (losses, notes) = try TailRotator.run(&tail, steps: 80, &generator)
        #expect(losses.missing.isEmpty, "seed \(seed) lost \(losses.missing.count) lines, \(notes)")
        if notes.restarts == 0 && notes.copies == 0 { #expect(tail.lines == tail.expected, "seed \(seed), \(notes)") }
        #expect(notes.undurable > 0 || losses.doubled.isEmpty, "seed \(seed) doubled \(losses.doubled.count) lines, \(notes)")
    }
}
