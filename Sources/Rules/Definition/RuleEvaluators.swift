package import QueryLanguage

/// Says what is wrong with an expression by throwing it.
package typealias ExpressionCheck = @Sendable (_ expression: String, _ language: Rule.Language) throws(QueryError) -> Void

/// The evaluator of each language a rule may be written in.
package struct RuleEvaluators: Sendable {
    private let promQL: any Evaluator
    private let logQL: any Evaluator

    package init(promQL: any Evaluator, logQL: any Evaluator) {
        self.promQL = promQL
        self.logQL = logQL
    }

    /// Parses an expression and throws what is wrong with it.
    package var check: ExpressionCheck {
        { (expression, language) throws(QueryError) in _ = try self[language].prepare(expression) }
    }

    package subscript(language: Rule.Language) -> any Evaluator { language == .promql ? promQL : logQL }
}
