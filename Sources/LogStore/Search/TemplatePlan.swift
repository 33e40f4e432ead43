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
        } else if literal.isWord {
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

    /// What all filters together make of a template.
    enum Outcome: UInt8, Sendable {
        case unknown, none, all
        /// There is one filter, and lines pass that have its literal inside a variable.
        case part
        /// The plans tell.
        case open
    }

    let filters: [(test: LineTest, isNegated: Bool)]
    /// By number of the text.
    private var notes: [Note?] = []
    /// By number of the text, of one generation of the table: most templates of a block are decided by it, which costs a load where a plan costs
    /// a dozen counts of references.
    private var outcomes: [Outcome] = []
    private var generation: Int?
    /// The word of a filter that is the only one, is not negated and is one word.
    private let part: Literal?
    private let isSpelled: [Bool]

    init(_ filters: [(test: LineTest, isNegated: Bool)]) {
        self.filters = filters
        if filters.count == 1, !filters[0].isNegated, case .literal(let literal) = filters[0].test, literal.isWord {
            part = literal
            isSpelled = literal.words[0].isSpelled
        } else {
            part = nil
            isSpelled = []
        }
    }

    /// What is known of a template of a block; `part` only when the stamps of its columns allow it.
    @inline(__always)
    func outcome(_ head: BlockHead, template: Int) -> Outcome {
        let number = Int(head.textNumbers[template])
        guard let generation, head.textGeneration == generation, number < outcomes.count else { return .unknown }
        let outcome = outcomes[number]
        guard outcome == .part, let part else { return outcome }
        let count = UInt32(clamping: part.bytes.count)
        var column = head.templateColumns[template]
        let end = head.templateColumns[template &+ 1]
        while column < end {
            if isSpelled[Int(head.columnClasses[column])], count <= head.columnMaximum[column] { return .part }
            column &+= 1
        }
        return .none
    }

    /// The plan of each filter for the lines of a template of a block.
    mutating func plans(_ head: BlockHead, template: Int) -> [TemplatePlan] {
        let text = head.texts[template]
        guard let number = text.number else { return make(text) }
        if number >= notes.count { notes += [Note?](repeating: nil, count: max(256, number + 1 - notes.count, notes.count)) }
        if let note = notes[number], note.text === text { return note.plans }
        let plans = make(text)
        notes[number] = Note(text: text, plans: plans)
        if let known = head.textGeneration, known >= generation ?? 0 {
            if known != generation {
                generation = known
                outcomes = []
            }
            if number >= outcomes.count { outcomes += [Outcome](repeating: .unknown, count: notes.count - outcomes.count) }
            outcomes[number] = outcome(plans)
        }
        return plans
    }

    private func make(_ text: TemplateText) -> [TemplatePlan] { filters.map { TemplatePlan($0.test, text) } }

    private func outcome(_ plans: [TemplatePlan]) -> Outcome {
        var isAll = true
        for (plan, filter) in zip(plans, filters) {
            switch plan {
            case .none: if filter.isNegated { continue } else { return .none }
            case .all: if filter.isNegated { return .none } else { continue }
            case .part: if part != nil { return .part } else { isAll = false }
            default: isAll = false
            }
        }
        return isAll ? .all : .open
    }
}
