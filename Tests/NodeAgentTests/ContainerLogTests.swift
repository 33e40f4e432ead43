import Bytes
import ClusterAPI
import Environment
import Testing

@testable import NodeAgent

@Suite("Logs of containers")
struct ContainerLogTests {
    static let now = Timestamp(rfc3339: "2026-11-24T12:00:10Z")!
    static let path = "/pods/default_p_u/main/0.log"

    /// Ten lines, one a second; the first four in a rotated file, line 5 in two parts.
    func files() throws -> MemoryFileSystem {
        let files = MemoryFileSystem()
        try files.createDirectory("/pods/default_p_u/main")
        func write(_ path: String, _ seconds: ClosedRange<Int>) throws {
            var text = ""
            for second in seconds {
                if second == 5 { text += "2026-11-24T12:00:05.000000000Z stdout P li\n2026-11-24T12:00:05.000000001Z stdout F ne 5\n" } else {
                    text += "2026-11-24T12:00:0\(second).000000000Z \(second % 2 == 0 ? "stdout" : "stderr") F line \(second)\n"
                }
            }
            let file = try files.open(path, .readWrite)
            try file.write(Array(text.utf8).span, at: 0)
        }
        try write(Self.path + ".20261124-120003.000000000", 0...3)
        try write(Self.path, 4...9)
        return files
    }

    func read(_ files: MemoryFileSystem, _ fill: (inout LogOptions) -> Void = { _ in }) throws -> String {
        var options = LogOptions()
        fill(&options)
        var cursor = try ContainerLogCursor(Self.path, options, now: Self.now, files: files)
        var text: [UInt8] = []
        while case .bytes(let bytes) = try cursor.step() { text += bytes }
        return String(decoding: text, as: UTF8.self)
    }

    func lines(_ numbers: ClosedRange<Int>) -> String { numbers.map { "line \($0)\n" }.joined() }

    @Test("all files in order, times and tags gone, parts joined")
    func all() throws { #expect(try read(files()) == lines(0...9)) }

    @Test("the last lines, over as many files as it takes", arguments: [0, 1, 5, 6, 8, 10, 50])
    func tail(count: Int) throws {
        let text = try read(files()) { $0.tailLines = count }
        #expect(text == (count == 0 ? "" : lines(max(0, 10 - count)...9)))
    }

    @Test("lines since a time, and since so many seconds ago")
    func since() throws {
        #expect(try read(files()) { $0.sinceSeconds = 3 } == lines(7...9))
        #expect(try read(files()) { $0.sinceTimeNanoseconds = Timestamp(rfc3339: "2026-11-24T12:00:05Z")!.nanoseconds } == lines(5...9))
    }

    @Test("with times, once a line")
    func timestamps() throws {
        let text = try read(files()) {
            $0.timestamps = true
            $0.tailLines = 5
        }
        #expect(text.hasPrefix("2026-11-24T12:00:05.000000000Z line 5\n2026-11-24T12:00:06.000000000Z line 6\n"))
    }

    @Test("a limit of bytes cuts")
    func limit() throws { #expect(try read(files()) { $0.limitBytes = 10 } == "line 0\nlin") }

    @Test("a log that is rotated while it is followed goes on in the next file")
    func rotation() throws {
        let files = try files()
        var cursor = try ContainerLogCursor(Self.path, LogOptions(), now: Self.now, files: files)
        while case .bytes = try cursor.step() {}
        try files.rename(Self.path, to: Self.path + ".20261124-120009.000000000")
        let file = try files.open(Self.path, .readWrite)
        try file.write(Array("2026-11-24T12:00:11.000000000Z stdout F after\n".utf8).span, at: 0)
        try cursor.followRotation()
        guard case .bytes(let bytes) = try cursor.step() else { return #expect(Bool(false), "there is more") }
        #expect(String(decoding: bytes, as: UTF8.self) == "after\n")
    }
}
