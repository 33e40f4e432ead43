import Bytes
import Environment
import Posix
import Telemetry
import Testing

@testable import Collection

/// Rotated files as the programs that logrotate calls pack them.
@Suite("Log tailer: packed files", .enabled(if: Packer.missing == nil, "\(Packer.missing ?? "")"))
struct PackedLogTests {
    @Test("what a program packs comes out again, in pieces of any size", arguments: Packer.all)
    func roundTrip(packer: Packer) throws {
        var generator = Xoshiro256(seed: 3)
        for count in [0, 1, 1000, 70_000, 3_000_000] {
            let text = Packer.sample(count, &generator)
            let packed = try packer.pack(text)
            #expect(Packing(beginning: packed) == packer.packing)
            for piece in [1, 977, 64 << 10] where count < 100_000 || piece > 1 {
                #expect(try Packer.unpack(packed, packer.packing, piece: piece) == text, "\(count) bytes in pieces of \(piece)")
            }
        }
    }

    @Test("members in a row, with zero bytes between and behind them, are one text", arguments: Packer.all)
    func members(packer: Packer) throws {
        let members = try ["one\n", "", "two\n"].map { try packer.pack(Array($0.utf8)) }
        let packed = Array(members.joined(separator: [0, 0, 0, 0])) + [0, 0, 0, 0]
        #expect(try Packer.unpack(packed, packer.packing, piece: 5) == Array("one\ntwo\n".utf8))
    }

    @Test("of a file that ends early everything before comes out, and the end is told from a whole one", arguments: Packer.all)
    func cut(packer: Packer) throws {
        var generator = Xoshiro256(seed: 4)
        let text = Packer.sample(5000, &generator)
        let whole = try packer.pack(text)
        for length in stride(from: 0, to: whole.count, by: 7) {
            let file = PackedFile(BytesFile(Array(whole[..<length])), path: "cut")
            var read: [UInt8] = []
            do throws(FileError) {
                while try file.read(at: Int64(read.count), count: 700, into: &read) > 0 {}
                #expect(length == 0, "cut to \(length)")
            } catch {
                #expect(error.cause == .io)
            }
            #expect(text.starts(with: read))
        }
    }

    @Test("damaged and foreign bytes are errors, never a crash or a loop", arguments: Packer.all)
    func damage(packer: Packer) throws {
        var generator = Xoshiro256(seed: 5)
        let whole = try packer.pack(Packer.sample(3000, &generator))
        for _ in 0..<600 {
            var bytes = whole
            for _ in 0...generator.next(below: 3) { bytes[generator.next(below: bytes.count)] = UInt8(truncatingIfNeeded: generator.next()) }
            let unpacked = try? Packer.unpack(bytes, packer.packing, piece: 500)
            #expect(unpacked?.count ?? 0 < 1 << 20)
        }
        let noise = whole.prefix(6) + (0..<300).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        #expect(throws: CorruptBytes.self) { try Packer.unpack(Array(noise), packer.packing, piece: 64) }
        #expect(throws: CorruptBytes.self) { try Packer.unpack(whole + Array("trailing words".utf8), packer.packing, piece: 64) }
    }

    @Test("a bomb comes out in pieces: no read holds more than it was asked for", arguments: Packer.all)
    func bomb(packer: Packer) throws {
        let count = 200 << 20
        let packed = try packer.pack(zeros: count)
        #expect(packed.count < count / 900)
        let file = PackedFile(BytesFile(packed), path: "bomb")
        var (offset, piece): (Int64, [UInt8]) = (0, [])
        let before = try MemoryPeak.now()
        while true {
            piece.removeAll(keepingCapacity: true)
            if try file.read(at: offset, count: 256 << 10, into: &piece) == 0 { break }
            offset += Int64(piece.count)
            #expect(piece.count <= 256 << 10)
        }
        #expect(offset == Int64(count))
        #expect(try MemoryPeak.now() - before < 64 << 20)
    }

    @Test(
        "what would need more than 128 MB to be unpacked is damaged",
        arguments: [("zstd", ["--ultra", "--long=30"]), ("xz", ["--lzma2=dict=512MiB"])])
    func hungry(program: String, options: [String]) throws {
        var generator = Xoshiro256(seed: 6)
        let packer = Packer.all.first { $0.program == program }!
        // zstd writes the window that it was asked for when it does not know how much comes.
        let packed = try packer.pack(Packer.sample(5000, &generator), options: options)
        #expect(throws: CorruptBytes.self) { try Packer.unpack(packed, packer.packing, piece: 64 << 10) }
    }

    // MARK: In the tailer

    @Test("a rotated file is read on where it was left when it was packed, and not again", arguments: Packer.all)
    func resumes(packer: Packer) throws {
        var tail = try TailFixture()
        try tail.write(4000)
        // Some of it was durable before the kill.
        let now = TailCore.Moment(time: Timestamp(seconds: 1_700_000_000), monotonic: 1)
        tail.core.discover(tail.files, now: now)
        let read = tail.core.read(limit: 100_000, now: now, isReady: { _, _ in true })
        let first = try #require(read)
        tail.lines = (0..<first.lines.count).map { String(decoding: first.lines.lineArena[first.lines.lineRange($0)], as: UTF8.self) }
        _ = tail.core.markDurable(first.marks)
        tail.checkpoint = tail.core.makeCheckpoint().bytes
        let rotated = tail.path + ".20261124-010000.000000001"
        try tail.files.rename(tail.path, to: rotated)
        try packer.replace(rotated, in: tail)
        try tail.write(2)
        // The checkpoint of the packed file lies inside it at the second restart.
        for _ in 0..<3 {
            tail.restart()
            tail.poll(limit: 60_000)
        }
        #expect(first.lines.count < 4000 && tail.lines == tail.expected)
    }

    @Test("the name does not have to say which program packed a file", arguments: Packer.all)
    func foreignNames(packer: Packer) throws {
        var tail = try TailFixture()
        try tail.write(10)
        tail.poll()
        try tail.write(5)
        let rotated = tail.path + ".20261124-010000.000000001"
        try tail.files.rename(tail.path, to: rotated)
        try packer.replace(rotated, in: tail, suffix: ".gz")
        tail.restart()
        for _ in 0..<2 { tail.poll() }
        #expect(tail.lines == tail.expected)
    }

    @Test("a packed file is left alone while its original is there, and waited for while it grows", arguments: Packer.all)
    func halves(packer: Packer) throws {
        var tail = try TailFixture()
        try tail.write(40)
        let rotated = tail.path + ".20261124-010000.000000001"
        try tail.files.rename(tail.path, to: rotated)
        let packed = try packer.pack(try tail.files.contents(rotated))
        try tail.append(Array(packed[..<(packed.count / 2)]), to: rotated + packer.suffix)
        tail.poll(limit: 300)
        #expect(tail.lines == tail.expected)
        // It was down when the original went, and the packed one is not whole.
        tail.checkpoint = []
        tail.lines = []
        tail.restart()
        try tail.files.removeFile(rotated)
        try tail.write(3)
        tail.poll()
        try tail.append(Array(packed[(packed.count / 2)...]), to: rotated + packer.suffix)
        tail.poll()
        #expect(tail.lines == tail.expected && tail.core.counts.damagedFiles == 0)
    }
}
