import Bytes
import QueryLanguage
import Telemetry

/// An expression as the JSON tree that Prometheus' `parse_query` answers.
enum SyntaxTree {
    static func json(_ expression: Expression) -> JSONValue {
        switch expression {
        case .number(let node): return ["type": "numberLiteral", "val": .string(Printer.number(node.value))]
        case .string(let node): return ["type": "stringLiteral", "val": .string(node.value)]
        case .paren(let node): return ["type": "parenExpr", "expr": json(node.expression)]
        case .unary(let node): return ["type": "unaryExpr", "op": node.isNegative ? "-" : "+", "expr": json(node.expression)]
        case .selector(let node): return .object(selector("vectorSelector", node))
        case .matrix(let node):
            var object = selector("matrixSelector", node.selector)
            object["range"] = milliseconds(node.duration)
            if node.duration.literalSeconds == nil { object["rangeExpr"] = .string(node.duration.text) }
            return .object(object)
        case .subquery(let node):
            var object = JSONObject([
                ("type", "subquery"), ("expr", json(node.expression)), ("range", milliseconds(node.duration)),
                ("step", node.step.map(milliseconds) ?? 0),
            ])
            if node.duration.literalSeconds == nil { object["rangeExpr"] = .string(node.duration.text) }
            if let step = node.step, step.literalSeconds == nil { object["stepExpr"] = .string(step.text) }
            add(node.shift, to: &object)
            return .object(object)
        case .aggregate(let node):
            return [
                "type": "aggregation", "op": .string(node.operation.rawValue), "expr": json(node.expression),
                "param": node.parameter.map(json) ?? .null, "grouping": list(node.grouping.labels), "without": .bool(node.grouping.isWithout),
            ]
        case .call(let node):
            let function: JSONValue = [
                "name": .string(node.function.name), "argTypes": .array(node.function.parameters.map { .string(name($0)) }),
                "variadic": .number(node.function.variadic), "returnType": .string(name(node.function.result)),
            ]
            return ["type": "call", "func": function, "args": .array(node.arguments.map(json))]
        case .binary: return binary(expression)
        }
    }

    /// A chain of operators from the left without recursion, so that a long one costs no stack.
    private static func binary(_ expression: Expression) -> JSONValue {
        var chain: [Binary] = []
        var next = expression
        while case .binary(let node) = next {
            chain.append(node)
            next = node.left
        }
        var value = json(next)
        while let node = chain.popLast() {
            value = [
                "type": "binaryExpr", "op": .string(node.operation.rawValue), "lhs": value, "rhs": json(node.right), "matching": matching(node),
                "bool": .bool(node.returnsBool),
            ]
        }
        return value
    }

    private static func matching(_ node: Binary) -> JSONValue {
        guard node.left.type == .vector, node.right.type == .vector else { return nil }
        let matching = node.matching
        let cardinality = node.operation.isSet ? VectorMatching.Cardinality.manyToMany : matching.cardinality
        return [
            "card": .string(cardinality.rawValue), "labels": list(matching.labels), "on": .bool(matching.isOn), "include": list(matching.included),
            "fillValues": ["lhs": number(matching.fillLeft), "rhs": number(matching.fillRight)],
        ]
    }

    private static func selector(_ type: String, _ node: VectorSelector) -> JSONObject {
        let matchers = node.matchers.map { matcher -> JSONValue in
            ["name": .string(matcher.name), "value": .string(matcher.value), "type": .string(matcher.operation.rawValue)]
        }
        var object = JSONObject([
            ("type", .string(type)), ("name", .string(node.name)), ("matchers", .array(matchers)), ("anchored", .bool(node.edges == .anchored)),
            ("smoothed", .bool(node.edges == .smoothed)),
        ])
        add(node.shift, to: &object)
        return object
    }

    private static func add(_ shift: TimeShift, to object: inout JSONObject) {
        object["offset"] = shift.offset.map(milliseconds) ?? 0
        if let offset = shift.offset, offset.literalSeconds == nil { object["offsetExpr"] = .string(offset.text) }
        let (time, edge): (JSONValue, JSONValue) =
            switch shift.at {
            case .time(let milliseconds): (.number(Int(milliseconds)), .null)
            case .start: (.null, "start")
            case .end: (.null, "end")
            case nil: (.null, .null)
            }
        object["timestamp"] = time
        object["startOrEnd"] = edge
    }

    /// 0 where the length depends on the query.
    private static func milliseconds(_ duration: DurationExpression) -> JSONValue {
        .number(Int(((duration.literalSeconds ?? 0) * 1000).rounded()))
    }

    private static func number(_ value: Double?) -> JSONValue { value.map { .string(Printer.number($0)) } ?? .null }

    private static func list(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }

    private static func name(_ type: ValueType) -> String {
        switch type {
        case .vector: "vector"
        case .matrix: "matrix"
        default: type.rawValue
        }
    }
}
