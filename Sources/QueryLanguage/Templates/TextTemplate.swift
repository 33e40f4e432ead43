import Bytes

/// A template in the language of Go's `text/template`, as LogQL's formatters and Prometheus' alert annotations use it.
///
/// - Source: the documentation of Go's text/template: actions, pipelines, variables, trim markers.
package struct TextTemplate: Sendable {
    /// A rendered text is no longer than this.
    package static let maximumLength = 1 << 20

    indirect enum Node: Sendable {
        case text([UInt8])
        case output(Pipeline)
        case condition(Pipeline, then: [Node], else: [Node])
        case with(Pipeline, body: [Node], else: [Node])
        case range(Pipeline, body: [Node], else: [Node])
        case leave(isBreak: Bool)
        /// Another template by its name, for a value of its own.
        case call(String, Pipeline?, offset: Int)
    }

    /// What a field that is not there comes to. - Source: Go's option `missingkey`.
    package enum MissingKey: Sendable { case noValue, failure }

    struct Pipeline: Sendable {
        var variables: [String] = []
        /// Whether the variable was declared before (`=` instead of `:=`).
        var isAssignment = false
        var commands: [Command] = []
    }

    struct Command: Sendable {
        var operands: [Operand]
        var offset: Int
    }

    indirect enum Operand: Sendable {
        case dot([String])
        case variable(String, [String])
        case literal(TemplateValue)
        case function(String)
        case nested(Pipeline, [String])

        /// The value and the name behind it that is called with arguments.
        var split: (receiver: Operand, method: String)? {
            switch self {
            case .dot(let path): path.last.map { (.dot(path.dropLast()), $0) }
            case .variable(let name, let path): path.last.map { (.variable(name, path.dropLast()), $0) }
            case .nested(let pipeline, let path): path.last.map { (.nested(pipeline, path.dropLast()), $0) }
            case .literal, .function: nil
            }
        }
    }

    let nodes: [Node]
    /// Templates that the text defines, by their names.
    let definitions: [String: [Node]]
    let functions: TemplateFunctions
    /// Fields of the subject that the template uses; nil when it uses `.` as a whole.
    package let fields: Set<String>?

    /// - Throws: `TemplateError` with the place.
    package init(_ text: String, functions: TemplateFunctions = .standard) throws(TemplateError) {
        var parser = try TemplateParser(text, functions)
        nodes = try parser.parse()
        definitions = parser.definitions
        fields = parser.usesWhole ? nil : parser.fields
        self.functions = functions
    }

    /// - Throws: `TemplateError` when a function refuses its arguments or the text grows too long.
    package func render(_ subject: some TemplateSubject, missingKey: MissingKey = .noValue) throws(TemplateError) -> [UInt8] {
        var renderer = TemplateRenderer(subject: subject, template: self, missingKey: missingKey)
        _ = try renderer.run(nodes)
        return renderer.output
    }
}

/// Runs the nodes of one template for one subject.
struct TemplateRenderer<Subject: TemplateSubject> {
    enum Flow { case proceed, leaveLoop, nextRound }

    private static var deepestCall: Int { 64 }

    let subject: Subject
    let functions: TemplateFunctions
    private let definitions: [String: [TextTemplate.Node]]
    private let missingKey: TextTemplate.MissingKey
    var output: [UInt8] = []
    /// The value of `.`; nil is the subject itself.
    private var dot: TemplateValue?
    /// The value of `$` in a template that was called; nil is the subject.
    private var root: TemplateValue?
    private var callDepth = 0
    private var variables: [(name: String, value: TemplateValue)] = []
    private var rounds = 0

    init(subject: Subject, template: TextTemplate, missingKey: TextTemplate.MissingKey) {
        self.subject = subject
        functions = template.functions
        definitions = template.definitions
        self.missingKey = missingKey
    }

