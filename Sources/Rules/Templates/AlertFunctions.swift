import Bytes
import QueryLanguage
import Telemetry

/// The functions that templates of rules may call.
///
/// - Source: Prometheus `template/template.go` and its template reference.
enum AlertFunctions {
    typealias Value = AlertTemplate.Value
    typealias Failure = AlertTemplate.Failure

    static let names: Set<String> = [
        "printf", "humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp", "parseDuration", "title", "toUpper",
        "toLower", "match", "reReplaceAll", "stripPort", "stripDomain", "graphLink", "tableLink", "safeHtml", "externalURL", "pathPrefix", "now",
        "query", "first", "value", "label",
    ]

    /// What a function gives; the piped value is its last argument.
    static func call(_ name: String, _ arguments: [Value], _ context: AlertTemplate.Context) throws(Failure) -> Value {
        func text(_ index: Int) throws(Failure) -> String {
            guard index < arguments.count else { throw Failure(message: "wrong number of args for \(name): want \(index + 1) got \(arguments.count)") }
            return arguments[index].text
        }
        func number() throws(Failure) -> Double {
            let text = try text(0)
            if case .number(let value) = arguments[0] { return value }
            guard let value = DecimalNumber.parse(text) else { throw Failure(message: "can't convert \(Literals.quote(text)) to float") }
            return value
        }
        switch name {
        case "printf": return .text(GoFormat.format(try text(0), Array(arguments.dropFirst())))
        case "humanize": return .text(Humanized.decimal(try number()))
        case "humanize1024": return .text(Humanized.binary(try number()))
        case "humanizeDuration": return .text(Humanized.duration(try number()))
        case "humanizePercentage": return .text(Humanized.percentage(try number()))
        case "humanizeTimestamp": return .text(Humanized.timestamp(try number()))
        case "parseDuration": return .number(try seconds(try text(0)))
        case "title": return .text(titled(try text(0)))
        case "toUpper": return .text(try text(0).uppercased())
        case "toLower": return .text(try text(0).lowercased())
        case "safeHtml": return .text(try text(0))
        case "match": return .text(try expression(try text(0)).matches(try text(1)) ? "true" : "false")
        case "reReplaceAll": return .text(try expression(try text(0)).replaceAll(in: try text(2), with: try text(1)))
        case "stripPort": return .text(HostAndPort(try text(0))?.host ?? arguments[0].text)
        case "stripDomain": return .text(HostAndPort.withoutDomain(try text(0)))
        case "graphLink": return .text("/graph?g0.expr=\(NotificationMessage.queryEscaped(try text(0)))&g0.tab=0")
        case "tableLink": return .text("/graph?g0.expr=\(NotificationMessage.queryEscaped(try text(0)))&g0.tab=1")
        case "externalURL": return .text(context.externalURL)
        case "pathPrefix": return .text(path(of: context.externalURL))
        case "now": return .number(Double(context.now.milliseconds) / 1000)
        default: return try sample(name, arguments, context)
        }
    }

    private static func sample(_ name: String, _ arguments: [Value], _ context: AlertTemplate.Context) throws(Failure) -> Value {
        switch (name, arguments.first, arguments.last) {
        case ("query", .text(let text)?, _):
            do throws(QueryError) { return .samples(try context.query(text)) } catch {
                throw Failure(message: "error executing query: \(error.message)")
            }
        case ("first", .samples(let samples)?, _):
            guard let first = samples.first else { throw Failure(message: "first() called on vector with no elements") }
            return .samples([first])
        case ("value", .samples(let samples)?, _): return .number(samples.first?.value ?? 0)
        case ("label", .text(let label)?, .samples(let samples)?): return .text(samples.first?.labels[label] ?? "")
        default: throw Failure(message: "wrong type of argument for \(name)")
        }
    }

    private static func expression(_ pattern: String) throws(Failure) -> RegularExpression {
        do { return try RegularExpression(pattern) } catch { throw Failure(message: "\(error)") }
    }

    private static func seconds(_ text: String) throws(Failure) -> Double {
        do throws(LiteralError) {
            let milliseconds = try PrometheusDuration.parse(text.hasPrefix("-") ? String(text.dropFirst()) : text)
            return Double(text.hasPrefix("-") ? -milliseconds : milliseconds) / 1000
        } catch { throw Failure(message: error.message) }
    }

    private static func titled(_ text: String) -> String {
        var isStart = true
        var titled = ""
        for character in text {
            titled += isStart ? character.uppercased() : String(character)
            isStart = !character.isLetter && !character.isNumber && character != "'"
        }
        return titled
    }

    private static func path(of url: String) -> String {
        var rest = url[...]
        for prefix in ["https://", "http://"] where rest.hasPrefix(prefix) { rest = rest.dropFirst(prefix.count) }
        return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? ""
    }
}
