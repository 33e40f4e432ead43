package import Telemetry

/// How the elements of two vectors are paired: `on`, `ignoring`, `group_left`, `group_right` and `fill`.
package struct VectorMatching: Hashable, Sendable {
    package enum Cardinality: String, Sendable {
        case oneToOne = "one-to-one"
        case manyToOne = "many-to-one"
        case oneToMany = "one-to-many"
        case manyToMany = "many-to-many"
    }

    package var cardinality: Cardinality
    /// Whether `labels` are the ones to match on (`on`), else the ones to leave out (`ignoring`).
    package var isOn: Bool
    package var labels: [String]
    /// Labels copied from the "one" side (`group_left(…)`).
    package var included: [String]
    /// Values that stand in for a missing element of the left or right side.
    package var fillLeft: Double?
    package var fillRight: Double?

    package init(
        cardinality: Cardinality = .oneToOne, isOn: Bool = false, labels: [String] = [], included: [String] = [], fillLeft: Double? = nil,
        fillRight: Double? = nil
    ) {
        self.cardinality = cardinality
        self.isOn = isOn
        self.labels = labels
        self.included = included
        self.fillLeft = fillLeft
        self.fillRight = fillRight
    }

    /// Makes the keys by which elements of the two sides meet.
    package var keys: KeyMaker { KeyMaker(isOn: isOn, names: LabelNames(isOn ? labels : labels + ["__name__"])) }

    /// Projects label sets onto what is matched.
    package struct KeyMaker: Sendable {
        private let isOn: Bool
        private let names: LabelNames

        init(isOn: Bool, names: LabelNames) {
            self.isOn = isOn
            self.names = names
        }

        package func key(of labels: Labels) -> Labels { isOn ? labels.keeping(names) : labels.dropping(names) }
    }
}