    mutating func run(_ nodes: [TextTemplate.Node]) throws(TemplateError) -> Flow {
        let depth = variables.count
        defer { variables.removeLast(variables.count - depth) }
        for node in nodes {
            switch node {
            case .text(let text): output.append(contentsOf: text)
            case .output(let pipeline):
                let value = try evaluate(pipeline)
                if pipeline.variables.isEmpty { output.append(contentsOf: value.text.utf8) }
            case .leave(let isBreak): return isBreak ? .leaveLoop : .nextRound
            case .call(let name, let pipeline, let offset): try call(template: name, pipeline, offset)
            default:
                let flow = try runBlock(node)
                if flow != .proceed { return flow }
            }
            if output.count > TextTemplate.maximumLength { throw TemplateError("the text is longer than \(TextTemplate.maximumLength) bytes") }
        }
        return .proceed
    }

    /// Runs a defined template, which sees its own value and none of the caller's variables.
    private mutating func call(template name: String, _ pipeline: TextTemplate.Pipeline?, _ offset: Int) throws(TemplateError) {
        guard let nodes = definitions[name] else { throw TemplateError("template \(Literals.quote(name)) not defined", offset: offset) }
        guard callDepth < Self.deepestCall else { throw TemplateError("exceeded maximum template depth", offset: offset) }
        let value = try pipeline.map { (pipeline) throws(TemplateError) in try evaluate(pipeline) } ?? .none
        let outer = (dot, root, variables)
        (dot, root, variables) = (value, value, [])
        callDepth += 1
        defer {
            (dot, root, variables) = outer
            callDepth -= 1
        }
        _ = try run(nodes)
    }

    private mutating func runBlock(_ node: TextTemplate.Node) throws(TemplateError) -> Flow {
        let depth = variables.count
        let outer = dot
        defer {
            variables.removeLast(variables.count - depth)
            dot = outer
        }
        switch node {
        case .condition(let pipeline, let then, let otherwise): return try run(try evaluate(pipeline).isTrue ? then : otherwise)
        case .with(let pipeline, let body, let otherwise):
            let value = try evaluate(pipeline)
            guard value.isTrue else { return try run(otherwise) }
            dot = value
            return try run(body)
        case .range(let pipeline, let body, let otherwise): return try runRange(pipeline, body, otherwise)
        default: return .proceed
        }
    }

    private mutating func runRange(
        _ pipeline: TextTemplate.Pipeline, _ body: [TextTemplate.Node], _ otherwise: [TextTemplate.Node]
    ) throws(TemplateError) -> Flow {
        var plain = pipeline
        plain.variables = []
        let elements: [(key: TemplateValue, value: TemplateValue)] = switch try evaluate(plain) {
        case .list(let values): values.enumerated().map { (.integer(Int64($0.offset)), $0.element) }
        case .object(let members): members.sorted { $0.key < $1.key }.map { (.string($0.key), $0.value) }
        case .integer(let count): (0..<max(0, min(count, 100_000))).map { (.integer($0), .integer($0)) }
        case .none: []
        case let other: throw TemplateError("range can't iterate over \(other.text)")
        }
        if elements.isEmpty { return try run(otherwise) }
        let depth = variables.count
        for (key, value) in elements {
            rounds += 1
            if rounds > 1_000_000 { throw TemplateError("too many rounds of range") }
            dot = value
            if pipeline.variables.count == 2 { variables.append((pipeline.variables[0], key)) }
            if let name = pipeline.variables.last { variables.append((name, value)) }
            let flow = try run(body)
            variables.removeLast(variables.count - depth)
            if flow == .leaveLoop { break }
        }
        return .proceed
    }

    // MARK: Pipelines

    private mutating func evaluate(_ pipeline: TextTemplate.Pipeline) throws(TemplateError) -> TemplateValue {
        var value: TemplateValue?
        for command in pipeline.commands { value = try evaluate(command, piped: value) }
        let result = value ?? .none
        if let name = pipeline.variables.first {
            if pipeline.isAssignment, let index = variables.lastIndex(where: { $0.name == name }) {
                variables[index].value = result
            } else {
                variables.append((name, result))
            }
        }
        return result
    }

