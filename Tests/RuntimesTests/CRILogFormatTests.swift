import Bytes
import Testing

@testable import Runtimes

@Suite("CRI log format")
struct CRILogFormatTests {
    static let noon = Timestamp(rfc3339: "2026-11-24T12:00:00.5Z")!

    func records(_ chunks: [(String, CRILogFormat.Stream)], finish: Bool = true, now: Timestamp = noon) -> [String] {
        var format = CRILogFormat()
        var output: [UInt8] = []
        for (text, stream) in chunks { format.append(Array(text.utf8)[...], from: stream, now: now, to: &output) }
        if finish { for stream in CRILogFormat.Stream.allCases { format.finish(stream, now: now, to: &output) } }
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("a line becomes a record with nine digits, its stream and F")
    func line() {
        #expect(records([("hello world\n", .stdout)]) == ["2026-11-24T12:00:00.500000000Z stdout F hello world"])
    }

    @Test("lines in one moment get rising times")
    func rising() {
        #expect(
            records([("a\nb\n", .stdout), ("c\n", .stderr)]) == [
                "2026-11-24T12:00:00.500000000Z stdout F a",
                "2026-11-24T12:00:00.500000001Z stdout F b",
                "2026-11-24T12:00:00.500000002Z stderr F c",
            ])
    }

    @Test("a clock that jumps back does not take the times with it")
    func backwards() {
        var format = CRILogFormat()
        var output: [UInt8] = []
        format.append(Array("a\n".utf8)[...], from: .stdout, now: Self.noon, to: &output)
        format.append(Array("b\n".utf8)[...], from: .stdout, now: Self.noon - .seconds(60), to: &output)
        #expect(String(decoding: output, as: UTF8.self).contains("00.500000001Z stdout F b"))
    }

    @Test("an empty line is a record, and a line in pieces is one")
    func pieces() {
        #expect(
            records([("\nab", .stdout), ("x\n", .stderr), ("cd\n", .stdout)]).map { String($0.dropFirst(31)) } == [
                "stdout F ", "stderr F x", "stdout F abcd",
            ])
    }

    @Test("a last line without newline is not lost")
    func unterminated() {
        #expect(records([("end", .stderr)]).map { String($0.dropFirst(31)) } == ["stderr F end"])
    }

    @Test("a line of 40,000 bytes is split at 16 KiB, the last part full", arguments: [40_000, 16_384, 16_385, 32_768])
    func split(length: Int) {
        let text = String(repeating: "x", count: length)
        let parts = records([(text + "\n", .stdout)])
        var counts: [Int] = []
        for (index, part) in parts.enumerated() {
            #expect(part.dropFirst(31).hasPrefix(index == parts.count - 1 ? "stdout F " : "stdout P "))
            counts.append(part.utf8.count - 31 - 9)
        }
        #expect(counts.reduce(0, +) == length)
        #expect(counts.allSatisfy { $0 <= 16_384 && $0 > 0 })
    }
}
