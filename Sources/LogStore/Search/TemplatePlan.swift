import Bytes

/// How a filter is decided for the lines of a template: what its text says of them, before any column is looked at.
indirect enum TemplatePlan: Sendable {
    /// Whatever the variables are, no line passes, or every line does.
    case none, all
    /// Lines pass that have the literal, a word or a part of one, inside a variable.
    case part(Literal)
    /// Lines pass in which the literal lies in one of some ways.
    case ways(Literal, [[TemplateAlignment.Condition]])
    case anyOf([TemplatePlan])
    /// Lines pass that pass all required plans, and then match.
    case expression(RegularExpression, required: [TemplatePlan])

    init(_ test: LineTest, _ text: TemplateText) {
        switch test {
        case .literal(let literal): self = TemplatePlan(literal, text)
        case .anyOf(let tests): self = TemplatePlan(anyOf: tests.map { TemplatePlan($0, text) })
        case .expression(let expression, let required):
            if text.pieceCount == 1 {
                // All its lines are the same.
                self = expression.matches(text.bytes) ? .all : .none
                return
            }
            var plans: [TemplatePlan] = []
            for set in required {
                let plan = TemplatePlan(anyOf: set.map { TemplatePlan($0, text) })
                switch plan {
                case .none:
                    self = .none
                    return
                case .all: continue
                default: plans.append(plan)
                }
            }
            self = .expression(expression, required: plans)
        }
    }

    private init(anyOf plans: [TemplatePlan]) {
        var open: [TemplatePlan] = []
        for plan in plans {
            switch plan {
            case .none: continue
            case .all:
                self = .all
                return
            default: open.append(plan)
            }
        }
        self = open.isEmpty ? .none : open.count == 1 ? open[0] : .anyOf(open)
    }

    private init(_ literal: Literal, _ text: TemplateText) {
        if literal.bytes.isEmpty || literal.lies(in: text) {
            self = .all
        } else if text.pieceCount == 1 || literal.words.isEmpty {
            self = .none
        } else if literal.words[0].range.count == literal.bytes.count {
            self = .part(literal)
        } else {
            let ways = TemplateAlignment(literal, text).ways()
            self = ways.isEmpty ? .none : .ways(literal, ways)
        }
    }
}

extension Literal {
    /// Whether one of a template's constant pieces has the literal.
    fileprivate func lies(in text: TemplateText) -> Bool {
        let (pieces, ends) = (text.bytes, text.ends)
        var piece = 0
        var from = 0
        while from < pieces.count, let hit = firstRange(in: pieces.span, from: from) {
            while ends[piece] <= hit { piece += 1 }
            if hit + bytes.count <= ends[piece] { return true }
            from = hit + 1
        }
        return false
    }
}

/// The filters of a search, and what they made of the templates that it has met so far: a template of a thousand blocks is decided once.
///
/// - Ownership: one worker's.
struct TemplatePlans: Sendable {
    private struct Note {
        let text: TemplateText
        let plans: [TemplatePlan]
    }

    let filters: [(test: LineTest, isNegated: Bool)]
    /// By number of the text.
    private var notes: [Note?] = []

    init(_ filters: [(test: LineTest, isNegated: Bool)]) { self.filters = filters }

    /// The plan of each filter for the lines of a template.
    mutating func plans(_ text: TemplateText) -> [TemplatePlan] {
        guard let number = text.number else { return make(text) }
        if number >= notes.count { notes += [Note?](repeating: nil, count: max(256, number + 1 - notes.count, notes.count)) }
        if let note = notes[number], note.text === text { return note.plans }
        let plans = make(text)
        notes[number] = Note(text: text, plans: plans)
        return plans
    }

    private func make(_ text: TemplateText) -> [TemplatePlan] { filters.map { TemplatePlan($0.test, text) } }
}
