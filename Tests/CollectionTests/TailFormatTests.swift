import Bytes
import ClusterAPI
import Environment
import Telemetry
import Testing

@testable import Collection

@Suite("Log tailer: formats, lines in parts, entries of several lines")
struct TailFormatTests {
    @Test("docker's records are read as CRI's are, and lines it has split at 16 KB are joined")
    func docker() throws {
        var tail = try TailFixture()
        func record(_ text: String, stream: String = "stdout") -> String {
            let record: JSONValue = ["log": .string(text), "stream": .string(stream), "time": .string(tail.time(1))]
            return String(decoding: record.bytes, as: UTF8.self) + "\n"
        }
        let long = String(repeating: "x", count: 16_384)
        try tail.append(record("one\n") + record(long) + record("of stderr\n", stream: "stderr") + record("end \u{1}\"ü\"\n"))
        tail.poll()
        #expect(tail.lines == ["one", "of stderr", long + "end \u{1}\"ü\""])
        #expect(tail.streams.count == 2)
        #expect(tail.core.counts.oddLines == 0)
    }

    @Test("a line whose parts lie on both sides of a rotation is one line, also when the tailer restarts between them")
    func partsOverRotation() throws {
        var tail = try TailFixture()
        try tail.write(1)
        try tail.append(tail.record("one ", tag: "P"))
        tail.poll()
        try tail.files.rename(tail.path, to: tail.path + ".20261124-010000.000000001")
        tail.restart()
        try tail.append(tail.record("line, ", tag: "P"))
        tail.poll()
        tail.restart()
        try tail.append(tail.record("whole"))
        tail.poll()
        #expect(tail.lines == ["line 0", "one line, whole"])
    }

    @Test("a line of 10 MB comes as one line; what is longer is cut into several, and no byte of it is lost")
    func longLines() throws {
        var tail = try TailFixture()
        let part = String(repeating: "y", count: 16_384)
        func write(_ parts: Int) throws {
            var text = ""
            for _ in 0..<parts { text += tail.record(part, tag: "P") }
            try tail.append(text + tail.record("end"))
        }
        try write(600)
        tail.poll()
        #expect(tail.lines.map(\.utf8.count) == [600 * 16_384 + 3])
        tail.lines = []
        try write(700)
        tail.poll()
        #expect(tail.lines.count == 2)
        #expect(tail.lines.reduce(0) { $0 + $1.utf8.count } == 700 * 16_384 + 3)
    }

    @Test("bytes without any line end do not fill the memory")
    func endless() throws {
        let source = try FileSource("/var/log/x.log;format=raw")
        var tail = try TailFixture(sources: [source])
        try tail.files.createDirectory("/var/log")
        for _ in 0..<3 { try tail.append([UInt8](repeating: 0x7a, count: 4 << 20), to: "/var/log/x.log") }
        tail.poll(limit: 16 << 20)
        #expect(tail.lines.count == 1 && tail.lines[0].utf8.count > 10 << 20)
        tail.poll(isLast: true)
        #expect(tail.lines.reduce(0) { $0 + $1.utf8.count } == 12 << 20)
    }

    @Test("a line whose program died is handed over when its last part has waited")
    func orphanedPart() throws {
        var tail = try TailFixture()
        try tail.append(tail.record("half", tag: "P"))
        tail.poll()
        #expect(tail.lines.isEmpty)
        tail.wait(61)
        tail.poll()
        #expect(tail.lines == ["half"])
        tail.restart()
        tail.poll()
        #expect(tail.lines == ["half"])
    }

    struct Trace: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var rule: String
        var lines: [String]
        /// Numbers of lines that are one entry each.
        var entries: [Int]

