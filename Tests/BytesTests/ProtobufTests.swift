import Testing

@testable import Bytes

@Suite("Protobuf")
struct ProtobufTests {
    @Test("an entry in its usual form is read in one step, any other is left whole to the general reader", arguments: 0..<300 as Range<UInt64>)
    func timedText(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let seconds = [0, 1, -1, 1_767_000_000, .max].randomElement(using: &generator)! as Int64
        let nanoseconds = [0, 1, 999_999_999, -1].randomElement(using: &generator)! as Int64
        let text = [UInt8](repeating: 0x78, count: [0, 1, 127, 128, 20_000].randomElement(using: &generator)!)
        let form = Int.random(in: 0..<5, using: &generator)
        var writer = ProtobufWriter()
        writer.message(2) { entry in
            if form == 1 { entry.bytes(2, text) }
            entry.message(1) { time in
                if form == 2 { time.int64(2, nanoseconds) }
                if seconds != 0 || form == 3 { time.int64(1, seconds) }
                if form != 2, nanoseconds != 0 { time.int64(2, nanoseconds) }
            }
            if form != 1, !text.isEmpty { entry.bytes(2, text) }
            if form == 4 { entry.message(3) { $0.string(1, "a") } }
        }
        writer.varint(5, 6)
        var reader = ProtobufReader(writer.bytes)
        let field = try #require(try reader.nextField())
        let start = reader.offset
        if let entry = try reader.readTimedText(field) {
            #expect(form == 0 || form == 3 || (form == 1 && text.isEmpty) || (form == 2 && (seconds == 0 || nanoseconds == 0)))
            #expect(entry.seconds == seconds)
            #expect(Int64(entry.nanoseconds) == nanoseconds)
            #expect(Array(reader.bytes[entry.text]) == text)
            #expect(try reader.nextField()?.number == 5)
        } else {
            // Negative numbers take ten bytes, which the general reader knows.
            #expect(form == 1 || form == 2 || form == 4 || seconds < 0 || nanoseconds < 0)
            #expect(reader.offset == start)
        }
        // Cut anywhere, it is refused or left, and nothing outside is read.
        for end in 0..<min(writer.bytes.count - 2, 40) {
            var cut = ProtobufReader(Array(writer.bytes[..<end]))
            guard let field = try? cut.nextField() else { continue }
            #expect((try? cut.readTimedText(field)) == nil)
        }
    }

