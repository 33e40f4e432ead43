package import QueryLanguage

/// The evaluator of each language a rule may be written in.
package struct RuleEvaluators: Sendable {
    private let promQL: any Evaluator
    private let logQL: any Evaluator

    package init(promQL: any Evaluator, logQL: any Evaluator) {
        self.promQL = promQL
        self.logQL = logQL
    }

    package subscript(language: Rule.Language) -> any Evaluator { language == .promql ? promQL : logQL }
}
