import Bytes
import QueryLanguage
import Telemetry

extension Expression: CustomStringConvertible {
    /// The query in its normal form.
    package var description: String {
        switch self {
        case .log(let log): log.description
        case .range(let aggregation): aggregation.description
        case .aggregation(let aggregation): aggregation.description
        case .binary(let binary): binary.description
        case .number(let value): DecimalNumber.prometheusText(value)
        case .vector(let value): "vector(\(DecimalNumber.prometheusText(value)))"
        case .labelReplace(let replacement):
            "label_replace(\(replacement.operand),"
                + [replacement.destination, replacement.replacement, replacement.source, replacement.pattern].map(Literals.quote)
                .joined(separator: ",") + ")"
        }
    }
}

extension LogExpression: CustomStringConvertible {
    package var description: String {
        let selector = "{" + matchers.map { "\($0.name)\($0.operation.rawValue)\(Literals.quote($0.value))" }.joined(separator: ", ") + "}"
        return ([selector] + stages.map(\.description)).joined(separator: " ")
    }
}

extension RangeAggregation: CustomStringConvertible {
    package var description: String {
        var text = operation.rawValue + "("
        if let parameter { text += DecimalNumber.prometheusText(parameter) + "," }
        if let counted { text += counted + "," }
        text += log.description
        if let unwrap {
            text += " | unwrap " + (unwrap.conversion == .none ? unwrap.label : "\(unwrap.conversion.rawValue)(\(unwrap.label))")
            for filter in unwrap.filters { text += " | \(filter)" }
        }
        text += "[\(PrometheusDuration.format(window))]"
        if offset != 0 { text += " offset \(PrometheusDuration.format(offset))" }
        text += ")"
        if let grouping { text += " " + grouping.text }
        return text
    }
}

extension Grouping {
    var text: String { (isWithout ? "without" : "by") + " (" + labels.joined(separator: ",") + ")" }
}

extension VectorAggregation: CustomStringConvertible {
    package var description: String {
        var text = operation.rawValue
        if let grouping { text += " " + grouping.text }
        text += "("
        if let count { text += "\(count)," }
        return text + "\(operand))"
    }
}

extension BinaryExpression: CustomStringConvertible {
    package var description: String {
        var text = "(\(left) \(operation.rawValue)"
        if returnsBool { text += " bool" }
        if isMatchingExplicit {
            text += " \(matching.isOn ? "on" : "ignoring") (\(matching.labels.joined(separator: ",")))"
            switch matching.cardinality {
            case .manyToOne: text += " group_left (\(matching.included.joined(separator: ",")))"
            case .oneToMany: text += " group_right (\(matching.included.joined(separator: ",")))"
            case .oneToOne, .manyToMany: break
            }
        }
        return text + " \(right))"
    }
}

extension StageExpression: CustomStringConvertible {
    package var description: String {
        switch self {
        case .lineFilter(let filter):
            let operands = filter.operands.map { operand in
                switch operand {
                case .text(let text): Literals.quote(UTF8Validation.repaired(text[...]))
                case .ip(let text): "ip(\(Literals.quote(text)))"
                }
            }
            return filter.operation.rawValue + " " + operands.joined(separator: " or ")
        case .json(let extractions): return "| json" + Self.text(extractions)
        case .logfmt(let isStrict, let keepsEmpty, let extractions):
            return "| logfmt" + (isStrict ? " --strict" : "") + (keepsEmpty ? " --keep-empty" : "") + Self.text(extractions)
        case .pattern(let text): return "| pattern \(Literals.quote(text))"
        case .regexp(let text): return "| regexp \(Literals.quote(text))"
        case .unpack: return "| unpack"
        case .labelFilter(let filter): return "| \(filter)"
        case .lineFormat(let text): return "| line_format \(Literals.quote(text))"
        case .labelFormat(let formats):
            return "| label_format " + formats.map { "\($0.name)=\($0.isRename ? $0.value : Literals.quote($0.value))" }.joined(separator: ",")
        case .decolorize: return "| decolorize"
        case .drop(let selections): return "| drop " + selections.map(\.text).joined(separator: ",")
        case .keep(let selections): return "| keep " + selections.map(\.text).joined(separator: ",")
        case .table(let table): return "| \(table)"
        }
    }

    private static func text(_ extractions: [Extraction]) -> String {
        extractions.isEmpty ? "" : " " + extractions.map { "\($0.name)=\(Literals.quote($0.path))" }.joined(separator: ",")
    }
}

extension LabelSelection {
    var text: String { matcher.map { "\(name)\($0.operation.rawValue)\(Literals.quote($0.value))" } ?? name }
}

extension LabelFilterExpression: CustomStringConvertible {
    package var description: String {
        switch self {
        case .matcher(let matcher):
            let isExpression = matcher.operation == .matchesExpression || matcher.operation == .matchesNotExpression
            let value = isExpression && !matcher.value.contains("`") ? "`\(matcher.value)`" : Literals.quote(matcher.value)
            return "\(matcher.name)\(matcher.operation.rawValue)\(isExpression && !matcher.value.contains("\\") ? Literals.quote(matcher.value) : value)"
        case .quantity(let name, let comparison, _, _, let text): return "\(name)\(comparison.rawValue)\(text)"
        case .ip(let name, let isNegated, let text): return "\(name)\(isNegated ? "!=" : "=")ip(\(Literals.quote(text)))"
        case .and(let left, let right): return "( \(left) , \(right) )"
        case .or(let left, let right): return "( \(left) or \(right) )"
        }
    }
}

extension TableExpression: CustomStringConvertible {
    package var description: String {
        switch self {
        case .distinct(let names): "distinct" + (names.isEmpty ? "" : " " + names.joined(separator: ","))
        case .dedup: "dedup"
        case .sort(let names, let isDescending): "sort by (\(names.joined(separator: ",")))" + (isDescending ? " desc" : "")
        case .top(let count, let names): "top \(count) by (\(names.joined(separator: ",")))"
        case .uniq(let names): "uniq by (\(names.joined(separator: ",")))"
        case .context(let before, let after): "context \(before),\(after)"
        case .cluster: "cluster"
        }
    }
}
