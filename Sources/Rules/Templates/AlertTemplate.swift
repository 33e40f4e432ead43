import Bytes
import QueryLanguage
import Telemetry

/// Labels and annotations with their templates filled in: `{{ $labels.instance }}`, `{{ $value | printf "%.2f" }}`.
///
/// Actions are pipelines of labels, the value, literals and functions (`AlertFunctions`). Control structures (`if`, `range`, `with`,
/// `define`) are not part of the language; a text that uses one shows an error in its place.
/// - Source: Prometheus' template reference.
struct AlertTemplate: Sendable {
    struct Failure: Error { var message: String }

    /// What a template knows besides its alert.
    struct Context: Sendable {
        var now: Timestamp
        var externalURL = ""
        /// Answers the function `query`.
        var query: @Sendable (String) throws(QueryError) -> [VectorElement] = { (_) throws(QueryError) in [] }
    }

    fileprivate enum Operand: Sendable {
        case label(String)
        case value
        case text(String)
        case number(Double)
        case function(String)
    }

    enum Value: Sendable {
        case text(String)
        case number(Double)
        case samples([VectorElement])

        var text: String {
            switch self {
            case .text(let text): text
            case .number(let value): DecimalNumber.generalText(value)
            case .samples(let samples): samples.map { "\($0.labels) => \(DecimalNumber.generalText($0.value))" }.joined(separator: " ")
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
    static func render(_ text: String, _ labels: Labels, _ value: Double, _ context: Context) -> String {
        guard text.utf8.contains(UInt8(ascii: "{")) else { return text }
        do throws(Failure) { return try AlertTemplate(text).render(labels, value, context) } catch {
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
        if let number = Double(word) { return .number(number) }
        if word.hasPrefix("$") { throw Failure(message: "undefined variable \(Literals.quote(word))") }
        return .function(word)
    }

    private func render(_ labels: Labels, _ value: Double, _ context: Context) throws(Failure) -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let part): text += part
            case .action(let commands):
                var result: Value?
                for command in commands { result = try Self.evaluate(command, result, labels, value, context) }
                text += result?.text ?? ""
            }
        }
        return text
    }

    private static func evaluate(_ command: [Operand], _ piped: Value?, _ labels: Labels, _ value: Double, _ context: Context) throws(Failure)
        -> Value
    {
        var values: [Value] = []
        for operand in command.dropFirst(command[0].functionName == nil ? 0 : 1) {
            switch operand {
            case .label(let name): values.append(.text(labels[name] ?? ""))
            case .value: values.append(.number(value))
            case .text(let text): values.append(.text(text))
            case .number(let number): values.append(.number(number))
            case .function(let name): values.append(try call(name, [], context))
            }
        }
        if let piped { values.append(piped) }
        if let name = command[0].functionName { return try call(name, values, context) }
        guard values.count == 1 else { throw Failure(message: "can't give argument to non-function") }
        return values[0]
    }

    private static func call(_ name: String, _ arguments: [Value], _ context: Context) throws(Failure) -> Value {
        guard AlertFunctions.names.contains(name) else { throw Failure(message: "function \(Literals.quote(name)) not defined") }
        return try AlertFunctions.call(name, arguments, context)
    }
}

extension AlertTemplate.Operand {
    fileprivate var functionName: String? {
        if case .function(let name) = self { return name }
        return nil
    }
}
