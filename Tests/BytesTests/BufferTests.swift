import Testing

@testable import Bytes

@Suite("Byte buffers")
struct BufferTests {
    @Test("every fixed width and both byte orders come back as written")
    func fixedWidths() throws {
        var writer = ByteWriter()
        writer.append(0xab)
        writer.appendUInt16LE(0x1234)
        writer.appendUInt16BE(0x1234)
        writer.appendUInt32LE(0xdead_beef)
        writer.appendUInt32BE(0xdead_beef)
        writer.appendUInt64LE(.max - 1)
        writer.appendUInt64BE(.max - 2)
        writer.appendInt32LE(-7)
        writer.appendInt64LE(.min)
        writer.appendDoubleLE(-0.5)
        var reader = ByteReader(writer.bytes)
        #expect(try reader.readUInt8() == 0xab)
        #expect(try reader.readUInt16LE() == 0x1234)
        #expect(try reader.readUInt16BE() == 0x1234)
        #expect(try reader.readUInt32LE() == 0xdead_beef)
        #expect(try reader.readUInt32BE() == 0xdead_beef)
        #expect(try reader.readUInt64LE() == .max - 1)
        #expect(try reader.readUInt64BE() == .max - 2)
        #expect(try reader.readInt32LE() == -7)
        #expect(try reader.readInt64LE() == .min)
        #expect(try reader.readDoubleLE() == -0.5)
        #expect(reader.isAtEnd)
        #expect(throws: CorruptBytes.self) { try reader.readUInt8() }
    }

    @Test(
        "a varint takes its predicted length and comes back",
        arguments: [0, 1, 127, 128, 16383, 16384, 1 << 35, UInt64(Int64.max), .max] as [UInt64])
    func varints(value: UInt64) throws {
        var writer = ByteWriter()
        writer.appendVarint(value)
        #expect(writer.count == Varint.encodedLength(value))
        var reader = ByteReader(writer.bytes)
        #expect(try reader.readVarint() == value)
        var short = ByteReader(writer.bytes, range: 0..<(writer.count - 1))
        #expect(throws: CorruptBytes.self) { try short.readVarint() }
        #expect(short.offset == 0)
        #expect(Varint.unzigzag(Varint.zigzag(Int64(bitPattern: value))) == Int64(bitPattern: value))
    }

    @Test("a varint that runs past 64 bits is refused")
    func overlongVarint() {
        var reader = ByteReader([UInt8](repeating: 0xff, count: 9) + [0x02])
        #expect(throws: CorruptBytes.self) { try reader.readVarint() }
    }

    @Test("a length prefix that promises more than there is names both counts")
    func lengthPrefix() throws {
        var writer = ByteWriter()
        writer.appendLengthPrefixed("skysail")
        writer.appendLengthPrefixed([1, 2, 3])
        var reader = ByteReader(writer.bytes)
        #expect(try reader.readLengthPrefixedString() == "skysail")
        #expect(try reader.readLengthPrefixed() == 9..<12)
        var cut = ByteReader(writer.bytes, range: 0..<5)
        let error = #expect(throws: CorruptBytes.self) { try cut.readLengthPrefixed() }
        #expect(error?.description == "cannot read length-prefixed bytes at byte 0: 7 bytes, but only 5 are left")
    }

    @Test("a patch fills in what was written before")
    func patch() {
        var writer = ByteWriter()
        writer.appendUInt32LE(0)
        writer.append(9)
        writer.patchUInt32LE(0x0403_0201, at: 0)
        #expect(writer.bytes == [1, 2, 3, 4, 9])
    }
}

@Suite("Checksums and hashes")
struct ChecksumTests {
    @Test("CRC-32C gives the vectors of RFC 3720")
    func vectors() {
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(CRC32C.checksum([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(CRC32C.checksum([UInt8](0..<32)) == 0x46dd_794e)
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xe306_9283)
    }

    @Test("instruction and table agree, and a checksum continues over a cut")
    func agreement() {
        var random = Xoshiro256(seed: 1)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let whole = CRC32C.checksum(bytes)
            #expect(whole == CRC32C.portableChecksum(bytes))
            let cut = length / 3
            #expect(CRC32C.checksum(bytes, range: cut..<length, seed: CRC32C.checksum(bytes[..<cut])) == whole)
        }
    }

    @Test("the hash never changes: vectors of docs/formats/hash64.md")
    func hashVectors() {
        for (text, hash) in Self.vectors { #expect(Hash64.hash(text) == hash, "\(text)") }
    }

    static let vectors: [(String, UInt64)] = [
        ("", 0x64b9_8979_6c0b_7faa),
        ("a", 0xe7b2_88d1_4809_3958),
        ("abc", 0xb984_0e16_fd35_9fb5),
        ("pod", 0x3992_79f3_03ea_6c7b),
        ("container", 0x8aea_502f_cc95_6661),
        ("0123456789abcdef", 0xa9f5_7ded_eb90_c4bd),
        ("0123456789abcdef0", 0x4c1e_dcaf_a799_507d),
        (String(repeating: "x", count: 48), 0x5de2_333c_c130_4b72),
        (String(repeating: "skysail", count: 30), 0x2132_1453_7d9c_9d7d),
    ]

    @Test("changing any bit changes about half of the hash")
    func avalanche() {
        var random = Xoshiro256(seed: 2)
        for length in [1, 3, 4, 8, 15, 16, 17, 33, 48, 49, 96, 97, 200, 300] {
            var bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let original = Hash64.hash(bytes)
            var flipped = 0
            for bit in 0..<(length * 8) {
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                flipped += (Hash64.hash(bytes) ^ original).nonzeroBitCount
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            }
            let share = Double(flipped) / Double(length * 8 * 64)
            #expect(share > 0.4 && share < 0.6, "length \(length): \(share)")
        }
    }

    @Test("a hundred thousand numbered names have a hundred thousand hashes")
    func collisions() {
        var seen: Set<UInt64> = []
        for number in 0..<100_000 { seen.insert(Hash64.hash("pod-\(number)")) }
        #expect(seen.count == 100_000)
    }

    @Test("hash of a range equals hash of its copy")
    func ranges() {
        let bytes = (0..<120).map { UInt8($0) }
        for length in 0..<100 {
            #expect(Hash64.hash(bytes, range: 7..<(7 + length)) == Hash64.hash(Array(bytes[7..<(7 + length)])))
            #expect(Hash64.hash(bytes[7..<(7 + length)]) == Hash64.hash(Array(bytes[7..<(7 + length)])))
        }
    }
}
