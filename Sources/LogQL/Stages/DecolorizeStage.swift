import Bytes

/// `decolorize`: takes terminal escapes out of the line.
///
/// An escape begins with ESC or the one-character introducer U+009B, then any of `[]()#;?`, and ends either with BEL after words and
/// semicolons (titles, links) or with one final character after numbers and semicolons (colours, cursor). What ends in neither way stays.
/// - Source: the set of sequences that Loki strips (that of the "strip ANSI" libraries).
struct DecolorizeStage: Sendable {
    func apply(_ state: inout EntryState) {
        guard let first = Self.introducer(state.text, state.line) else { return }
        let (text, end) = (state.text, state.line.upperBound)
        var plain = Array(text[state.line.lowerBound..<first])
        plain.reserveCapacity(state.line.count)
        var index = first
        while index < end {
            if let next = Self.endOfEscape(text, index, end) {
                index = next
            } else {
                plain.append(text[index])
                index += 1
            }
        }
        state.text = plain
        state.line = 0..<plain.count
    }

    private static func introducer(_ text: [UInt8], _ line: Range<Int>) -> Int? {
        text[line].firstIndex { $0 == 0x1b || $0 == 0xc2 }
    }

    /// Where the escape that starts here ends; nil when none does.
    private static func endOfEscape(_ text: [UInt8], _ start: Int, _ end: Int) -> Int? {
        var index = start
        if text[index] == 0x1b {
            index += 1
        } else if text[index] == 0xc2, index + 1 < end, text[index + 1] == 0x9b {
            index += 2
        } else {
            return nil
        }
        while index < end, "[]()#;?".utf8.contains(text[index]) { index += 1 }
        return endOfTitle(text, index, end) ?? endOfControl(text, index, end)
    }

    private static func endOfTitle(_ text: [UInt8], _ start: Int, _ end: Int) -> Int? {
        var index = start
        while index < end, isLetter(text[index]) || isDigit(text[index]) || text[index] == UInt8(ascii: ";") { index += 1 }
        return index < end && text[index] == 0x07 ? index + 1 : nil
    }

    private static func endOfControl(_ text: [UInt8], _ start: Int, _ end: Int) -> Int? {
        func digits(_ from: Int, _ limit: Int) -> Int {
            var index = from
            while index < end, index - from < limit, isDigit(text[index]) { index += 1 }
            return index
        }
        var index = digits(start, 4)
        if index > start { while index < end, text[index] == UInt8(ascii: ";") { index = digits(index + 1, 4) } }
        if index < end, isFinal(text[index]) { return index + 1 }
        // A number alone ends an escape too: its last digit is the final character.
        while index > start {
            index -= 1
            if isFinal(text[index]) { return index + 1 }
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a }

    private static func isFinal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "P"), UInt8(ascii: "f")...UInt8(ascii: "n"), 0x30...0x39: true
        default: "RZctqry=><~".utf8.contains(byte)
        }
    }
}
