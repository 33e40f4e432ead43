import Testing

@testable import Bytes

@Suite("Compression")
struct CompressionTests {
    enum Codec: String, CaseIterable, Sendable {
        case lz4, zstd, zstdFast, snappy, gzip, zlib

        func compress(_ bytes: [UInt8]) -> [UInt8] {
            switch self {
            case .lz4: LZ4.compress(bytes)
            case .zstd: ZSTD.compress(bytes)
            case .zstdFast: ZSTD.compress(bytes, level: 1)
            case .snappy: Snappy.compress(bytes)
            case .gzip: Gzip.compress(bytes)
            case .zlib: Zlib.compress(bytes, level: 1)
            }
        }

        /// Decompresses what should be `count` bytes.
        func decompress(_ bytes: [UInt8], count: Int) throws(CorruptBytes) -> [UInt8] {
            switch self {
            case .lz4: try LZ4.decompress(bytes, count: count)
            case .zstd: try ZSTD.decompress(bytes, count: count)
            case .zstdFast: try ZSTD.decompress(bytes, limit: count)
            case .snappy: try Snappy.decompress(bytes, limit: count)
            case .gzip: try Gzip.decompress(bytes, limit: count)
            case .zlib: try Zlib.decompress(bytes, limit: count)
            }
        }
    }