    @Test("every kind of field comes back")
    func fields() throws {
        var writer = ProtobufWriter()
        writer.varint(1, 300)
        writer.int64(2, -5)
        writer.zigzag(3, -5)
        writer.bool(4, true)
        writer.fixed64(5, 7)
        writer.fixed32(6, 8)
        writer.double(7, 2.5)
        writer.string(8, "é")
        writer.message(9) { $0.string(1, String(repeating: "x", count: 200)) }
        writer.packedVarints(10, [1, 128, .max])
        writer.packedZigzags(11, [-1, 1, .min])
        writer.packedDoubles(12, [1.5, -0.5])
        writer.packedUInt32s(13, [])
        var reader = ProtobufReader(writer.bytes)
        var varints: [UInt64] = []
        var zigzags: [Int64] = []
        var doubles: [Double] = []
        var seen: [Int] = []
        while let field = try reader.nextField() {
            seen.append(field.number)
            switch field.number {
            case 1: #expect(try reader.readVarint(field) == 300)
            case 2: #expect(try reader.readInt64(field) == -5)
            case 3: #expect(try reader.readZigzag(field) == -5)
            case 4: #expect(try reader.readBool(field))
            case 5: #expect(try reader.readFixed64(field) == 7)
            case 6: #expect(try reader.readFixed32(field) == 8)
            case 7: #expect(try reader.readDouble(field) == 2.5)
            case 8: #expect(try reader.readString(field) == "é")
            case 9:
                let outer = try reader.enter(field)
                while let inner = try reader.nextField() { #expect(try reader.readLengthDelimited(inner).count == 200) }
                reader.leave(outer)
            case 10: try reader.readVarints(field, into: &varints)
            case 11: try reader.readZigzags(field, into: &zigzags)
            case 12: try reader.readDoubles(field, into: &doubles)
            default: try reader.skip(field)
            }
        }
        #expect(seen == Array(1...12))
        #expect(varints == [1, 128, .max])
        #expect(zigzags == [-1, 1, .min])
        #expect(doubles == [1.5, -0.5])
    }

    @Test("a field of the wrong wire type is refused by number")
    func wireType() throws {
        var writer = ProtobufWriter()
        writer.varint(3, 1)
        var reader = ProtobufReader(writer.bytes)
        let field = try #require(try reader.nextField())
        let error = #expect(throws: CorruptBytes.self) { try reader.readLengthDelimited(field) }
        #expect(error?.description == "cannot read protobuf field 3 at byte 1: wire type lengthDelimited, found varint")
    }

    @Test("noise is read to an end or an error")
    func fuzz() {
        var random = Xoshiro256(seed: 21)
        for _ in 0..<5000 {
            let noise = (0..<random.next(below: 40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            var reader = ProtobufReader(noise)
            do {
                while let field = try reader.nextField() { try reader.skip(field) }
                #expect(reader.isAtEnd)
            } catch {
                #expect(error.offset <= noise.count)
            }
        }
    }
}

@Suite("Bit streams and base64")
struct BitTests {
    @Test("bits of every width come back")
    func bits() throws {
        var random = Xoshiro256(seed: 31)
        for _ in 0..<200 {
            var writer = BitWriter()
            var written: [(UInt64, Int)] = []
            for _ in 0..<random.next(below: 60) {
                let count = random.next(below: 65)
                let bits = count == 64 ? random.next() : random.next() & ((1 << UInt64(count)) - 1)
                writer.write(bits, count: count)
                written.append((bits, count))
            }
            let total = written.reduce(0) { $0 + $1.1 }
            #expect(writer.bitCount == total)
            var reader = BitReader(writer.finished())
            for (bits, count) in written { #expect(try reader.read(count) == bits) }
            #expect(reader.remainingBits < 8)
            #expect(throws: CorruptBytes.self) { try reader.read(8) }
        }
    }

    @Test(
        "base64 gives the vectors of RFC 4648",
        arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")])
    func base64(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
        let url = Base64.encode(Array(plain.utf8), .url)
        #expect(!url.contains("="))
        #expect(Base64.decode(url, .url) == Array(plain.utf8))
    }

    @Test("what is no base64 is refused", arguments: ["Zg", "Zg=", "Z===", "Zm9v=", "Zm-v", "Z", "=Zg="])
    func notBase64(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("validation agrees with the standard library on random bytes")
    func validation() {
        var random = Xoshiro256(seed: 41)
        let pool: [UInt8] = [0x41, 0x80, 0xbf, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f, 0xff, 0xc0]
        for _ in 0..<5000 {
            let bytes = (0..<random.next(below: 8)).map { _ in pool[random.next(below: pool.count)] }
            #expect(UTF8Validation.isValid(bytes) == (String(validating: bytes, as: UTF8.self) != nil))
        }
    }

    @Test("search finds what a plain scan finds, in either case")
    func search() {
        var random = Xoshiro256(seed: 51)
        for _ in 0..<2000 {
            let haystack = (0..<random.next(below: 40)).map { _ in Array("abAB".utf8)[random.next(below: 4)] }
            let needle = (0..<random.next(below: 4)).map { _ in Array("abAB".utf8)[random.next(below: 4)] }
            let start = random.next(below: haystack.count + 1)
            func scan(_ equal: (UInt8, UInt8) -> Bool) -> Int? {
                (start...haystack.count).first { haystack[$0...].starts(with: needle, by: equal) }
            }
            #expect(ByteSearch.firstRange(of: needle, in: haystack, from: start) == scan(==))
            let ignoringCase = ByteSearch.firstRangeIgnoringCase(of: needle, in: haystack.span, from: start)
            #expect(ignoringCase == scan { $0 | 0x20 == $1 | 0x20 })
        }
        let count = ByteSearch.count(of: Array("aa".utf8), in: Array("aaaaa".utf8).span)
        #expect(count == 2)
        #expect(ByteSearch.lastIndex(of: 0x61, in: Array("abab".utf8)) == 2)
    }
}
