package import QueryLanguage
package import Telemetry

/// What the Loki routes need of the query language beside evaluating queries; the root hands it in.
package struct LokiLanguage: Sendable {
    package typealias Selection = [LabelMatcher]

    /// The matchers of a stream selector.
    package var selectors: @Sendable (String) throws(QueryError) -> Selection
    /// A query in its normal form.
    package var format: @Sendable (String) throws(QueryError) -> String
    /// The streams and lines that a delete request names.
    package var deletion: @Sendable (String) throws(QueryError) -> (matchers: Selection, filters: [LineFilter])
    /// The fields of a sample of entries whose labels are categorized.
    package var fields: @Sendable ([EntryStream], _ limit: Int) -> [DetectedField]
    /// Lines counted by shape and step (nanoseconds), the most frequent first.
    package var patterns:
        @Sendable (Selection, _ start: Int64, _ end: Int64, _ step: Int64, _ limit: Int, QueryBudget) throws(StoreError)
            -> (series: [PatternSeries], isCut: Bool)

    package init(
        selectors: @escaping @Sendable (String) throws(QueryError) -> Selection,
        format: @escaping @Sendable (String) throws(QueryError) -> String,
        deletion: @escaping @Sendable (String) throws(QueryError) -> (matchers: Selection, filters: [LineFilter]),
        fields: @escaping @Sendable ([EntryStream], Int) -> [DetectedField],
        patterns: @escaping @Sendable (Selection, Int64, Int64, Int64, Int, QueryBudget) throws(StoreError) -> (series: [PatternSeries], isCut: Bool)
    ) {
        self.selectors = selectors
        self.format = format
        self.deletion = deletion
        self.fields = fields
        self.patterns = patterns
    }
}
