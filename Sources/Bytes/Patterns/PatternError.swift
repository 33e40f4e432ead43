/// A regular expression that does not compile.
package struct PatternError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, in the words of Go's `regexp`, which Prometheus and Loki users know.
    package var message: String
    /// Byte offset of the offending part in the pattern, where it is known.
    package var offset: Int?

    package init(message: String, offset: Int? = nil) {
        self.message = message
        self.offset = offset
    }

    package var description: String { "error parsing regexp: \(message)" }
}
