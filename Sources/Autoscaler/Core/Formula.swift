/// Arithmetic over the proposals of named signals: `+ - * /`, parentheses, numbers, `min max ceil floor round`.
package struct Formula: Sendable {
    package struct Malformed: Error, Equatable, Sendable {
        package var message: String
    }

    private indirect enum Node: Sendable {
        case number(Double)
        case name(String)
        case binary(Character, Node, Node)
        case call(String, [Node])
    }

    package let text: String
    private let root: Node

    private static let functions: Set = ["min", "max", "ceil", "floor", "round"]
    /// Longer texts are nobody's formula; the bound keeps reading and evaluating shallow.
    private static let longestText = 2000

    /// - Throws: with the place, when the text is no formula or names a signal that does not exist.
    package init(_ text: String, names: Set<String>) throws(Malformed) {
        self.text = text
        guard text.count <= Self.longestText else {
            throw Malformed(message: "cannot read the formula: it has more than \(Self.longestText) characters")
        }
        var parser = Parser(characters: Array(text), names: names)
        root = try parser.sum(depth: 0)
        parser.skipSpace()
        guard parser.index == parser.characters.count else { throw parser.failure("an operator or the end") }
    }

    /// nil when the result is no number: a division by zero, or a signal without a proposal.
    package func evaluate(_ proposals: [String: Int]) -> Double? {
        func value(_ node: Node) -> Double? {
            switch node {
            case .number(let number): return number
            case .name(let name): return proposals[name].map { Double($0) }
            case .binary(let symbol, let left, let right):
                guard let left = value(left), let right = value(right) else { return nil }
                switch symbol {
                case "+": return left + right
                case "-": return left - right
                case "*": return left * right
                default: return right == 0 ? nil : left / right
                }
            case .call(let function, let arguments):
                let values = arguments.compactMap(value)
                guard values.count == arguments.count, let first = values.first else { return nil }
                switch function {
                case "min": return values.min()
                case "max": return values.max()
                case "ceil": return first.rounded(.up)
                case "floor": return first.rounded(.down)
                default: return first.rounded()
                }
            }
        }
        return value(root).flatMap { $0.isFinite ? $0 : nil }
    }

    private struct Parser {
        var characters: [Character]
        var names: Set<String>
        var index = 0

        mutating func skipSpace() { while index < characters.count, characters[index].isWhitespace { index += 1 } }

        func failure(_ expected: String) -> Malformed {
            let found = index < characters.count ? "'\(characters[index])'" : "the end"
            return Malformed(message: "cannot read the formula at character \(index + 1): expected \(expected), found \(found)")
        }

        mutating func take(_ wanted: Character) -> Bool {
            skipSpace()
            guard index < characters.count, characters[index] == wanted else { return false }
            index += 1
            return true
        }

        mutating func sum(depth: Int) throws(Malformed) -> Node {
            var left = try product(depth: depth)
            while true {
                if take("+") {
                    left = .binary("+", left, try product(depth: depth))
                } else if take("-") {
                    left = .binary("-", left, try product(depth: depth))
                } else {
                    return left
                }
            }
        }

        mutating func product(depth: Int) throws(Malformed) -> Node {
            var left = try operand(depth: depth)
            while true {
                if take("*") {
                    left = .binary("*", left, try operand(depth: depth))
                } else if take("/") {
                    left = .binary("/", left, try operand(depth: depth))
                } else {
                    return left
                }
            }
        }

        mutating func operand(depth: Int) throws(Malformed) -> Node {
            guard depth < 100 else { throw Malformed(message: "cannot read the formula: it is nested too deeply") }
            if take("(") {
                let inner = try sum(depth: depth + 1)
                guard take(")") else { throw failure("')'") }
                return inner
            }
            if take("-") { return .binary("-", .number(0), try operand(depth: depth + 1)) }
            skipSpace()
            let word = String(characters[index...].prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." || $0 == "-" && names.contains(where: { $0.contains("-") }) })
            guard let first = word.first else { throw failure("a number, a signal's name or '('") }
            if first.isNumber || first == "." {
                guard let number = Double(word) else { throw failure("a number") }
                index += word.count
                return .number(number)
            }
            if Formula.functions.contains(word) {
                index += word.count
                guard take("(") else { throw failure("'('") }
                var arguments = [try sum(depth: depth + 1)]
                let takesMany = word == "min" || word == "max"
                while takesMany, take(",") { arguments.append(try sum(depth: depth + 1)) }
                guard take(")") else { throw failure("')'") }
                return .call(word, arguments)
            }
            guard names.contains(word) else { throw failure("one of the signals \(names.sorted().joined(separator: ", "))") }
            index += word.count
            return .name(word)
        }
    }
}
