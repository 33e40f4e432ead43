import QueryLanguage

@testable import PromQL

/// What upstream's extra checks need to know and change in an expression.
enum Calls {
    /// Names of all functions called, in durations too.
    static func names(_ expression: Expression) -> Set<String> {
        var names: Set<String> = []
        func duration(_ duration: DurationExpression?) {
            if duration?.dependsOnQuery ?? false { names.formUnion(["step", "range"]) }
        }
        func shift(_ shift: TimeShift) {
            duration(shift.offset)
            if shift.at == .start || shift.at == .end { names.insert("start") }
        }
        func walk(_ expression: Expression) {
            switch expression {
            case .number, .string: break
            case .selector(let node): shift(node.shift)
            case .matrix(let node):
                shift(node.selector.shift)
                duration(node.duration)
            case .subquery(let node):
                shift(node.shift)
                duration(node.duration)
                duration(node.step)
                walk(node.expression)
            case .aggregate(let node):
                if let parameter = node.parameter { walk(parameter) }
                walk(node.expression)
            case .binary(let node):
                walk(node.left)
                walk(node.right)
            case .call(let node):
                names.insert(node.function.name)
                node.arguments.forEach(walk)
            case .paren(let node): walk(node.expression)
            case .unary(let node): walk(node.expression)
            }
        }
        walk(expression)
        return names
    }

    /// The expression with `@ time` on everything that has none, but not within a subquery that has.
    static func pin(_ expression: Expression, at time: Int64) -> Expression {
        func pin(_ shift: TimeShift) -> TimeShift { TimeShift(offset: shift.offset, at: shift.at ?? .time(time)) }
        switch expression {
        case .number, .string: return expression
        case .selector(var node):
            node.shift = pin(node.shift)
            return .selector(node)
        case .matrix(var node):
            node.selector.shift = pin(node.selector.shift)
            return .matrix(node)
        case .subquery(var node):
            node.shift = pin(node.shift)
            return .subquery(node)
        case .aggregate(var node):
            node.parameter = node.parameter.map { self.pin($0, at: time) }
            node.expression = self.pin(node.expression, at: time)
            return .aggregate(node)
        case .binary(var node):
            node.left = self.pin(node.left, at: time)
            node.right = self.pin(node.right, at: time)
            return .binary(node)
        case .call(var node):
            node.arguments = node.arguments.enumerated().map { index, argument in
                node.function.name == "info" && index == 1 ? argument : self.pin(argument, at: time)
            }
            return .call(node)
        case .paren(var node):
            node.expression = self.pin(node.expression, at: time)
            return .paren(node)
        case .unary(var node):
            node.expression = self.pin(node.expression, at: time)
            return .unary(node)
        }
    }
}
