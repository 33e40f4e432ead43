/// One condition on an object's labels.
package struct LabelRequirement: Hashable, Sendable, CustomStringConvertible {
    package enum Operator: String, Hashable, Sendable {
        case equals = "="
        case notEquals = "!="
        case isIn = "in"
        case isNotIn = "notin"
        case exists = "exists"
        case doesNotExist = "!"
        case greaterThan = "gt"
        case lessThan = "lt"
    }

    package var key: String
    package var operation: Operator
    package var values: [String]

    package init(key: String, operation: Operator, values: [String] = []) {
        self.key = key
        self.operation = operation
        self.values = values
    }

    /// Absent labels satisfy `!=`, `notin` and `!`, and nothing else.
    package func matches(_ value: String?) -> Bool {
        switch operation {
        case .equals, .isIn: value.map(values.contains) ?? false
        case .notEquals, .isNotIn: value.map { !values.contains($0) } ?? true
        case .exists: value != nil
        case .doesNotExist: value == nil
        case .greaterThan: compare(value) { $0 > $1 }
        case .lessThan: compare(value) { $0 < $1 }
        }
    }

    private func compare(_ value: String?, _ isOrdered: (Int64, Int64) -> Bool) -> Bool {
        guard let value = value.flatMap(Int64.init), let bound = values.first.flatMap(Int64.init) else { return false }
        return isOrdered(value, bound)
    }

    package var description: String {
        switch operation {
        case .equals, .notEquals: "\(key)\(operation.rawValue)\(values.first ?? "")"
        case .isIn, .isNotIn: "\(key) \(operation.rawValue) (\(values.joined(separator: ",")))"
        case .exists: key
        case .doesNotExist: "!\(key)"
        case .greaterThan: "\(key)>\(values.first ?? "")"
        case .lessThan: "\(key)<\(values.first ?? "")"
        }
    }
}