    private mutating func evaluate(_ command: TextTemplate.Command, piped: TemplateValue?) throws(TemplateError) -> TemplateValue {
        guard case .function(let name) = command.operands[0] else {
            guard command.operands.count > 1 || piped != nil else { return try value(of: command.operands[0], command.offset) }
            guard let (operand, method) = command.operands[0].split else { throw TemplateError("can't give argument to non-function", offset: command.offset) }
            let receiver = try value(of: operand, command.offset)
            switch receiver {
            case .time, .duration: break
            default:
                if case .dot = command.operands[0] { throw TemplateError("\(method) is not a method but has arguments", offset: command.offset) }
                throw TemplateError("can't give argument to non-function", offset: command.offset)
            }
            var arguments: [TemplateValue] = []
            for operand in command.operands.dropFirst() { arguments.append(try value(of: operand, command.offset)) }
            return try TemplateMethods.call(method, of: receiver, arguments + (piped.map { [$0] } ?? []), command.offset)
        }
        if name == "and" || name == "or" {
            var last = TemplateValue.none
            for operand in command.operands.dropFirst() {
                last = try value(of: operand, command.offset)
                if last.isTrue == (name == "or") { return last }
            }
            return piped ?? last
        }
        var arguments: [TemplateValue] = []
        for operand in command.operands.dropFirst() { arguments.append(try value(of: operand, command.offset)) }
        if let piped { arguments.append(piped) }
        return try call(name, arguments, command.offset)
    }

    private func call(_ name: String, _ arguments: [TemplateValue], _ offset: Int) throws(TemplateError) -> TemplateValue {
        if functions.dynamic.contains(name) { return try subject.call(name, arguments) }
        guard let function = functions.functions[name] else { throw TemplateError("function \"\(name)\" not defined", offset: offset) }
        guard function.arity.contains(arguments.count) else {
            throw TemplateError(
                "wrong number of args for \(name): want \(function.arity.lowerBound) got \(arguments.count)", offset: offset)
        }
        do { return try function.body(arguments) } catch {
            throw TemplateError("error calling \(name): \(error.message)", offset: offset)
        }
    }

    private mutating func value(of operand: TextTemplate.Operand, _ offset: Int) throws(TemplateError) -> TemplateValue {
        switch operand {
        case .literal(let value): return value
        case .function(let name): return try call(name, [], offset)
        case .nested(let pipeline, let path): return try field(try evaluate(pipeline), path[...], offset)
        case .dot(let path):
            if let dot { return try field(dot, path[...], offset) }
            return try subjectField(path, offset)
        case .variable(let name, let path):
            if name == "$" {
                if let root { return try field(root, path[...], offset) }
                return try subjectField(path, offset)
            }
            guard let variable = variables.last(where: { $0.name == name }) else { throw TemplateError("undefined variable \(name)", offset: offset) }
            return try field(variable.value, path[...], offset)
        }
    }

    private func subjectField(_ path: [String], _ offset: Int) throws(TemplateError) -> TemplateValue {
        guard let first = path.first else { return subject.whole }
        let value = subject.field(first)
        if case .none = value { try refuseMissing(first, offset) }
        return try field(value, path.dropFirst(), offset)
    }

    private func field(_ value: TemplateValue, _ path: ArraySlice<String>, _ offset: Int) throws(TemplateError) -> TemplateValue {
        var value = value
        for name in path {
            switch value {
            case .object(let members):
                value = members[name] ?? .none
                if case .none = value { try refuseMissing(name, offset) }
            case .time, .duration: value = try TemplateMethods.call(name, of: value, [], offset)
            case .none: return .none
            default: throw TemplateError("can't evaluate field \(name) in \(Literals.quote(value.text))", offset: offset)
            }
        }
        return value
    }

    private func refuseMissing(_ name: String, _ offset: Int) throws(TemplateError) {
        if missingKey == .failure { throw TemplateError("map has no entry for key \(Literals.quote(name))", offset: offset) }
    }
}
