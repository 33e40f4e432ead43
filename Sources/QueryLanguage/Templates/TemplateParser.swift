import Bytes

/// Reads a template.
struct TemplateParser {
    private enum Token: Equatable {
        case word(String)
        case field(String)
        case variable(String)
        case string(String)
        case number(String)
        case symbol(String)
    }

    private struct Action {
        var tokens: [(token: Token, offset: Int)]
        var offset: Int
    }

    private enum Piece {
        case text([UInt8])
        case action(Action)
    }

    private static let maximumDepth = 64

    private let functions: TemplateFunctions
    private var pieces: [Piece] = []
    private var next = 0
    /// How many ranges stand around the place.
    private var ranges = 0
    private var depth = 0
    /// Names of variables in sight.
    private var variables: [String] = ["$"]
    private(set) var fields: Set<String> = []
    private(set) var usesWhole = false
    private(set) var definitions: [String: [TextTemplate.Node]] = [:]

    init(_ text: String, _ functions: TemplateFunctions) throws(TemplateError) {
        self.functions = functions
        pieces = try Self.split(Array(text.utf8))
    }

    mutating func parse() throws(TemplateError) -> [TextTemplate.Node] {
        let (nodes, end) = try block()
        if let end { throw TemplateError("unexpected {{\(end.word)}}", offset: end.offset) }
        return nodes
    }

    // MARK: Words

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

    /// Cuts the text at its actions; `{{-` and `-}}` take the blanks beside them away.
    private static func split(_ text: [UInt8]) throws(TemplateError) -> [Piece] {
        var pieces: [Piece] = []
        var index = 0
        var trims = false
        while true {
            let open = ByteSearch.firstRange(of: Array("{{".utf8), in: text, range: index..<text.count)
            var piece = text[index..<(open ?? text.count)]
            if trims { piece = piece.drop { isBlank($0) } }
            guard let open else {
                if !piece.isEmpty { pieces.append(.text(Array(piece))) }
                return pieces
            }
            index = open + 2
            if index + 1 < text.count, text[index] == UInt8(ascii: "-"), isBlank(text[index + 1]) {
                while let last = piece.last, isBlank(last) { piece.removeLast() }
                index += 1
            }
            if !piece.isEmpty { pieces.append(.text(Array(piece))) }
            let (action, end, trimsAfter) = try scan(text, index, open)
            if let action { pieces.append(.action(action)) }
            index = end
            trims = trimsAfter
        }
    }

