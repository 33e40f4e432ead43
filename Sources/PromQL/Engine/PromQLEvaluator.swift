import Bytes
package import Environment
package import QueryLanguage
package import Telemetry

/// PromQL over a store of samples.
package struct PromQLEvaluator: Evaluator {
    package struct Configuration: Sendable {
        /// Time between the instants of a subquery that names no step (`[1h:]`).
        package var subqueryStep: Duration = .seconds(60)

        package init() {}
    }

    package let reader: any SampleReader
    package let workPool: any WorkPool
    package let configuration: Configuration

    package init(reader: any SampleReader, workPool: any WorkPool, configuration: Configuration = Configuration()) {
        self.reader = reader
        self.workPool = workPool
        self.configuration = configuration
    }

    package var language: String { "PromQL" }

    package func prepare(_ text: String) throws(QueryError) -> any PreparedQuery { try prepareQuery(text) }

    /// As `prepare`, for callers that want the expression too: the parse and format routes.
    package func prepareQuery(_ text: String) throws(QueryError) -> PreparedPromQL {
        PreparedPromQL(text: text, expression: try PromQLSyntax.parse(text), evaluator: self)
    }
}

/// The language without a store: parsing, checking and printing.
package enum PromQLSyntax {
    /// - Throws: `QueryError.bad` as `1:5: parse error: …`.
    package static func parse(_ text: String) throws(QueryError) -> Expression { try Parser.parse(text) }

    /// The same for bytes, which need not be text at all.
    package static func parse(utf8 bytes: [UInt8]) throws(QueryError) -> Expression {
        var offset = 0
        while offset < bytes.count {
            let length = UTF8Validation.sequenceLength(bytes.span, at: offset)
            if length == 0 {
                throw QueryError(
                    .bad, "\(TextPosition(offset: offset, in: bytes)): parse error: invalid UTF-8 rune", range: offset..<offset + 1)
            }
            offset += length
        }
        return try parse(String(decoding: bytes, as: UTF8.self))
    }

    /// The text in canonical form, broken at 100 columns: the `format_query` route.
    package static func format(_ text: String) throws(QueryError) -> String { Printer.pretty(try parse(text)) }

    /// The expression as the JSON tree of Prometheus' `parse_query`.
    package static func syntaxTree(_ text: String) throws(QueryError) -> [UInt8] { SyntaxTree.json(try parse(text)).bytes }

    /// The matchers of every selector of an expression, from left to right.
    package static func selectors(_ text: String) throws(QueryError) -> [[LabelMatcher]] { PreparedPromQL.selectors(in: try parse(text)) }

    /// The matchers of a selector such as `match[]` takes: an instant selector without modifiers. It may select everything: whoever asks decides
    /// whether that was meant.
    package static func matchers(_ text: String) throws(QueryError) -> [LabelMatcher] { try Parser.parseSelector(text).matchers }

    /// The text in canonical form, in one line.
    package static func line(_ text: String) throws(QueryError) -> String { Printer.text(try parse(text)) }
}
