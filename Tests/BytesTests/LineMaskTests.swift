import Testing

@testable import Bytes

@Suite("Words and digits by masks")
struct LineMaskTests {
    @Test("the masks say of every place what looking at bytes one by one says", arguments: 0..<20 as Range<UInt64>)
    func masks(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let text = Self.text(Int.random(in: 0..<500, using: &generator), &generator)
        unsafe text.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            WordMasks(unsafe RawBytes(base), count: text.count).withCursor { masks in
                for _ in 0..<200 {
                    let start = Int.random(in: 0...text.count, using: &generator)
                    let end = Int.random(in: start...text.count, using: &generator)
                    let window = start..<end
                    #expect(masks.digit(from: start, to: end) == window.first { Self.isDigit(text[$0]) } ?? end)
                    #expect(masks.word(from: start, to: end) == window.first { WordClass.isWord(text[$0]) } ?? end)
                    guard let place = window.first(where: { WordClass.isWord(text[$0]) }) else { continue }
                    #expect(masks.wordEnd(from: place, to: end) == (place..<end).first { !WordClass.isWord(text[$0]) } ?? end)
                    let last = (place..<end).prefix { WordClass.isWord(text[$0]) }.last!
                    let wordStart = (start...last).reversed().prefix { WordClass.isWord(text[$0]) }.last!
                    #expect(masks.wordStart(at: last, from: start) == wordStart)
                }
            }
        }
    }

    @Test("the classes of a run are those of its bytes together", arguments: 0..<20 as Range<UInt64>)
    func classes(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        // Every byte alone, at every place of a vector.
        for byte in UInt8.min...UInt8.max {
            for place in [0, 7, 15, 16, 20] {
                var run = [UInt8](repeating: 0x20, count: 21)
                run[place] = byte
                #expect(WordClass.union(run, 0..<run.count) == WordClass.of(byte), "byte \(byte) at \(place)")
            }
        }
        let text = Self.text(300, &generator)
        for _ in 0..<100 {
            let start = Int.random(in: 0...text.count, using: &generator)
            let end = Int.random(in: start...text.count, using: &generator)
            #expect(WordClass.union(text, start..<end) == WordClass.union(text[start..<end]))
        }
    }

    @Test("a column of varints is the varints one after the other", arguments: [0, 1, 255, 256, 257, 1000])
    func varints(count: Int) {
        var generator = SplitMix64(seed: UInt64(count))
        let values = (0..<count).map { _ in UInt64.random(in: 0...(.max), using: &generator) >> UInt64.random(in: 0..<64, using: &generator) }
        var alone: [UInt8] = [7]
        for value in values { Varint.append(value, to: &alone) }
        var column: [UInt8] = [7]
        Varint.append(count: count, to: &column) { values[$0] }
        #expect(column == alone)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Words of all lengths between delimiters, over the ends of the masks' numbers.
    private static func text(_ count: Int, _ generator: inout SplitMix64) -> [UInt8] {
        let alphabets: [[UInt8]] = [
            Array("0123456789".utf8), Array("abcdefghijklmnopqrstuvwxyz".utf8), Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ_".utf8), Array(128...255),
            Array(" .,:;=/\\\"'[](){}<>@#$%^&*+-~`!?|\t\r\n\0".utf8),
        ]
        var text: [UInt8] = []
        while text.count < count {
            let alphabet = alphabets.randomElement(using: &generator)!
            for _ in 0..<Int.random(in: 1...(Bool.random(using: &generator) ? 3 : 90), using: &generator) {
                text.append(alphabet.randomElement(using: &generator)!)
            }
        }
        return Array(text.prefix(count))
    }
}
