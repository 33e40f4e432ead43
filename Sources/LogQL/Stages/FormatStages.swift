import Bytes
import QueryLanguage

/// `line_format`: writes a new line.
struct LineFormatStage: Sendable {
    let template: TextTemplate

    init?(_ text: String) {
        guard let template = try? TextTemplate(text, functions: EntryTemplate.functions) else { return nil }
        self.template = template
    }

    func apply(_ state: inout EntryState) {
        do {
            let line = try template.render(EntryTemplate(state))
            state.text = line
            state.line = 0..<line.count
        } catch {
            state.fail(.template, error.description)
        }
    }
}

/// `label_format`: renames labels or writes them from templates.
struct LabelFormatStage: Sendable {
    private enum Format: Sendable {
        case rename([UInt8], from: [UInt8])
        case write([UInt8], TextTemplate)
    }

    private let formats: [Format]

    init(_ expressions: [LabelFormat]) {
        formats = expressions.compactMap { expression in
            let name = Array(expression.name.utf8)
            if expression.isRename { return .rename(name, from: Array(expression.value.utf8)) }
            return (try? TextTemplate(expression.value, functions: EntryTemplate.functions)).map { .write(name, $0) }
        }
    }

    var neededNames: [[UInt8]]? {
        var names: [[UInt8]] = []
        for format in formats {
            switch format {
            case .rename(let name, let source): names += [name, source]
            case .write(let name, let template):
                guard let fields = template.fields else { return nil }
                names += [name] + fields.map { Array($0.utf8) }
            }
        }
        return names
    }

    func apply(_ state: inout EntryState) {
        var subject: EntryTemplate?
        for format in formats {
            switch format {
            case .rename(let name, let source):
                guard let index = state.index(of: source) else { continue }
                let value = Array(state.arena[state.pairs[index].value])
                if name == source { continue }
                state.remove(at: index)
                state.set(name, value, .formatted)
            case .write(let name, let template):
                if subject == nil { subject = EntryTemplate(state) }
                do {
                    state.set(name, try template.render(subject!), .formatted)
                } catch {
                    state.fail(.template, error.description)
                }
            }
        }
    }
}

/// `drop` and `keep`: takes labels away.
struct LabelSelectionStage: Sendable {
    private let selections: [(name: [UInt8], matcher: LabelMatching?)]
    private let keeps: Bool

    init(_ selections: [LabelSelection], keeps: Bool) {
        self.selections = selections.map { selection in
            (Array(selection.name.utf8), selection.matcher.map { LabelMatching(LabelFilterStage(.matcher($0))) })
        }
        self.keeps = keeps
    }

    struct LabelMatching: Sendable {
        private let filter: LabelFilterStage
        init(_ filter: LabelFilterStage) { self.filter = filter }
        func holds(_ state: inout EntryState) -> Bool { filter.keeps(&state) }
    }

    var names: [[UInt8]] { selections.map(\.name) }

    func apply(_ state: inout EntryState) {
        if keeps { return keep(&state) }
        for (name, matcher) in selections {
            if let matcher, !matcher.holds(&state) { continue }
            if name == StageError.label { state.clearError() }
            if name == StageError.detailsLabel { state.clearErrorDetails() }
            if name == StageError.preserveLabel { state.stopPreservingError() }
            if let index = state.index(of: name) { state.remove(at: index) }
        }
    }

    private func keep(_ state: inout EntryState) {
        var index = state.pairs.count - 1
        while index >= 0 {
            let name = state.arena[state.pairs[index].name]
            var isKept = StageError.isLabel(name)
            for selection in selections where !isKept && name.elementsEqual(selection.name) {
                isKept = selection.matcher?.holds(&state) ?? true
            }
            if !isKept { state.remove(at: index) }
            index -= 1
        }
    }
}
