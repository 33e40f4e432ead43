import Bytes
import QueryLanguage
import Telemetry

/// Labels and annotations with their templates filled in: `{{ $labels.instance }}`, `{{ $value | printf "%.2f" }}`.
///
/// - Source: the templates of Prometheus' rules, of which these are known: `$labels.x`, `.Labels.x`, `$value`, `.Value`, literals, pipes, `printf`.
struct AlertTemplate: Sendable {
    struct Failure: Error { var message: String }

    private enum Operand: Sendable {
        case label(String)
        case value
        case text(String)
        case number(Double)
        case printf
    }

    private enum Value {
        case text(String)
        case number(Double)

        var text: String {
            switch self {
            case .text(let text): text
            case .number(let value): DecimalNumber.generalText(value)
            }
        }
    }

    private enum Piece: Sendable {
        case text(String)
        /// Commands of a pipeline; each gets what the one before gave as its last argument.
        case action([[Operand]])
    }

    private var pieces: [Piece] = []

    /// What is wrong with a template; nil when nothing is.
    static func check(_ text: String) -> String? {
        do throws(Failure) { _ = try AlertTemplate(text) } catch { return error.message }
        return nil
    }

    /// Fills a template in. One that fails says so in its place, as Prometheus has it.
    static func render(_ text: String, _ labels: Labels, _ value: Double) -> String {
        guard text.utf8.contains(UInt8(ascii: "{")) else { return text }
        do throws(Failure) { return try AlertTemplate(text).render(labels, value) } catch {
            return "<error expanding template: \(error.message)>"
        }
    }

    init(_ text: String) throws(Failure) {
        let bytes = Array(text.utf8)
        var (start, index) = (0, 0)
        func isPair(_ byte: Character, at place: Int) -> Bool {
            place + 1 < bytes.count && bytes[place] == byte.asciiValue && bytes[place + 1] == byte.asciiValue
        }
        while index < bytes.count {
            guard isPair("{", at: index) else {
                index += 1
                continue
            }
            pieces.append(.text(String(decoding: bytes[start..<index], as: UTF8.self)))
            var end = index + 2
            while end < bytes.count, !isPair("}", at: end) {
                let isQuote = bytes[end] == UInt8(ascii: "\"") || bytes[end] == UInt8(ascii: "`")
                end = isQuote ? (try? Literals.endOfString(bytes, from: end)) ?? bytes.count : end + 1
            }
            guard end < bytes.count else { throw Failure(message: "unclosed action") }
            pieces.append(.action(try Self.commands(bytes[index + 2..<end])))
            index = end + 2
            start = index
        }
        pieces.append(.text(String(decoding: bytes[start...], as: UTF8.self)))
    }

    private static func commands(_ bytes: ArraySlice<UInt8>) throws(Failure) -> [[Operand]] {
        let all = Array(bytes)
        var commands: [[Operand]] = [[]]
        var index = 0
        while index < all.count {
            switch all[index] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): index += 1
            case UInt8(ascii: "|"):
                commands.append([])
                index += 1
            case UInt8(ascii: "\""), UInt8(ascii: "`"):
                do throws(LiteralError) {
                    let end = try Literals.endOfString(all, from: index)
                    let text = String(decoding: try Literals.unquote(all[index..<end]), as: UTF8.self)
                    commands[commands.count - 1].append(.text(text))
                    index = end
                } catch { throw Failure(message: error.message) }
            default:
                let start = index
                while index < all.count, !" \t\r\n|".utf8.contains(all[index]) { index += 1 }
                commands[commands.count - 1].append(try operand(String(decoding: all[start..<index], as: UTF8.self)))
            }
        }
        guard commands.allSatisfy({ !$0.isEmpty }) else { throw Failure(message: "missing value for command") }
        return commands
    }

    private static func operand(_ word: String) throws(Failure) -> Operand {
        for prefix in ["$labels.", ".Labels."] where word.hasPrefix(prefix) { return .label(String(word.dropFirst(prefix.count))) }
        if word == "$value" || word == ".Value" { return .value }
        if word == "printf" { return .printf }
        if let number = Double(word) { return .number(number) }
        if word.hasPrefix("$") { throw Failure(message: "undefined variable \(Literals.quote(word))") }
        throw Failure(message: "function \(Literals.quote(word)) not defined")
    }

    private func render(_ labels: Labels, _ value: Double) throws(Failure) -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let part): text += part
            case .action(let commands):
                var result: Value?
                for command in commands { result = try Self.evaluate(command, result, labels, value) }
                text += result?.text ?? ""
            }
        }
        return text
    }

    private static func evaluate(_ command: [Operand], _ piped: Value?, _ labels: Labels, _ value: Double) throws(Failure) -> Value {
        func resolve(_ operand: Operand) -> Value {
            switch operand {
            case .label(let name): .text(labels[name] ?? "")
            case .value: .number(value)
            case .text(let text): .text(text)
            case .number(let number): .number(number)
            case .printf: .text("")
            }
        }
        if case .printf = command[0] {
            let arguments = command.dropFirst().map(resolve) + (piped.map { [$0] } ?? [])
            guard case .text(let format)? = arguments.first else { throw Failure(message: "wrong type for value; expected string") }
            return .text(formatted(format, Array(arguments.dropFirst())))
        }
        guard command.count == 1, piped == nil else { throw Failure(message: "can't give argument to non-function") }
        return resolve(command[0])
    }

    /// Go's `fmt.Sprintf` for text and floating-point numbers.
    private static func formatted(_ format: String, _ arguments: [Value]) -> String {
        var text = ""
        var rest = arguments[...]
        var characters = format[...]
        while let character = characters.popFirst() {
            guard character == "%" else {
                text.append(character)
                continue
            }
            let specification = characters.prefix { $0.isNumber || $0 == "." || $0 == "-" || $0 == "+" }
            characters = characters.dropFirst(specification.count)
            guard let verb = characters.popFirst() else { return text + "%!(NOVERB)" }
            if verb == "%" {
                text += "%"
                continue
            }
            guard let argument = rest.popFirst() else {
                text += "%!\(verb)(MISSING)"
                continue
            }
            let places = specification.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first.map { Int($0) ?? 0 }
            switch (verb, argument) {
            case ("f", .number(let value)): text += DecimalNumber.fixedText(value, places: min(places ?? 6, 60))
            case ("g", .number(let value)), ("v", .number(let value)): text += DecimalNumber.generalText(value)
            case ("e", .number(let value)):
                var bytes: [UInt8] = []
                DecimalNumber.formatScientific(value, into: &bytes)
                text += String(decoding: bytes, as: UTF8.self)
            case ("s", .text(let value)), ("v", .text(let value)): text += value
            case ("q", .text(let value)): text += Literals.quote(value)
            case (_, .number(let value)): text += "%!\(verb)(float64=\(DecimalNumber.generalText(value)))"
            case (_, .text(let value)): text += "%!\(verb)(string=\(value))"
            }
        }
        return text
    }
}
