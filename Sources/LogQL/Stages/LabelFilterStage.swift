import Bytes
import QueryLanguage
import Telemetry

/// Keeps entries by their labels.
indirect enum LabelFilterStage: Sendable {
    case matcher([UInt8], LabelMatcher)
    case quantity([UInt8], LabelFilterExpression.Comparison, Double, LabelFilterExpression.Unit)
    case address([UInt8], AddressSet, isNegated: Bool)
    case and(LabelFilterStage, LabelFilterStage)
    case or(LabelFilterStage, LabelFilterStage)

    init(_ expression: LabelFilterExpression) {
        switch expression {
        case .matcher(let matcher): self = .matcher(Array(matcher.name.utf8), matcher)
        case .quantity(let name, let comparison, let bound, let unit, _): self = .quantity(Array(name.utf8), comparison, bound, unit)
        case .ip(let name, let isNegated, let text): self = .address(Array(name.utf8), AddressSet(text)!, isNegated: isNegated)
        case .and(let left, let right): self = .and(LabelFilterStage(left), LabelFilterStage(right))
        case .or(let left, let right): self = .or(LabelFilterStage(left), LabelFilterStage(right))
        }
    }

    var names: [[UInt8]] {
        switch self {
        case .matcher(let name, _), .quantity(let name, _, _, _), .address(let name, _, _): [name]
        case .and(let left, let right), .or(let left, let right): left.names + right.names
        }
    }

    /// Conditions on numbers, durations and sizes drop an entry without their label; on addresses they leave a failed entry alone.
    func keeps(_ state: inout EntryState) -> Bool {
        switch self {
        case .matcher(let name, let matcher):
            let value = state.text(of: name)
            switch matcher.operation {
            case .equal: return value.elementsEqual(matcher.value.utf8)
            case .notEqual: return !value.elementsEqual(matcher.value.utf8)
            case .matchesExpression: return matcher.expression!.matches(value)
            case .matchesNotExpression: return !matcher.expression!.matches(value)
            }
        case .quantity(let name, let comparison, let bound, let unit):
            guard let value = state.value(of: name) else { return false }
            guard let number = unit.value(value) else {
                state.fail(.labelFilter, unit.failure(value))
                return true
            }
            return comparison.holds(number, bound)
        case .address(let name, let set, let isNegated):
            if state.error != nil { return true }
            guard let value = state.value(of: name) else { return false }
            return set.isFound(in: Array(value), 0..<value.count) != isNegated
        case .and(let left, let right):
            // Both sides run: either may note an error that a later condition looks at.
            let (isLeft, isRight) = (left.keeps(&state), right.keeps(&state))
            return isLeft && isRight
        case .or(let left, let right): return left.keeps(&state) || right.keeps(&state)
        }
    }
}

extension LabelFilterExpression.Unit {
    /// Durations in nanoseconds, sizes in bytes.
    func value(_ text: ArraySlice<UInt8>) -> Double? {
        switch self {
        case .number: Quantities.number(text)
        case .duration: try? Double(Quantities.goDuration(text))
        case .bytes: Quantities.byteSize(text)
        }
    }

    /// Why a text is no such quantity, as Go's parsers word it.
    func failure(_ bytes: ArraySlice<UInt8>) -> String {
        let text = UTF8Validation.repaired(bytes)
        switch self {
        case .number: return "strconv.ParseFloat: parsing \(Literals.quote(text)): invalid syntax"
        case .duration:
            do {
                _ = try Quantities.goDuration(bytes)
                return ""
            } catch {
                return error.message
            }
        case .bytes:
            let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == ",") }
            let unit = text.dropFirst(digits.count).filter { $0 != " " }.lowercased()
            return DecimalNumber.parse(digits.filter { $0 != "," }) == nil
                ? "strconv.ParseFloat: parsing \(Literals.quote(String(digits))): invalid syntax" : "unhandled size name: \(unit)"
        }
    }
}
