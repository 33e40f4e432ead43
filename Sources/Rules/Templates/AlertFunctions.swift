import Bytes
import QueryLanguage
import Telemetry

/// The functions that templates of rules may call, besides those of the language itself.
///
/// - Source: Prometheus `template/template.go` and its template reference.
enum AlertFunctions {
    static let dynamic = ["query", "now", "externalURL", "pathPrefix"]

    static let table: TemplateFunctions = {
        var table = TemplateFunctions.standard
        addTexts(to: &table)
        addNumbers(to: &table)
        addSamples(to: &table)
        return table.adding(dynamic: dynamic)
    }()

    /// A value as text; what is missing is empty, as with Go's `missingkey=zero`.
    private static func plain(_ value: TemplateValue) -> String {
        if case .none = value { return "" }
        return value.text
    }

    private static func addTexts(to table: inout TemplateFunctions) {
        table.add("title", 1...1) { arguments in
            var isStart = true
            var text = ""
            for character in plain(arguments[0]) {
                text += isStart ? character.uppercased() : String(character)
                isStart = !character.isLetter && !character.isNumber && character != "'"
            }
            return .string(text)
        }
        table.add("toUpper", 1...1) { .string(plain($0[0]).uppercased()) }
        table.add("toLower", 1...1) { .string(plain($0[0]).lowercased()) }
        table.add("safeHtml", 1...1) { .string(plain($0[0])) }
        table.add("match", 2...2) { (arguments) throws(TemplateError) in .bool(try expression(arguments[0]).matches(plain(arguments[1]))) }
        table.add("reReplaceAll", 3...3) { (arguments) throws(TemplateError) in
            .string(try expression(arguments[0]).replaceAll(in: plain(arguments[2]), with: plain(arguments[1])))
        }
        table.add("graphLink", 1...1) { .string("/graph?g0.expr=\(NotificationMessage.queryEscaped(plain($0[0])))&g0.tab=0") }
        table.add("tableLink", 1...1) { .string("/graph?g0.expr=\(NotificationMessage.queryEscaped(plain($0[0])))&g0.tab=1") }
        table.add("urlQueryEscape", 1...1) { .string(NotificationMessage.queryEscaped(plain($0[0]))) }
        table.add("stripPort", 1...1) { .string(HostAndPort(plain($0[0]))?.host ?? plain($0[0])) }
        table.add("stripDomain", 1...1) { .string(HostAndPort.withoutDomain(plain($0[0]))) }
    }

    private static func expression(_ value: TemplateValue) throws(TemplateError) -> RegularExpression {
        do { return try RegularExpression(value.text) } catch { throw TemplateError("\(error)") }
    }

    private static func addNumbers(to table: inout TemplateFunctions) {
        func add(_ name: String, _ body: @escaping @Sendable (Double) -> String) {
            table.add(name, 1...1) { (arguments) throws(TemplateError) in .string(body(try number(arguments[0]))) }
        }
        add("humanize", Humanized.decimal)
        add("humanize1024", Humanized.binary)
        add("humanizeDuration", Humanized.duration)
        add("humanizePercentage", Humanized.percentage)
        add("humanizeTimestamp", Humanized.timestamp)
        table.add("toTime", 1...1) { (arguments) throws(TemplateError) in
            guard let time = Humanized.time(try number(arguments[0])) else { throw TemplateError("time is out of range") }
            return .time(GoTime(time))
        }
        table.add("toDuration", 1...1) { (arguments) throws(TemplateError) in
            let seconds = try number(arguments[0])
            guard seconds.isFinite, abs(seconds) < 9.2e9 else { throw TemplateError("duration is out of range") }
            return .duration(.nanoseconds(Int64((seconds * 1e9).rounded())))
        }
        table.add("parseDuration", 1...1) { (arguments) throws(TemplateError) in
            let text = plain(arguments[0])
            do throws(LiteralError) {
                let milliseconds = try PrometheusDuration.parse(text.hasPrefix("-") ? String(text.dropFirst()) : text)
                return .number(Double(text.hasPrefix("-") ? -milliseconds : milliseconds) / 1000)
            } catch { throw TemplateError(error.message) }
        }
    }

    private static func number(_ value: TemplateValue) throws(TemplateError) -> Double {
        if let number = value.double { return number }
        throw TemplateError("can't convert \(Literals.quote(value.text)) to float")
    }

    /// Samples are objects of `Labels` and `Value`.
    private static func addSamples(to table: inout TemplateFunctions) {
        table.add("first", 1...1) { (arguments) throws(TemplateError) in
            guard case .list(let samples) = arguments[0], let first = samples.first else {
                throw TemplateError("first() called on vector with no elements")
            }
            return first
        }
        table.add("value", 1...1) { member("Value", of: $0[0]) }
        table.add("label", 2...2) { .string(label(plain($0[0]), of: $0[1])) }
        table.add("strvalue", 1...1) { .string(label("__value__", of: $0[0])) }
        table.add("sortByLabel", 2...2) { arguments in
            guard case .list(let samples) = arguments[1] else { return arguments[1] }
            let name = plain(arguments[0])
            return .list(samples.sorted { label(name, of: $0) < label(name, of: $1) })
        }
        table.add("args", 0...64) { arguments in
            .object(Dictionary(uniqueKeysWithValues: arguments.enumerated().map { ("arg\($0.offset)", $0.element) }))
        }
    }

    private static func member(_ name: String, of value: TemplateValue) -> TemplateValue {
        if case .object(let members) = value { return members[name] ?? .none }
        return .none
    }

    private static func label(_ name: String, of sample: TemplateValue) -> String {
        if case .string(let text) = member(name, of: member("Labels", of: sample)) { return text }
        return ""
    }
}
