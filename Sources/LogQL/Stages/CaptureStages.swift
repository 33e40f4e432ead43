import Bytes

/// `pattern`: captures between literals become labels.
struct PatternStage: Sendable {
    private let pattern: LinePattern

    init?(_ text: String) {
        guard let pattern = try? LinePattern(parser: Array(text.utf8)) else { return nil }
        self.pattern = pattern
    }

    func apply(_ state: inout EntryState) {
        if state.hasAllNeeded { return }
        let (text, line) = (state.text, state.line)
        pattern.captures(text, line) { name, range in state.extract(name, text[range]) }
    }
}

/// `regexp`: named groups become labels.
struct RegexpStage: Sendable {
    private let expression: RegularExpression
    private let names: [[UInt8]?]

    init?(_ text: String) {
        guard let expression = try? RegularExpression(text) else { return nil }
        self.expression = expression
        names = expression.captureNames.map { $0.map { Array($0.utf8) } }
    }

    func apply(_ state: inout EntryState) {
        if state.needed?.isEmpty == true { return }
        let text = state.text
        let start = state.line.lowerBound
        guard let captures = expression.captures(in: text.span.extracting(state.line)) else { return }
        for (index, range) in captures.enumerated() {
            guard index > 0, index <= names.count, let name = names[index - 1] else { continue }
            guard let range else {
                state.extract(name, [UInt8]())
                continue
            }
            state.extract(name, text[range.lowerBound + start..<range.upperBound + start])
        }
    }
}
