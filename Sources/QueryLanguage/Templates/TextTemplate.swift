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
    }

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
    }

    let nodes: [Node]
    let functions: TemplateFunctions
    /// Fields of the subject that the template uses; nil when it uses `.` as a whole.
    package let fields: Set<String>?

    /// - Throws: `TemplateError` with the place.
    package init(_ text: String, functions: TemplateFunctions = .standard) throws(TemplateError) {
        var parser = try TemplateParser(text, functions)
        nodes = try parser.parse()
        fields = parser.usesWhole ? nil : parser.fields
        self.functions = functions
    }

    /// - Throws: `TemplateError` when a function refuses its arguments or the text grows too long.
    package func render(_ subject: some TemplateSubject) throws(TemplateError) -> [UInt8] {
        var renderer = TemplateRenderer(subject: subject, functions: functions)
        _ = try renderer.run(nodes)
        return renderer.output
    }
}

/// Runs the nodes of one template for one subject.
struct TemplateRenderer<Subject: TemplateSubject> {
    enum Flow { case proceed, leaveLoop, nextRound }

    let subject: Subject
    let functions: TemplateFunctions
    var output: [UInt8] = []
    /// The value of `.`; nil is the subject itself.
    private var dot: TemplateValue?
    private var variables: [(name: String, value: TemplateValue)] = []
    private var rounds = 0

    init(subject: Subject, functions: TemplateFunctions) {
        self.subject = subject
        self.functions = functions
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
            default:
                let flow = try runBlock(node)
                if flow != .proceed { return flow }
            }
            if output.count > TextTemplate.maximumLength { throw TemplateError("the text is longer than \(TextTemplate.maximumLength) bytes") }
        }
        return .proceed
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
            if command.operands.count > 1 || piped != nil {
                if case .dot(let path) = command.operands[0], let last = path.last {
                    throw TemplateError("\(last) is not a method but has arguments", offset: command.offset)
                }
                throw TemplateError("can't give argument to non-function", offset: command.offset)
            }
            return try value(of: command.operands[0], command.offset)
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
        case .nested(let pipeline, let path): return Self.field(try evaluate(pipeline), path[...])
        case .dot(let path):
            if let dot { return Self.field(dot, path[...]) }
            guard let first = path.first else { return subject.whole }
            return Self.field(subject.field(first), path.dropFirst())
        case .variable(let name, let path):
            if name == "$" {
                guard let first = path.first else { return subject.whole }
                return Self.field(subject.field(first), path.dropFirst())
            }
            guard let variable = variables.last(where: { $0.name == name }) else { throw TemplateError("undefined variable \(name)", offset: offset) }
            return Self.field(variable.value, path[...])
        }
    }

    private static func field(_ value: TemplateValue, _ path: ArraySlice<String>) -> TemplateValue {
        var value = value
        for name in path {
            guard case .object(let members) = value else { return .none }
            value = members[name] ?? .none
        }
        return value
    }
}
