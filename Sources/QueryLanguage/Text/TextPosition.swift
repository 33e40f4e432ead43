import Bytes

/// A place in a query's text: line and column, both from 1, the column in bytes.
///
/// - Source: Prometheus counts bytes from the last line break, so positions compare equal with its messages.
package struct TextPosition: Hashable, Sendable, CustomStringConvertible {
    package var line: Int
    package var column: Int

    /// The place of a byte offset; offsets past the end mean the end.
    package init(offset: Int, in text: some Sequence<UInt8>) {
        line = 1
        var lastBreak = -1
        var index = 0
        for byte in text {
            if index >= offset { break }
            if byte == UInt8(ascii: "\n") {
                line += 1
                lastBreak = index
            }
            index += 1
        }
        column = index - lastBreak
    }

    package init(offset: Int, in text: String) { self.init(offset: offset, in: text.utf8) }

    package var description: String { "\(line):\(column)" }
}

extension QueryError {
    /// A parse error as Prometheus words it: `1:5: parse error: unexpected "="`.
    package static func parseError(_ message: String, at range: Range<Int>, in text: String) -> QueryError {
        QueryError(.bad, "\(TextPosition(offset: range.lowerBound, in: text)): parse error: \(message)", range: range)
    }

    /// The message with the offending line and a caret below the place, for a terminal.
    package func rendered(in text: String) -> String {
        guard let range else { return message }
        let bytes = Array(text.utf8)
        let start = min(range.lowerBound, bytes.count)
        var lineStart = start
        while lineStart > 0, bytes[lineStart - 1] != UInt8(ascii: "\n") { lineStart -= 1 }
        var lineEnd = start
        while lineEnd < bytes.count, bytes[lineEnd] != UInt8(ascii: "\n") { lineEnd += 1 }
        let width = max(1, min(range.upperBound, lineEnd) - start)
        let indent = UTF8Validation.repaired(bytes[lineStart..<start]).map { $0 == "\t" ? "\t" : " " }.joined()
        let line = UTF8Validation.repaired(bytes[lineStart..<lineEnd])
        return "\(message)\n  \(line)\n  \(indent)\(String(repeating: "^", count: width))"
    }
}
