/// What a caller may ask for beside the verb; in HTTP the query parameters and the body of a deletion.
package struct RequestOptions: Sendable, Equatable {
    package enum FieldValidation: String, Sendable { case strict = "Strict", warn = "Warn", ignore = "Ignore" }
    package enum PropagationPolicy: String, Sendable { case orphan = "Orphan", background = "Background", foreground = "Foreground" }

    // MARK: Lists and watches

    package var labelSelector = LabelRequirements()
    package var fieldSelector = FieldSelector()
    /// The most objects a page has; nil means all.
    package var limit: Int?
    /// Where a page begins: the token of the page before.
    package var continueToken: String?
    /// "" means the newest state, "0" any.
    package var resourceVersion = ""
    /// "Exact" or "NotOlderThan".
    package var resourceVersionMatch: String?
    /// A long list may be answered as `APIResponse.pieces`.
    package var takesPieces = false

    // MARK: Writes

    /// Who owns the fields that are set.
    package var fieldManager: String?
    package var fieldValidation = FieldValidation.warn
    /// Everything is checked and answered, nothing is kept.
    package var isDryRun = false
    /// An apply takes fields over from other managers.
    package var force = false

    // MARK: Deletions

    package var gracePeriodSeconds: Int64?
    package var propagationPolicy: PropagationPolicy?
    /// The deletion is refused unless the object still has this uid, this resource version.
    package var preconditionUID: String?
    package var preconditionResourceVersion: String?

    package init() {}

    package init(_ fill: (inout RequestOptions) -> Void) {
        fill(&self)
    }
}
