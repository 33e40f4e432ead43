package import ClusterAPI

/// The objects of one resource that an actor wants to know about.
package struct WatchInterest: Hashable, Sendable {
    package var resource: Resource
    /// nil: all namespaces, or a resource without namespaces.
    package var namespace: String?
    /// Empty: all.
    package var labels: LabelRequirements
    package var fields: FieldSelector

    package init(
        _ resource: Resource, namespace: String? = nil, labels: LabelRequirements = LabelRequirements(),
        fields: FieldSelector = FieldSelector()
    ) {
        self.resource = resource
        self.namespace = namespace
        self.labels = labels
        self.fields = fields
    }
}
