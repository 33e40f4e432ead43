/// A number or a text: a port by number or by name, a count or a percentage.
package enum IntOrString: Hashable, Sendable, CustomStringConvertible {
    case int(Int)
    case string(String)

    package var description: String {
        switch self {
        case .int(let value): String(value)
        case .string(let value): value
        }
    }

    /// The count it stands for, of a whole; percentages are rounded as asked. Nil for other texts.
    ///
    /// - Source: Kubernetes `intstr.GetScaledValueFromIntOrPercent`.
    package func scaled(of whole: Int, roundingUp: Bool) -> Int? {
        switch self {
        case .int(let value): return value
        case .string(let text):
            guard text.hasSuffix("%"), let percent = Int(text.dropLast()) else { return nil }
            let product = percent * whole
            return roundingUp ? Int((Double(product) / 100).rounded(.up)) : Int((Double(product) / 100).rounded(.down))
        }
    }
}
