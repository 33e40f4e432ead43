/// Text that is not the JSON that was wanted, and where.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong: "expected …, found …".
    package var message: String
    /// Bytes from the start of the text.
    package var offset: Int
    /// Counted from 1.
    package var line: Int
    /// Bytes from the start of the line, counted from 1.
    package var column: Int

    package init(message: String, offset: Int, line: Int, column: Int) {
        self.message = message
        self.offset = offset
        self.line = line
        self.column = column
    }

    /// An error at `offset` of the given text; counts the lines up to there.
    package init(_ message: String, at offset: Int, in bytes: [UInt8]) {
        let place = min(max(offset, 0), bytes.count)
        var line = 1
        var lineStart = 0
        var index = 0
        while index < place {
            if bytes[index] == 0x0a {
                line += 1
                lineStart = index + 1
            }
            index += 1
        }
        self.init(message: message, offset: place, line: line, column: place - lineStart + 1)
    }

    package var description: String {
        "cannot read JSON at line \(line), column \(column): \(message)"
    }
}
