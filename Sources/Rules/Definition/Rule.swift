import Bytes

/// One rule as its author wrote it, checked.
package struct Rule: Hashable, Sendable {
    package enum Kind: UInt8, Sendable { case recording, alerting }
    package enum Language: String, Hashable, Sendable { case promql, logql }

    /// A label or annotation whose value may hold templates.
    package struct Template: Hashable, Sendable {
        package var name: String
        package var text: String

        package init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    package var kind: Kind
    /// The alert's name, or the metric that is recorded.
    package var name: String
    package var expression: String
    package var language: Language
    /// How long an alert is pending before it fires (`for`).
    package var holdDuration: Duration
    /// How long an alert fires on after its expression ceased to hold.
    package var keepFiringFor: Duration
    /// Those of the group and of the rule, which win; sorted by name.
    package var labels: [Template]
    /// Sorted by name.
    package var annotations: [Template]

    package init(
        kind: Kind, name: String, expression: String, language: Language = .promql, holdDuration: Duration = .zero,
        keepFiringFor: Duration = .zero, labels: [Template] = [], annotations: [Template] = []
    ) {
        self.kind = kind
        self.name = name
        self.expression = expression
        self.language = language
        self.holdDuration = holdDuration
        self.keepFiringFor = keepFiringFor
        self.labels = labels
        self.annotations = annotations
    }

    /// What makes a rule the same rule after its group was edited: kind, name, labels, and its number among rules that agree in these.
    ///
    /// - Source: `docs/formats/rules.md`; Prometheus carries state over by name and labels too.
    func identity(occurrence: Int) -> UInt64 {
        var writer = ByteWriter()
        writer.append(kind.rawValue)
        writer.appendLengthPrefixed(name)
        for label in labels {
            writer.appendLengthPrefixed(label.name)
            writer.appendLengthPrefixed(label.text)
        }
        writer.appendVarint(UInt64(occurrence))
        return Hash64.hash(writer.bytes)
    }
}
