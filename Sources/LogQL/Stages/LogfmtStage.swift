import Bytes

/// `logfmt`: `key=value` pairs become labels. Broken pairs are passed over, or end the line's parsing when strict.
struct LogfmtStage: Sendable {
    private let isStrict: Bool
    private let keepsEmpty: Bool
    private let wanted: [(name: [UInt8], key: [UInt8])]

    init(isStrict: Bool, keepsEmpty: Bool, _ extractions: [Extraction]) {
        self.isStrict = isStrict
        self.keepsEmpty = keepsEmpty
        wanted = extractions.map { (Array($0.name.utf8), Array($0.path.utf8)) }
    }

    func apply(_ state: inout EntryState) {
        if state.line.isEmpty || state.hasAllNeeded { return }
        let (text, end) = (state.text, state.line.upperBound)
        var index = state.line.lowerBound
        var name: [UInt8] = []
        var value: [UInt8] = []
        var isFound = [Bool](repeating: false, count: wanted.count)
        while true {
            while index < end, text[index] <= 0x20 { index += 1 }
            if index >= end { break }
            value.removeAll(keepingCapacity: true)
            let keyStart = index
            guard let keyEnd = Self.pair(text, end, &index, &value) else {
                if isStrict {
                    state.fail(.logfmt, "logfmt syntax error at pos \(index - state.line.lowerBound + 1) : \(Self.problem(text, index, end))")
                    break
                }
                while index < end, text[index] > 0x20 { index += 1 }
                continue
            }
            name.removeAll(keepingCapacity: true)
            LabelName.append(text[keyStart..<keyEnd], to: &name)
            if wanted.isEmpty {
                if !value.isEmpty || keepsEmpty { state.extract(name, value) }
                if state.needed != nil, state.hasAllNeeded { break }
            } else {
                for (number, item) in wanted.enumerated() where !isFound[number] {
                    guard item.key == name || item.key.elementsEqual(text[keyStart..<keyEnd]) else { continue }
                    isFound[number] = true
                    state.extract(item.name, value)
                }
            }
        }
        for (number, item) in wanted.enumerated() where !isFound[number] { state.extractMissing(item.name) }
    }

    /// What stands where a pair is broken.
    private static func problem(_ text: [UInt8], _ index: Int, _ end: Int) -> String {
        guard index < end else { return "unterminated quoted value" }
        return text[index] == UInt8(ascii: "=") || text[index] == UInt8(ascii: "\"")
            ? "unexpected '\(UnicodeScalar(text[index]))'" : "invalid quoted value"
    }

    /// Reads one pair; returns the end of its key, or nil where it is broken with `index` at the place.
    private static func pair(_ text: [UInt8], _ end: Int, _ index: inout Int, _ value: inout [UInt8]) -> Int? {
        let start = index
        while index < end, text[index] > 0x20, text[index] != UInt8(ascii: "=") {
            if text[index] == UInt8(ascii: "\"") { return nil }
            index += 1
        }
        let keyEnd = index
        if keyEnd == start { return nil }
        guard index < end, text[index] == UInt8(ascii: "=") else { return keyEnd }
        index += 1
        guard index < end, text[index] > 0x20 else { return keyEnd }
        if text[index] == UInt8(ascii: "\"") { return quoted(text, end, &index, &value) ? keyEnd : nil }
        let valueStart = index
        while index < end, text[index] > 0x20 {
            if text[index] == UInt8(ascii: "=") || text[index] == UInt8(ascii: "\"") { return nil }
            index += 1
        }
        value.append(contentsOf: text[valueStart..<index])
        return keyEnd
    }

    private static func quoted(_ text: [UInt8], _ end: Int, _ index: inout Int, _ value: inout [UInt8]) -> Bool {
        let start = index
        var hasEscape = false
        index += 1
        while index < end, text[index] != UInt8(ascii: "\"") {
            if text[index] == UInt8(ascii: "\\") {
                hasEscape = true
                index += 1
            }
            index += 1
        }
        guard index < end else {
            index = end
            return false
        }
        index += 1
        guard hasEscape else {
            value.append(contentsOf: text[start + 1..<index - 1])
            return true
        }
        var reader = JSONReader(text, range: start..<index)
        guard let raw = try? reader.readRawString() else { return false }
        reader.append(raw, to: &value)
        return true
    }
}
