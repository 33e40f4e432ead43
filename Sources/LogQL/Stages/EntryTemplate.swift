import Bytes
import QueryLanguage
import Telemetry

/// What templates of `line_format` and `label_format` see: the labels as fields, `__line__` and `__timestamp__` as functions.
struct EntryTemplate: TemplateSubject {
    static let functions = TemplateFunctions.standard.adding(dynamic: ["__line__", "__timestamp__"])

    private let state: EntryState

    init(_ state: EntryState) { self.state = state }

    func field(_ name: String) -> TemplateValue {
        let value = state.text(of: Array(name.utf8))
        return .string(UTF8Validation.repaired(value))
    }

    var whole: TemplateValue {
        .object(Dictionary(state.pairs.map { pair in
            (UTF8Validation.repaired(state.arena[pair.name]), TemplateValue.string(UTF8Validation.repaired(state.arena[pair.value])))
        }) { $1 })
    }

    func call(_ name: String, _ arguments: [TemplateValue]) -> TemplateValue {
        name == "__line__"
            ? .string(UTF8Validation.repaired(state.text[state.line])) : .time(Timestamp(nanoseconds: state.time))
    }
}