    static func sample(_ count: Int, _ random: inout Xoshiro256) -> [UInt8] {
        let words = ["error ", "level=info ", "pod-17 ", "GET /api ", "é", "\u{0}", "200\n"]
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += words[random.next(below: words.count)].utf8 }
        return Array(bytes[..<count])
    }

    @Test("what goes in comes out", arguments: Codec.allCases)
    func roundTrip(codec: Codec) throws {
        var random = Xoshiro256(seed: 11)
        for count in [0, 1, 2, 15, 100, 4096, 65_536, 65_537, 300_000] {
            let bytes = Self.sample(count, &random)
            #expect(try codec.decompress(codec.compress(bytes), count: count) == bytes, "\(count) bytes")
        }
    }

    @Test("output is appended, and a failed call leaves it as it was", arguments: Codec.allCases)
    func appending(codec: Codec) throws {
        var output: [UInt8] = [1, 2, 3]
        LZ4.compress([9, 9].span, into: &output)
        #expect(output.starts(with: [1, 2, 3]))
        var kept: [UInt8] = [7]
        #expect(throws: CorruptBytes.self) { try Snappy.decompress([5, 0, 0].span, limit: 10, into: &kept) }
        #expect(throws: CorruptBytes.self) { try ZSTD.decompress([5, 0, 0].span, count: 10, into: &kept) }
        #expect(throws: CorruptBytes.self) { try ZSTD.decompress([5, 0, 0].span, limit: 10, into: &kept) }
        #expect(throws: CorruptBytes.self) { try Gzip.decompress([5, 0, 0].span, limit: 10, into: &kept) }
        #expect(throws: CorruptBytes.self) { try LZ4.decompress([5, 0, 0].span, count: 10, into: &kept) }
        #expect(kept == [7])
    }

    @Test("more than the limit is refused", arguments: Codec.allCases)
    func limit(codec: Codec) {
        let bomb = codec.compress([UInt8](repeating: 0, count: 1 << 20))
        #expect(throws: CorruptBytes.self) { try codec.decompress(bomb, count: 1000) }
    }

    @Test("a Snappy head that promises gigabytes gets no memory")
    func snappyPromise() {
        var lie = ByteWriter()
        lie.appendVarint(4_000_000_000)
        lie.append(0)
        #expect(throws: CorruptBytes.self) { try Snappy.decompress(lie.bytes, limit: .max) }
        #expect(throws: CorruptBytes.self) { try Snappy.decompress(lie.bytes, limit: 1 << 20) }
    }

    @Test("members of gzip in a row count as one")
    func gzipMembers() throws {
        let two = Gzip.compress([1, 2]) + Gzip.compress([3])
        #expect(try Gzip.decompress(two, limit: 10) == [1, 2, 3])
    }

    @Test("a deflate stream without zlib's wrapper is read as well")
    func rawDeflate() throws {
        // `hello hello hello` from a raw encoder, fixed codes: RFC 1951.
        let raw: [UInt8] = [0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x90, 0x00]
        #expect(try Zlib.decompress(raw, limit: 100) == Array("hello hello hello".utf8))
        #expect(throws: CorruptBytes.self) { try Zlib.decompress(raw, limit: 5) }
        for length in 1..<raw.count { #expect(throws: CorruptBytes.self, "\(length)") { try Zlib.decompress(Array(raw[..<length]), limit: 100) } }
    }

    @Test("damaged and cut input never crashes", arguments: Codec.allCases)
    func fuzz(codec: Codec) {
        var random = Xoshiro256(seed: 12)
        let whole = codec.compress(Self.sample(3000, &random))
        for _ in 0..<1500 {
            var bytes = whole
            for _ in 0...random.next(below: 3) { bytes[random.next(below: bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
            if random.next(below: 2) == 0 { bytes.removeLast(random.next(below: bytes.count)) }
            if let result = try? codec.decompress(bytes, count: 3000) { #expect(result.count <= 3000) }
        }
        for _ in 0..<500 {
            let noise = (0..<random.next(below: 60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = try? codec.decompress(noise, count: 100)
        }
    }

    /// The elements of a Snappy block, one byte after the other as the format describes them; nil when it is damaged.
    private static func plainSnappy(_ block: [UInt8]) -> [UInt8]? {
        var offset = 0
        guard let count = Varint.decode(block.span, at: &offset, end: block.count), count <= 1 << 20 else { return nil }
        func number(_ bytes: Int) -> Int? {
            guard bytes <= block.count - offset else { return nil }
            defer { offset += bytes }
            return (0..<bytes).reduce(0) { $0 | Int(block[offset + $1]) << (8 * $1) }
        }
        var output: [UInt8] = []
        while offset < block.count {
            let tag = Int(block[offset])
            offset += 1
            if tag & 3 == 0 {
                var length = tag >> 2
                if length >= 60 {
                    guard let long = number(length - 59) else { return nil }
                    length = long
                }
                guard length + 1 <= block.count - offset else { return nil }
                output += block[offset...offset + length]
                offset += length + 1
            } else {
                guard let low = number([1, 2, 4][tag & 3 - 1]) else { return nil }
                let (length, distance) = tag & 3 == 1 ? ((tag >> 2) & 7 + 4, (tag >> 5) << 8 | low) : (tag >> 2 + 1, low)
                guard distance > 0, distance <= output.count else { return nil }
                for _ in 0..<length { output.append(output[output.count - distance]) }
            }
            guard output.count <= Int(count) else { return nil }
        }
        return output.count == Int(count) ? output : nil
    }

    private static func checkSnappy(_ block: [UInt8], _ comment: Comment? = nil) {
        let expected = plainSnappy(block)
        #expect((try? Snappy.decompress(block, limit: 1 << 20)) == expected, comment)
        var over: [UInt8] = [1, 2, 3]
        let count = try? Snappy.decompress(block.span, limit: 1 << 20, over: &over)
        #expect(count.map { Array(over[..<$0]) } == expected, comment)
    }

    @Test("Snappy is read as its format has it, element by element, whole and damaged", arguments: [1, 2, 3])
    func snappyElements(seed: UInt64) {
        var random = Xoshiro256(seed: seed)
        for _ in 0..<600 {
            // Elements of every kind, near both ends and far from them.
            var elements: [UInt8] = []
            var count = 0
            for _ in 0..<random.next(below: 40) {
                let kind = count == 0 ? 0 : random.next(below: 4)
                if kind == 0 {
                    let length = [1, 3, 16, 17, 60, 61, 64, 300][random.next(below: 8)]
                    if length <= 60 {
                        elements.append(UInt8((length - 1) << 2))
                    } else {
                        elements += [61 << 2, UInt8((length - 1) & 255), UInt8((length - 1) >> 8)]
                    }
                    elements += (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                    count += length
                } else {
                    let distance = min(count, [1, 2, 7, 15, 16, 17, 63, 200, 2000, 40_000][random.next(below: 10)])
                    let length = kind == 1 ? 4 + random.next(below: 8) : 1 + random.next(below: 64)
                    let near = distance & 2047
                    switch kind {
                    case 1: elements += [UInt8(1 | (length - 4) << 2 | (near >> 8) << 5), UInt8(near & 255)]
                    case 2: elements += [UInt8(2 | (length - 1) << 2), UInt8(distance & 255), UInt8(distance >> 8)]
                    default: elements += [UInt8(3 | (length - 1) << 2), UInt8(distance & 255), UInt8(distance >> 8), 0, 0]
                    }
                    count += length
                }
            }
            var block: [UInt8] = []
            Varint.append(UInt64(count), to: &block)
            block += elements
            // A block that promises more than 64 times its bytes is a lie; the shortest copies make that.
            Self.checkSnappy(block)
            if block.count < 2 { continue }
            for _ in 0..<4 {
                var damaged = block
                damaged[random.next(below: damaged.count)] ^= UInt8(1 << random.next(below: 8))
                if random.next(below: 3) == 0 { damaged.removeLast(random.next(below: damaged.count)) }
                if (try? Snappy.decompressedCount(damaged)).map({ $0 <= damaged.count * 64 && $0 <= 1 << 20 }) ?? false {
                    Self.checkSnappy(damaged)
                }
            }
        }
        let text = Self.sample(200_000, &random)
        Self.checkSnappy(Snappy.compress(text), "what the library makes")
    }

    @Test("a long Snappy block made piece by piece is one block, and is given up when it is told so")
    func snappyPieces() throws {
        struct GivenUp: Error {}
        var random = SplitMix64(seed: 3)
        for count in [0, 5, 1 << 20, 1 << 20 + 1, 3_500_000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 1000 == 0 ? random.next() : UInt64($0 >> 4)) }
            var calls = 0
            let block = Snappy.compress(bytes) { calls += 1 }
            var plain: [UInt8] = []
            try Snappy.decompress(block.span, limit: count, into: &plain)
            #expect(plain == bytes, "\(count)")
            #expect(calls == (count <= 1 << 20 ? 0 : (count + (1 << 20) - 1) >> 20), "\(count)")
            if calls > 0 { #expect(throws: GivenUp.self) { try Snappy.compress(bytes) { () throws(GivenUp) in throw GivenUp() } } }
        }
    }
}
