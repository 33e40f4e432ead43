import QueryLanguage

/// `eval instant at 5m expr` or `eval range from 0 to 10m step 5m expr`.
package struct EvalCommand: Sendable {
    package var flag = ""
    package var isInstant = true
    /// Milliseconds.
    package var start: Int64 = 0
    package var end: Int64 = 0
    package var step: Int64 = 0
    package var text = ""

    package init(_ line: String) throws {
        var rest = Substring(line)
        func word() -> String {
            rest = rest.drop { $0 == " " || $0 == "\t" }
            let word = rest.prefix { $0 != " " && $0 != "\t" }
            rest = rest.dropFirst(word.count)
            return String(word)
        }
        let command = word().lowercased()
        if let underscore = command.firstIndex(of: "_") { flag = String(command[command.index(after: underscore)...]) }
        let kind = word()
        if kind == "instant" {
            guard word() == "at" else { throw ScriptError(description: "expected at") }
            start = try Self.time(word())
            end = start
        } else {
            isInstant = false
            guard word() == "from" else { throw ScriptError(description: "expected from") }
            start = try Self.time(word())
            guard word() == "to" else { throw ScriptError(description: "expected to") }
            end = try Self.time(word())
            guard word() == "step" else { throw ScriptError(description: "expected step") }
            step = try Self.time(word())
        }
        text = rest.trimmed
    }

    package static func time(_ text: String) throws -> Int64 {
        text.hasPrefix("-") ? try -PrometheusDuration.parse(String(text.dropFirst())) : try PrometheusDuration.parse(text)
    }
}
