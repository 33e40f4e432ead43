import Bytes
import QueryLanguage
import Telemetry

/// Labels and annotations with their templates filled in: `{{ $labels.instance }}`, `{{ $value | printf "%.2f" }}`, `{{ query "up" | first | value }}`.
///
/// - Source: Prometheus `template/template.go` and its template reference.
enum AlertTemplate {
    /// What a template knows besides its alert.
    struct Context: Sendable {
        var now: Timestamp
        var externalURL = ""
        var externalLabels: [String: String] = [:]
        /// Answers the function `query`.
        var query: @Sendable (String) throws(QueryError) -> [VectorElement] = { (_) throws(QueryError) in [] }
    }

    private struct Subject: TemplateSubject {
        var context: Context
        var whole: TemplateValue

        func field(_ name: String) -> TemplateValue {
            if case .object(let members) = whole { return members[name] ?? .none }
            return .none
        }

        func call(_ name: String, _ arguments: [TemplateValue]) throws(TemplateError) -> TemplateValue {
            switch name {
            case "now": return .number(Double(context.now.milliseconds) / 1000)
            case "externalURL": return .string(context.externalURL)
            case "pathPrefix": return .string(AlertTemplate.path(of: context.externalURL))
            default:
                guard let text = arguments.first?.text, arguments.count == 1 else { throw TemplateError("wrong number of args for \(name): want 1") }
                do throws(QueryError) { return .list(try context.query(text).map(AlertTemplate.sample)) } catch {
                    throw TemplateError("error executing query: \(error.message)")
                }
            }
        }
    }

    private static let preamble =
        "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

    private static func template(_ text: String) throws(TemplateError) -> TextTemplate {
        try TextTemplate(preamble + text, functions: AlertFunctions.table)
    }

    /// What is wrong with a template; nil when nothing is.
    static func check(_ text: String) -> String? {
        guard text.contains("{{") else { return nil }
        do throws(TemplateError) { _ = try template(text) } catch { return error.message }
        return nil
    }

    /// Fills a template in for one element of an answer. One that fails says so in its place, as Prometheus has it.
    static func render(_ text: String, _ labels: Labels, _ value: Double, _ context: Context) -> String {
        guard text.contains("{{") else { return text }
        let whole = TemplateValue.object([
            "Labels": object(labels), "Value": .number(value), "ExternalLabels": .object(context.externalLabels.mapValues { .string($0) }), "ExternalURL": .string(context.externalURL),
        ])
        do throws(TemplateError) { return try expand(text, whole, context) } catch {
            return "<error expanding template: \(error.message)>"
        }
    }

    static func expand(_ text: String, _ whole: TemplateValue, _ context: Context, missingKey: TextTemplate.MissingKey = .noValue) throws(TemplateError) -> String {
        let rendered = String(
            decoding: try template(text).render(Subject(context: context, whole: whole), missingKey: missingKey), as: UTF8.self)
        // A label that is missing is empty, as with the option `missingkey=zero`.
        return rendered.contains("<no value>") ? rendered.replacing("<no value>", with: "") : rendered
    }

    static func sample(_ element: VectorElement) -> TemplateValue {
        .object(["Labels": object(element.labels), "Value": .number(element.value)])
    }

    private static func object(_ labels: Labels) -> TemplateValue {
        .object(Dictionary(labels.pairs.map { ($0.name, TemplateValue.string($0.value)) }, uniquingKeysWith: { first, _ in first }))
    }

    private static func path(of url: String) -> String {
        var rest = url[...]
        for prefix in ["https://", "http://"] where rest.hasPrefix(prefix) { rest = rest.dropFirst(prefix.count) }
        guard let slash = rest.firstIndex(of: "/") else { return "" }
        return String(rest[slash...])
    }
}
