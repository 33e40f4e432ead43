import LogQL
import PromQL
import QueryLanguage
import Rules

/// Parses an expression in the language that it is written in, without a store.
enum LanguageCheck {
    static func check(_ expression: String, _ language: Rule.Language) throws(QueryError) {
        switch language {
        case .promql: _ = try PromQLSyntax.parse(expression)
        case .logql: _ = try LogQL.Parser.parse(expression)
        }
    }
}
