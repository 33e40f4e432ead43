/// A script as text: blocks of commands, each with the output that is expected of it.
///
/// ```
/// # Three replicas come up.
/// create rc web replicas=3
/// tick 10s
/// pods
/// ----
/// NAME   READY   STATUS    NODE   RESTARTS
/// web-1  True    Running   n2     0
/// ```
/// A line `----` ends the commands of a block, an empty line its expected output; a block without `----` expects nothing. Lines that begin with
/// `#` are comments.
package struct ScenarioScript: Sendable {
    package struct Command: Sendable, Equatable {
        /// Counted from 1.
        package var line: Int
        package var words: [String]
        /// `key=value` words, in their order.
        package var options: [String: String]
    }

    package struct Block: Sendable {
        /// The lines before `----`, comments among them, as they stand.
        package var lines: [String] = []
        package var commands: [Command] = []
        /// nil: whatever comes is fine.
        package var expected: [String]?
    }

    package private(set) var blocks: [Block] = []

    package init(_ text: String) {
        var block = Block()
        var isOutput = false
        func isEmpty(_ block: Block) -> Bool { block.lines.isEmpty && block.expected == nil }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).enumerated() {
            if line.allSatisfy(\.isWhitespace) {
                if !isEmpty(block) { blocks.append(block) }
                (block, isOutput) = (Block(), false)
            } else if isOutput {
                block.expected?.append(line)
            } else if line == "----" {
                (block.expected, isOutput) = ([], true)
            } else {
                block.lines.append(line)
                if !line.hasPrefix("#") { block.commands.append(Self.command(line, number: index + 1)) }
            }
        }
        if !isEmpty(block) { blocks.append(block) }
    }

    private static func command(_ line: String, number: Int) -> Command {
        var command = Command(line: number, words: [], options: [:])
        for word in line.split(separator: " ") {
            if let equals = word.firstIndex(of: "="), equals != word.startIndex {
                command.options[String(word[..<equals])] = String(word[word.index(after: equals)...])
            } else {
                command.words.append(String(word))
            }
        }
        return command
    }
}

/// A script that cannot be run as it is, or a promise that it broke.
package struct ScenarioError: Error, Sendable, CustomStringConvertible {
    package var line: Int
    package var cause: String

    package var description: String { "cannot run line \(line) of the scenario: \(cause)" }
}
