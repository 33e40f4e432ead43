import Bytes
import QueryLanguage
import Telemetry

/// Writes expressions back as text: in one line, or broken at a width.
package enum Printer {
    static func number(_ value: Double) -> String { DecimalNumber.prometheusText(value) }

    static func isPlainName(_ name: String, allowsColon: Bool = false) -> Bool { Literals.isIdentifier(name, allowsColon: allowsColon) }

    static func labelName(_ name: String) -> String { isPlainName(name) ? name : Literals.quote(name) }

    static func labelNames(_ names: [String]) -> String { names.map(labelName).joined(separator: ", ") }

    static func matcher(_ matcher: LabelMatcher) -> String {
        "\(labelName(matcher.name))\(matcher.operation.rawValue)\(Literals.quote(matcher.value))"
    }

    static func shift(_ shift: TimeShift) -> String {
        var text = ""
        switch shift.at {
        case .time(let milliseconds): text += " @ \(DecimalNumber.fixedText(Double(milliseconds) / 1000, places: 3))"
        case .start: text += " @ start()"
        case .end: text += " @ end()"
        case nil: break
        }
        if let offset = shift.offset, offset.literalSeconds != 0 { text += " offset \(offset.text)" }
        return text
    }

    static func selector(_ node: VectorSelector, bracket: String = "") -> String {
        var parts = node.matchers.filter { !($0.name == Labels.metricName && $0.operation == .equal && $0.value == node.name && !node.name.isEmpty) }
            .map(matcher)
        parts.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var text = node.name
        let matchesNameAgain = node.matchers.contains { $0.name == Labels.metricName && !($0.operation == .equal && $0.value == node.name) }
        if !node.name.isEmpty, matchesNameAgain || !isPlainName(node.name, allowsColon: true) {
            parts.insert(Literals.quote(node.name), at: 0)
            text = ""
        }
        if !parts.isEmpty { text += "{\(parts.joined(separator: ","))}" }
        text += bracket
        if node.edges != .plain { text += " \(node.edges.rawValue)" }
        return text + shift(node.shift)
    }

    static func matching(_ node: Binary) -> String {
        var text = ""
        let matching = node.matching
        // `on ()` beside a scalar means nothing, and is not kept.
        if (matching.isOn && node.left.type == .vector && node.right.type == .vector) || !matching.labels.isEmpty {
            text += " \(matching.isOn ? "on" : "ignoring") (\(labelNames(matching.labels)))"
        }
        if matching.cardinality == .manyToOne || matching.cardinality == .oneToMany {
            text += " \(matching.cardinality == .manyToOne ? "group_left" : "group_right") (\(labelNames(matching.included)))"
        }
        if let left = matching.fillLeft, let right = matching.fillRight, left == right || (left.isNaN && right.isNaN) {
            text += " fill (\(number(left)))"
        } else {
            if let left = matching.fillLeft { text += " fill_left (\(number(left)))" }
            if let right = matching.fillRight { text += " fill_right (\(number(right)))" }
        }
        return text
    }

    static func aggregationHead(_ node: Aggregation) -> String {
        if node.grouping.isWithout { return "\(node.operation.rawValue) without (\(labelNames(node.grouping.labels))) " }
        if node.grouping.labels.isEmpty { return node.operation.rawValue }
        return "\(node.operation.rawValue) by (\(labelNames(node.grouping.labels))) "
    }

    static func subquerySuffix(_ node: Subquery) -> String {
        "[\(node.duration.text):\(node.step?.text ?? "")]\(shift(node.shift))"
    }

    /// The expression in one line, in canonical form.
    package static func text(_ expression: Expression) -> String {
        switch expression {
        case .number(let node):
            return node.isDuration ? PrometheusDuration.format(Int64((node.value * 1000).rounded())) : number(node.value)
        case .string(let node): return Literals.quote(node.bytes)
        case .selector(let node): return selector(node)
        case .matrix(let node): return selector(node.selector, bracket: "[\(node.duration.text)]")
        case .subquery(let node): return text(node.expression) + subquerySuffix(node)
        case .aggregate(let node):
            let parameter = node.parameter.map { text($0) + ", " } ?? ""
            return "\(aggregationHead(node))(\(parameter)\(text(node.expression)))"
        case .binary(let node):
            let bool = node.returnsBool ? " bool" : ""
            return "\(text(node.left)) \(node.operation.rawValue)\(bool)\(matching(node)) \(text(node.right))"
        case .call(let node): return "\(node.function.name)(\(node.arguments.map(text).joined(separator: ", ")))"
        case .paren(let node): return "(\(text(node.expression)))"
        case .unary(let node): return "\(node.isNegative ? "-" : "+")\(text(node.expression))"
        }
    }

    // MARK: - Pretty

    /// The expression over several lines: what is longer than `width` is broken and indented.
    ///
    /// - Source: Prometheus' `Prettify`, whose width is 100.
    package static func pretty(_ expression: Expression, width: Int = 100) -> String { pretty(expression, level: 0, width) }

    private static func pretty(_ expression: Expression, level: Int, _ width: Int) -> String {
        let indent = String(repeating: "  ", count: level)
        let line = text(expression)
        if case .unary(let node) = expression {
            let child = pretty(node.expression, level: level, width)
            return "\(indent)\(node.isNegative ? "-" : "+")\(child.drop { $0 == " " || $0 == "\n" })"
        }
        guard line.utf8.count > width else { return indent + line }
        switch expression {
        case .aggregate(let node):
            let parameter = node.parameter.map { "\n\(pretty($0, level: level + 1, width))," } ?? ""
            return "\(indent)\(aggregationHead(node))(\(parameter)\n\(pretty(node.expression, level: level + 1, width))\n\(indent))"
        case .binary(let node):
            let bool = node.returnsBool ? " bool" : ""
            let left = pretty(node.left, level: level + 1, width)
            return "\(left)\n\(indent)\(node.operation.rawValue)\(bool)\(matching(node))\n\(pretty(node.right, level: level + 1, width))"
        case .call(let node):
            let arguments = node.arguments.map { pretty($0, level: level + 1, width) }.joined(separator: ",\n")
            return "\(indent)\(node.function.name)(\n\(arguments)\n\(indent))"
        case .paren(let node): return "\(indent)(\n\(pretty(node.expression, level: level + 1, width))\n\(indent))"
        case .subquery(let node): return pretty(node.expression, level: level, width) + subquerySuffix(node)
        default: return indent + line
        }
    }
}
