/// Amounts of what a node has and pods request.
///
/// - Units: thousandths of a CPU, bytes, pieces; extended resources in whole units.
package struct ResourceAmounts: Equatable, Sendable {
    package var milliCPU: Int64
    package var memory: Int64
    package var ephemeralStorage: Int64
    /// Sorted by name; almost always empty.
    package private(set) var extended: [Extended]

    package struct Extended: Equatable, Sendable {
        package var name: String
        package var amount: Int64
    }

    package init(milliCPU: Int64 = 0, memory: Int64 = 0, ephemeralStorage: Int64 = 0) {
        self.milliCPU = milliCPU
        self.memory = memory
        self.ephemeralStorage = ephemeralStorage
        extended = []
    }

    package static let zero = ResourceAmounts()

    package subscript(extended name: String) -> Int64 {
        get { extended.first { $0.name == name }?.amount ?? 0 }
        set {
            if let index = extended.firstIndex(where: { $0.name >= name }) {
                if extended[index].name == name {
                    extended[index].amount = newValue
                } else {
                    extended.insert(Extended(name: name, amount: newValue), at: index)
                }
            } else {
                extended.append(Extended(name: name, amount: newValue))
            }
        }
    }

    package static func += (left: inout ResourceAmounts, right: ResourceAmounts) {
        left.milliCPU += right.milliCPU
        left.memory += right.memory
        left.ephemeralStorage += right.ephemeralStorage
        for item in right.extended { left[extended: item.name] += item.amount }
    }

    package static func -= (left: inout ResourceAmounts, right: ResourceAmounts) {
        left.milliCPU -= right.milliCPU
        left.memory -= right.memory
        left.ephemeralStorage -= right.ephemeralStorage
        for item in right.extended { left[extended: item.name] -= item.amount }
    }

    /// The larger of both, resource by resource.
    package func union(_ other: ResourceAmounts) -> ResourceAmounts {
        var result = ResourceAmounts(
            milliCPU: max(milliCPU, other.milliCPU), memory: max(memory, other.memory),
            ephemeralStorage: max(ephemeralStorage, other.ephemeralStorage))
        result.extended = extended
        for item in other.extended { result[extended: item.name] = max(result[extended: item.name], item.amount) }
        return result
    }
}
