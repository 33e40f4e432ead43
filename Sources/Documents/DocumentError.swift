/// Text that is not a document, in one line that says where.
package struct DocumentError: Error, Equatable, Sendable, CustomStringConvertible {
    package var message: String
    /// Counted from 1.
    package var line: Int
    /// Characters from the start of the line, counted from 1.
    package var column: Int

    package init(_ message: String, line: Int, column: Int) {
        self.message = message
        self.line = line
        self.column = column
    }

    package var description: String { "line \(line), column \(column): \(message)" }
}
