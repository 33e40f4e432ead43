import Bytes
import QueryLanguage
import Telemetry

/// What templates of `line_format` and `label_format` see: the labels as fields, `__line__`, `__timestamp__` and `now` as functions.
struct EntryTemplate: TemplateSubject {
    static let functions = TemplateFunctions.standard.adding(dynamic: ["__line__", "__timestamp__", "now"])

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

    func call(_ name: String, _ arguments: [TemplateValue]) throws(TemplateError) -> TemplateValue {
        guard arguments.isEmpty else { throw TemplateError("wrong number of args for \(name): want 0 got \(arguments.count)") }
        return switch name {
        case "__line__": .string(UTF8Validation.repaired(state.text[state.line]))
        case "now": .time(GoTime(Timestamp(nanoseconds: state.now)))
        default: .time(GoTime(Timestamp(nanoseconds: state.time)))
        }
    }
}