    private static func scan(_ text: [UInt8], _ start: Int, _ open: Int) throws(TemplateError) -> (Action?, end: Int, trims: Bool) {
        var index = start
        var tokens: [(Token, Int)] = []
        func close(_ index: Int) -> (end: Int, trims: Bool)? {
            if text[index...].starts(with: "}}".utf8) { return (index + 2, false) }
            if index > start, isBlank(text[index - 1]), text[index...].starts(with: "-}}".utf8) { return (index + 3, true) }
            return nil
        }
        func isWordByte(_ byte: UInt8) -> Bool {
            byte == 0x5f || byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a && byte < 0x80 || byte >= 0x80
        }
        while index < text.count {
            if isBlank(text[index]) {
                index += 1
                continue
            }
            if let (end, trims) = close(index) {
                if tokens.isEmpty { throw TemplateError("missing value for command", offset: open) }
                return (Action(tokens: tokens, offset: open), end, trims)
            }
            if tokens.isEmpty, text[index...].starts(with: "/*".utf8) {
                guard let mark = ByteSearch.firstRange(of: Array("*/".utf8), in: text, range: index..<text.count) else {
                    throw TemplateError("unclosed comment", offset: index)
                }
                var after = mark + 2
                while after < text.count, isBlank(text[after]) { after += 1 }
                guard after < text.count, let (closed, trims) = close(after) else { throw TemplateError("comment ends before closing delimiter", offset: index) }
                return (nil, closed, trims)
            }
            let place = index
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "'"):
                do {
                    index = try Literals.endOfString(text, from: index)
                    let bytes = try Literals.unquote(text[place..<index])
                    let string = UTF8Validation.repaired(bytes[...])
                    if byte == UInt8(ascii: "'") {
                        tokens.append((.number(String(string.unicodeScalars.first?.value ?? 0)), place))
                    } else {
                        tokens.append((.string(string), place))
                    }
                } catch {
                    throw TemplateError(error.message, offset: place)
                }
            case UInt8(ascii: "."), UInt8(ascii: "$"):
                let isNumber = byte == UInt8(ascii: ".") && index + 1 < text.count && text[index + 1] >= 0x30 && text[index + 1] <= 0x39
                index += 1
                while index < text.count, isWordByte(text[index]) { index += 1 }
                let name = String(decoding: text[place + 1..<index], as: UTF8.self)
                if isNumber { tokens.append((.number("0." + name), place)) } else {
                    tokens.append((byte == UInt8(ascii: "$") ? .variable("$" + name) : .field(name), place))
                }
                // A field right behind a value belongs to it.
                if byte == UInt8(ascii: "."), place > start, !isBlank(text[place - 1]), text[place - 1] != UInt8(ascii: "("),
                    text[place - 1] != UInt8(ascii: "|"), !isNumber, tokens.count > 1 {
                    tokens[tokens.count - 1].0 = .symbol("." + name)
                }
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                index += 1
                while index < text.count, isWordByte(text[index]) || text[index] == UInt8(ascii: ".") { index += 1 }
                tokens.append((.number(String(decoding: text[place..<index], as: UTF8.self)), place))
            case UInt8(ascii: ":") where index + 1 < text.count && text[index + 1] == UInt8(ascii: "="):
                index += 2
                tokens.append((.symbol(":="), place))
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "|"), UInt8(ascii: ","), UInt8(ascii: "="):
                index += 1
                tokens.append((.symbol(String(UnicodeScalar(byte))), place))
            default:
                while index < text.count, isWordByte(text[index]) { index += 1 }
                guard index > place else { throw TemplateError("unexpected character in command", offset: place) }
                tokens.append((.word(String(decoding: text[place..<index], as: UTF8.self)), place))
            }
        }
        throw TemplateError("unclosed action", offset: open)
    }

    // MARK: Blocks

    /// Reads up to an `end` or `else`, which is returned.
    private mutating func block() throws(TemplateError) -> ([TextTemplate.Node], end: (word: String, action: ArraySlice<(token: Token, offset: Int)>, offset: Int)?) {
        depth += 1
        let seen = variables.count
        defer {
            depth -= 1
            variables.removeLast(variables.count - seen)
        }
        guard depth <= Self.maximumDepth else { throw TemplateError("template is nested too deeply") }
        var nodes: [TextTemplate.Node] = []
        while next < pieces.count {
            defer { next += 1 }
            guard case .action(let action) = pieces[next] else {
                if case .text(let text) = pieces[next] { nodes.append(.text(text)) }
                continue
            }
            guard case .word(let word) = action.tokens[0].token else {
                nodes.append(.output(try pipeline(action.tokens[...])))
                continue
            }
            let rest = action.tokens.dropFirst()
            switch word {
            case "end", "else": return (nodes, (word, rest, action.offset))
            case "if", "with", "range":
                next += 1
                ranges += word == "range" ? 1 : 0
                nodes.append(try control(word, rest, action.offset))
                ranges -= word == "range" ? 1 : 0
                next -= 1
            case "break", "continue":
                guard ranges > 0 else { throw TemplateError("{{\(word)}} outside {{range}}", offset: action.offset) }
                nodes.append(.leave(isBreak: word == "break"))
            case "template":
                let (name, value) = try call(rest, action.offset)
                nodes.append(.call(name, value, offset: action.offset))
            case "define":
                next += 1
                _ = try define(rest, action.offset, word)
                next -= 1
            case "block":
                next += 1
                let (name, value) = try define(rest, action.offset, word)
                next -= 1
                nodes.append(.call(name, value, offset: action.offset))
            default: nodes.append(.output(try pipeline(action.tokens[...])))
            }
        }
        return (nodes, nil)
    }

    /// The name of a template and the value it is for.
    private mutating func call(_ tokens: ArraySlice<(token: Token, offset: Int)>, _ offset: Int) throws(TemplateError) -> (String, TextTemplate.Pipeline?) {
        guard let first = tokens.first, case .string(let name) = first.token else { throw TemplateError("expected the name of a template", offset: offset) }
        let rest = tokens.dropFirst()
        return (name, rest.isEmpty ? nil : try pipeline(rest))
    }

    /// Reads the body of `define` or `block` up to its end.
    private mutating func define(
        _ tokens: ArraySlice<(token: Token, offset: Int)>, _ offset: Int, _ word: String
    ) throws(TemplateError) -> (String, TextTemplate.Pipeline?) {
        let (name, value) = try call(tokens, offset)
        if word == "define", value != nil || depth > 1 { throw TemplateError("unexpected {{define}}", offset: offset) }
        let outer = variables
        variables = ["$"]
        defer { variables = outer }
        let (body, end) = try block()
        guard let end, end.word == "end" else { throw TemplateError("unexpected EOF: missing end of \(word)", offset: offset) }
        definitions[name] = body
        return (name, value)
    }

    private mutating func control(_ word: String, _ tokens: ArraySlice<(token: Token, offset: Int)>, _ offset: Int) throws(TemplateError) -> TextTemplate.Node {
        if tokens.isEmpty { throw TemplateError("missing value for \(word)", offset: offset) }
        let seen = variables.count
        defer { variables.removeLast(variables.count - seen) }
        let head = try pipeline(tokens)
        let (body, end) = try block()
        guard let end else { throw TemplateError("unexpected EOF: missing end of \(word)", offset: offset) }
        var otherwise: [TextTemplate.Node] = []
        if end.word == "else" {
            if let first = end.action.first {
                guard case .word(let chained) = first.token, chained == "if" || chained == "with" else {
                    throw TemplateError("unexpected word after else", offset: first.offset)
                }
                otherwise = [try control(chained, end.action.dropFirst(), end.offset)]
            } else {
                let (nodes, last) = try block()
                guard let last, last.word == "end" else { throw TemplateError("unexpected EOF: missing end of \(word)", offset: offset) }
                otherwise = nodes
            }
        }
        switch word {
        case "if": return .condition(head, then: body, else: otherwise)
        case "with": return .with(head, body: body, else: otherwise)
        default: return .range(head, body: body, else: otherwise)
        }
    }

    // MARK: Pipelines

    private mutating func pipeline(_ tokens: ArraySlice<(token: Token, offset: Int)>) throws(TemplateError) -> TextTemplate.Pipeline {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw TemplateError("template is nested too deeply") }
        var pipeline = TextTemplate.Pipeline()
        var rest = tokens
        if let place = tokens.firstIndex(where: { $0.token == .symbol(":=") || $0.token == .symbol("=") }) {
            for (token, offset) in tokens[..<place] where token != .symbol(",") {
                guard case .variable(let name) = token else { throw TemplateError("expected a variable", offset: offset) }
                pipeline.variables.append(name)
            }
            pipeline.isAssignment = tokens[place].token == .symbol("=")
            if pipeline.variables.isEmpty { throw TemplateError("expected a variable", offset: tokens[place].offset) }
            rest = tokens[(place + 1)...]
        }
        let offset = tokens.first?.offset ?? 0
        var level = 0
        var command: [(token: Token, offset: Int)] = []
        for item in rest {
            if item.token == .symbol("(") { level += 1 }
            if item.token == .symbol(")") { level -= 1 }
            if item.token == .symbol("|"), level == 0 {
                pipeline.commands.append(try self.command(command[...], isFirst: pipeline.commands.isEmpty, offset))
                command = []
            } else {
                command.append(item)
            }
        }
        pipeline.commands.append(try self.command(command[...], isFirst: pipeline.commands.isEmpty, offset))
        if !pipeline.isAssignment { variables += pipeline.variables }
        return pipeline
    }

    private mutating func command(
        _ tokens: ArraySlice<(token: Token, offset: Int)>, isFirst: Bool, _ offset: Int
    ) throws(TemplateError) -> TextTemplate.Command {
        guard let first = tokens.first else { throw TemplateError("missing value for command", offset: offset) }
        var operands: [TextTemplate.Operand] = []
        var index = tokens.startIndex
        while index < tokens.endIndex { operands.append(try operand(tokens, &index)) }
        // What fields and variables make of arguments shows when they run, as in Go.
        switch operands[0] {
        case .function: break
        case .literal(.none): throw TemplateError("nil is not a command", offset: first.offset)
        case .dot(let path) where !path.isEmpty: break
        case .variable, .nested: break
        case .dot, .literal:
            if !isFirst { throw TemplateError("non executable command in pipeline", offset: first.offset) }
        }
        return TextTemplate.Command(operands: operands, offset: first.offset)
    }

    private mutating func operand(_ tokens: ArraySlice<(token: Token, offset: Int)>, _ index: inout Int) throws(TemplateError) -> TextTemplate.Operand {
        let (token, offset) = tokens[index]
        index += 1
        func path() -> [String] {
            var names: [String] = []
            while index < tokens.endIndex, case .symbol(let symbol) = tokens[index].token, symbol.hasPrefix("."), symbol.count > 1 {
                names.append(String(symbol.dropFirst()))
                index += 1
            }
            return names
        }
        switch token {
        case .field(let name):
            let names = (name.isEmpty ? [] : [name]) + path()
            if let first = names.first { fields.insert(first) } else { usesWhole = true }
            return .dot(names)
        case .variable(let name):
            guard variables.contains(name) else { throw TemplateError("undefined variable \"\(name)\"", offset: offset) }
            let names = path()
            if name == "$" { if let first = names.first { fields.insert(first) } else { usesWhole = true } }
            return .variable(name, names)
        case .string(let text): return .literal(.string(text))
        case .number(let text):
            if let value = Int64(text) { return .literal(.integer(value)) }
            guard let value = Literals.number(text) else { throw TemplateError("bad number syntax: \(Literals.quote(text))", offset: offset) }
            return .literal(text.contains(where: { ".eE".contains($0) }) && !text.hasPrefix("0x") ? .number(value) : .integer(Int64(value)))
        case .word("true"): return .literal(.bool(true))
        case .word("false"): return .literal(.bool(false))
        case .word("nil"): return .literal(.none)
        case .word(let name):
            guard functions.knows(name) else { throw TemplateError("function \"\(name)\" not defined", offset: offset) }
            let call = index - 1
            let names = path()
            return names.isEmpty ? .function(name) : .nested(try pipeline(tokens[call...call]), names)
        case .symbol("("):
            var level = 1
            var end = index
            while end < tokens.endIndex {
                if tokens[end].token == .symbol("(") { level += 1 }
                if tokens[end].token == .symbol(")") { level -= 1 }
                if level == 0 { break }
                end += 1
            }
            guard end < tokens.endIndex else { throw TemplateError("unclosed left paren", offset: offset) }
            let inner = try pipeline(tokens[index..<end])
            index = end + 1
            return .nested(inner, path())
        case .symbol(let text): throw TemplateError("unexpected \(Literals.quote(text)) in operand", offset: offset)
        }
    }
}
