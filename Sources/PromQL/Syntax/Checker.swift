import QueryLanguage
import Telemetry

/// Checks types and numbers of arguments, in Prometheus' words.
struct Checker {
    let text: String

    private func fail(_ message: String, _ range: Range<Int>) -> QueryError { .parseError(message, at: range, in: text) }

    func check(_ expression: Expression) throws(QueryError) {
        switch expression {
        case .number, .string: break
        case .selector(let node): try check(node)
        case .matrix(let node): try check(node.selector)
        case .paren(let node): try check(node.expression)
        case .subquery(let node): try check(node.expression)
        case .unary(let node):
            try check(node.expression)
            let type = node.expression.type
            if type != .scalar, type != .vector {
                throw fail(
                    "unary expression only allowed on expressions of type scalar or instant vector, got \(Literals.quote(type.rawValue))", node.range)
            }
        case .aggregate(let node): try check(node)
        case .call(let node): try check(node)
        case .binary: try checkSpine(expression)
        }
    }

    /// A selector must not take in everything by accident.
    private func check(_ node: VectorSelector) throws(QueryError) {
        if node.matchers.allSatisfy(\.matchesEmpty) {
            throw fail("vector selector must contain at least one non-empty matcher", node.range)
        }
    }

    /// Walks down a chain of operators without recursion, so that a long one costs no stack.
    private func checkSpine(_ expression: Expression) throws(QueryError) {
        var chain: [Binary] = []
        var next = expression
        while case .binary(let node) = next {
            chain.append(node)
            next = node.left
        }
        try check(next)
        for node in chain.reversed() {
            try check(node.right)
            try check(node)
        }
    }

    private func expectType(_ expression: Expression, _ wanted: ValueType, _ context: String) throws(QueryError) {
        if expression.type != wanted {
            throw fail("expected type \(wanted.rawValue) in \(context), got \(expression.type.rawValue)", expression.range)
        }
    }

    private func check(_ node: Aggregation) throws(QueryError) {
        try check(node.expression)
        try expectType(node.expression, .vector, "aggregation expression")
        if let parameter = node.parameter {
            try check(parameter)
            try expectType(parameter, node.operation == .countValues ? .string : .scalar, "aggregation parameter")
        }
    }

    private func check(_ node: Call) throws(QueryError) {
        let function = node.function
        let given = node.arguments.count
        let wanted = function.parameters.count
        let name = Literals.quote(function.name)
        if function.variadic == 0 {
            if given != wanted { throw fail("expected \(wanted) argument(s) in call to \(name), got \(given)", node.range) }
        } else {
            if given < wanted - 1 { throw fail("expected at least \(wanted - 1) argument(s) in call to \(name), got \(given)", node.range) }
            let most = wanted + function.variadic - 1
            if function.variadic > 0, given > most {
                throw fail("expected at most \(most) argument(s) in call to \(name), got \(given)", node.range)
            }
        }
        for (index, argument) in node.arguments.enumerated() {
            if function.name == "info", index == 1 {
                guard case .selector(let selector) = argument else { throw fail("expected label selectors only", argument.range) }
                guard selector.name.isEmpty else {
                    throw fail("expected label selectors only, got vector selector instead", argument.range)
                }
                continue
            }
            try check(argument)
            try expectType(argument, function.parameters[min(index, wanted - 1)], "call to function \(name)")
        }
    }

    private func check(_ node: Binary) throws(QueryError) {
        let range = node.left.range.lowerBound..<node.right.range.upperBound
        let operation = node.operation
        if node.returnsBool, !operation.isComparison { throw fail("bool modifier can only be used on comparison operators", range) }
        let left = node.left.type
        let right = node.right.type
        for (side, type) in [(node.left, left), (node.right, right)] where type != .scalar && type != .vector {
            throw fail("binary expression must contain only scalar and instant vector types", side.range)
        }
        if left == .scalar || right == .scalar {
            if operation.isSet {
                throw fail("set operator \(Literals.quote(operation.rawValue)) not allowed in binary scalar expression", range)
            }
            if left == .scalar, right == .scalar, operation.isComparison, !node.returnsBool {
                throw fail("comparisons between scalars must use BOOL modifier", range)
            }
            if !node.matching.labels.isEmpty {
                throw fail("vector matching only allowed between instant vectors", range)
            }
            if node.matching.fillLeft != nil || node.matching.fillRight != nil {
                throw fail("filling in missing series only allowed between instant vectors", range)
            }
        }
    }
}
