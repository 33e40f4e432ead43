package import Telemetry

/// One stage of a pipeline as written.
package enum StageExpression: Sendable {
    case lineFilter(LineFilterExpression)
    case json([Extraction])
    case logfmt(isStrict: Bool, keepsEmpty: Bool, [Extraction])
    case pattern(String)
    case regexp(String)
    case unpack
    case labelFilter(LabelFilterExpression)
    case lineFormat(String)
    case labelFormat([LabelFormat])
    case decolorize
    case drop([LabelSelection])
    case keep([LabelSelection])
    /// What works on the whole answer; always last.
    case table(TableExpression)
}

/// `|= "a" or ip("10.0.0.0/8")`.
package struct LineFilterExpression: Sendable {
    package enum Operation: String, Sendable {
        case contains = "|="
        case excludes = "!="
        case matches = "|~"
        case matchesNot = "!~"
        case pattern = "|>"
        case patternNot = "!>"

        var isNegated: Bool { self == .excludes || self == .matchesNot || self == .patternNot }
    }

    package enum Operand: Sendable {
        case text([UInt8])
        case ip(String)
    }

    package var operation: Operation
    package var operands: [Operand]
}

/// `name="path"` of json and logfmt.
package struct Extraction: Sendable {
    package var name: String
    package var path: String
    /// Whether only the name was written.
    package var isPlain: Bool
}

/// `a=b` (rename) or `a="{{.b}}"`.
package struct LabelFormat: Sendable {
    package var name: String
    package var value: String
    package var isRename: Bool
}

/// An operand of drop and keep: a name or a condition on it.
package struct LabelSelection: Sendable {
    package var name: String
    package var matcher: LabelMatcher?
}

package indirect enum LabelFilterExpression: Sendable {
    package enum Comparison: String, Sendable {
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="

        func holds(_ left: Double, _ right: Double) -> Bool {
            switch self {
            case .equal: left == right
            case .notEqual: left != right
            case .less: left < right
            case .lessOrEqual: left <= right
            case .greater: left > right
            case .greaterOrEqual: left >= right
            }
        }
    }

    /// How the label's text becomes a number.
    package enum Unit: Sendable { case number, duration, bytes }

    case matcher(LabelMatcher)
    /// `text` is the bound as written.
    case quantity(name: String, Comparison, bound: Double, unit: Unit, text: String)
    case ip(name: String, isNegated: Bool, text: String)
    case and(LabelFilterExpression, LabelFilterExpression)
    case or(LabelFilterExpression, LabelFilterExpression)
}

/// Pipes beyond Loki's language, which look at all entries of an answer.
package enum TableExpression: Sendable {
    /// The first entry of each combination of values.
    case distinct([String])
    /// Entries whose line equals the one before in the same stream fall away.
    case dedup
    /// Orders entries by labels instead of time.
    case sort([String], descending: Bool)
    /// The most frequent combinations with their counts.
    case top(Int, [String])
    /// All combinations with their counts.
    case uniq([String])
    /// Lines around each hit.
    case context(before: Int, after: Int)
    /// Groups of lines of one shape with their counts.
    case cluster
}