        init(_ name: String, _ rule: String, _ lines: [String], _ entries: [Int]) {
            (testDescription, self.rule, self.lines, self.entries) = (name, rule, lines, entries)
        }
    }

    static let java = [
        "java.lang.IllegalStateException: no answer", "\tat com.acme.Main.run(Main.java:17)", "\tat com.acme.Main.main(Main.java:5)",
        "\tSuppressed: java.io.IOException: closed", "\t\tat com.acme.Main.close(Main.java:9)", "\t\t... 1 more",
        "Caused by: java.io.IOException: reset", "\tat com.acme.Net.read(Net.java:3)", "\t... 2 more",
    ]
    static let python = [
        "Traceback (most recent call last):", "  File \"a.py\", line 1, in <module>", "    f()", "KeyError: 'x'", "",
        "During handling of the above exception, another exception occurred:", "", "Traceback (most recent call last):",
        "  File \"a.py\", line 3, in <module>", "    g()", "ValueError: bad",
    ]
    static let golang = [
        "panic: runtime error: index out of range [5] with length 3", "", "goroutine 1 [running]:", "main.run(0xc000012345, 0x5)",
        "\t/src/main.go:12 +0x1d", "main.(*Server).Serve(...)", "\t/src/main.go:8", "created by main.main", "\t/src/main.go:3 +0x20", "exit status 2",
    ]

    static let traces: [Trace] = [
        Trace("Java, between other lines", "java", ["before"] + java + ["after"], [1, 9, 1]),
        Trace("two of Java in a row", "java", java + java, [9, 9]),
        Trace("Python, chained", "python", ["before"] + python + ["after"], [1, 11, 1]),
        Trace("Go", "go", ["before"] + golang + ["2026/11/24 ready"], [1, 10, 1]),
        Trace("all three", "traces", java + golang + ["x"] + python, [9, 10, 1, 11]),
        Trace("a language that is not asked for", "go", java, java.map { _ in 1 }),
        Trace("indented lines that are no trace", "java", ["list:", "  one", "  two"], [1, 1, 1]),
        Trace("a first line by its pattern", "first-line=^\\d{4}-", ["2026-11 a", "b", " c", "2026-12 d", "e"], [3, 2]),
        Trace("no first line at all", "first-line=^\\d{4}-", ["b", "c"], [2]),
    ]

    @Test("stack traces are one entry each, by the pod's annotation", arguments: traces)
    func multiline(_ trace: Trace) throws {
        var tail = try TailFixture()
        tail.annotations = [TailCore.annotation: trace.rule]
        tail.core.setPod("u1", labels: [:], annotations: tail.annotations)
        // The other stream of the container is not joined with it.
        for line in trace.lines { try tail.append(tail.record(line) + tail.record("other", stream: "stderr")) }
        tail.poll()
        tail.wait(2)
        tail.poll()
        let entries = tail.lines.filter { !$0.hasPrefix("other") }
        #expect(entries.map { $0.split(separator: "\n", omittingEmptySubsequences: false).count } == trace.entries)
        #expect(entries.joined(separator: "\n") == trace.lines.joined(separator: "\n"))
    }

    @Test("an entry that is not complete comes whole after a restart, and once")
    func multilineRestart() throws {
        var tail = try TailFixture()
        tail.annotations = [TailCore.annotation + "-main": "java"]
        tail.core.setPod("u1", labels: [:], annotations: tail.annotations)
        for line in Self.java.prefix(4) { try tail.append(tail.record(line)) }
        tail.poll()
        #expect(tail.lines.isEmpty)
        tail.restart()
        for line in Self.java.dropFirst(4) { try tail.append(tail.record(line)) }
        try tail.append(tail.record("next"))
        tail.poll()
        tail.poll(isLast: true)
        #expect(tail.lines == [Self.java.joined(separator: "\n"), "next"])
    }

    @Test("a rule that cannot be read is said once, and the lines come as they are")
    func badRule() throws {
        var tail = try TailFixture()
        tail.core.setPod("u2", labels: [:], annotations: [TailCore.annotation: "cobol"])
        tail.core.setPod("u2", labels: [:], annotations: [TailCore.annotation: "cobol"])
        #expect(tail.core.takeNotices().count == 1)
        #expect(throws: MultilineRuleError.self) { try MultilineRule("first-line=(") }
    }

    @Test("labels are those of the moment of reading: the cluster's at each change, of every pod label that is chosen")
    func labels() throws {
        var tail = try TailFixture()
        tail.core = TailCore(.init(nodeName: "n1", layout: tail.layout, podLabels: ["team", "acme.io/zone"]), checkpoint: TailCheckpoint())
        tail.core.setPod("u1", labels: ["app": "web", "team": "a", "acme.io/zone": "z1", "other": "x"])
        try tail.write(1)
        tail.poll()
        tail.core.setPod("u1", labels: ["app": "web", "team": "b", "acme.io/zone": "z1"])
        try tail.write(1)
        tail.poll()
        let common = #"app="web",container="main",namespace="default",node="n1",pod="web-1",stream="stdout""#
        #expect(tail.streams == [#"{acme_io_zone="z1",\#(common),team="a"}"#, #"{acme_io_zone="z1",\#(common),team="b"}"#])
    }
}
