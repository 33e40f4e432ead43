import Testing

@testable import Bytes

@Suite("Label sets by number")
struct PairSetListTests {
    private static func canonical(_ pairs: [(String, String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in pairs {
            for text in [name, value] {
                Varint.append(UInt64(text.utf8.count), to: &bytes)
                bytes.append(contentsOf: text.utf8)
            }
        }
        return bytes
    }

    private static func message(_ pairs: [(String, String)]) -> [UInt8] {
        var writer = ProtobufWriter()
        for (name, value) in pairs {
            writer.message(1) {
                $0.string(1, name)
                $0.string(2, value)
            }
        }
        return writer.bytes
    }

    private static func pairs(_ random: inout SplitMix64) -> [(String, String)] {
        var pairs = ["__name__", "a", "container", "id", "pod"].filter { _ in random.next() % 8 > 0 }.map { name in
            (name, String(repeating: "v", count: [1, 2, 7, 8, 40, 127, 128, 300][Int(random.next() % 8)]) + "\(random.next() % 4)")
        }
        if random.next() % 16 == 0 { pairs.append(("q\u{e4}", "x")) }
        if random.next() % 16 == 0 { pairs.append(("r", "\u{20ac}")) }
        if random.next() % 16 == 0 { pairs.append((String(repeating: "s", count: 120 + Int(random.next() % 20)), "x")) }
        if random.next() % 32 == 0 { pairs.append(("t", String(repeating: "x", count: 3000 + Int(random.next() % 2000)))) }
        return pairs
    }

    @Test("a set comes back as it went in, equals itself and no other, and is known at the head of a message if it is plain")
    func roundTrip() {
        var random = SplitMix64(seed: 5)
        var list = PairSetList()
        let sets = (0..<700).map { _ in Self.pairs(&random) }
        for set in sets { list.append(canonical: Self.canonical(set)) }
        #expect(list.count == sets.count)
        var plain = 0
        for (number, set) in sets.enumerated() {
            let bytes = Self.canonical(set)
            #expect(list.canonical(number) == bytes)
            let framed = [7, 7] + bytes + [7]
            #expect(list.isEqual(number, canonical: framed, range: 2..<2 + bytes.count))
            #expect(!list.isEqual(number, canonical: framed, range: 2..<3 + bytes.count))
            if !bytes.isEmpty { #expect(!list.isEqual(number, canonical: framed, range: 2..<1 + bytes.count)) }
            let other = (number * 7 + 1) % sets.count
            #expect(list.isEqual(other, canonical: bytes, range: 0..<bytes.count) == (Self.canonical(sets[other]) == bytes))
            let head = Self.message(set)
            let isPlain = set.contains { $0.0 == "__name__" } && head.count <= 4096 && set.allSatisfy {
                $0.0.utf8.count <= 127 && ($0.0 + $0.1).utf8.allSatisfy { $0 < 128 }
            }
            #expect(list.prefix(number, of: head + [0x12], range: 0..<head.count + 1) == (isPlain ? head.count : nil))
            #expect(list.prefix(number, of: head, range: 0..<head.count) == nil, "a message has something behind its labels")
            plain += isPlain ? 1 : 0
        }
        #expect(plain > 300)
    }

    @Test("any changed byte of a message is another set")
    func changed() {
        let set = [("__name__", "up"), ("pod", String(repeating: "p", count: 130))]
        var list = PairSetList()
        list.append(canonical: Self.canonical(set))
        let message = Self.message(set) + [0x12]
        #expect(list.prefix(0, of: message, range: 0..<message.count) == message.count - 1)
        for place in 0..<message.count - 1 {
            var other = message
            other[place] ^= 1
            #expect(list.prefix(0, of: other, range: 0..<other.count) == nil)
        }
        // What is kept in another form is not mistaken for a message either.
        list.append(canonical: Self.canonical([("a", "b")]))
        let canonical: [UInt8] = [0] + Self.canonical([("a", "b")]) + [0x12]
        #expect(list.prefix(1, of: canonical, range: 0..<canonical.count) == nil)
    }

    @Test("a snapshot stays as it was while sets are added")
    func snapshot() {
        var list = PairSetList()
        for number in 0..<300 { list.append(canonical: Self.canonical([("__name__", "m\(number)")])) }
        let before = list.snapshot
        for number in 300..<600 { list.append(canonical: Self.canonical([("__name__", "m\(number)")])) }
        // Some that need memory of their own, and more than a block of places.
        list.append(canonical: [UInt8](repeating: 7, count: 5 << 20))
        for number in 601..<9000 { list.append(canonical: Self.canonical([("__name__", "m\(number)")])) }
        #expect(before.count == 300 && list.count == 9000)
        #expect(list.canonical(600).count == 5 << 20)
        #expect(list.canonical(8999) == Self.canonical([("__name__", "m8999")]))
        for number in 0..<300 { #expect(before.canonical(number) == list.canonical(number)) }
    }

    @Test("bytes that are no canonical set are kept as they are")
    func notCanonical() {
        for bytes: [UInt8] in [[], [5], [1, 65], [1, 65, 0], [8, 95], [0, 0]] {
            var list = PairSetList()
            list.append(canonical: bytes)
            #expect(list.canonical(0) == bytes)
            #expect(list.isEqual(0, canonical: bytes, range: 0..<bytes.count))
        }
    }
}
