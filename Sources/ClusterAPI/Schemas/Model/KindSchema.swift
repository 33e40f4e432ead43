/// What the API says about one kind at one version.
package struct KindSchema: Sendable, Hashable {
    /// Name of the structure in the table.
    package var structure: String
    package var groupVersionKind: GroupVersionKind
    /// Empty for kinds that are only bodies of requests.
    package var plural: String
    package var singular: String
    package var shortNames: [String]
    package var categories: [String]
    package var isNamespaced: Bool
    package var verbs: [String]
    package var subresources: [String]

    package var groupVersion: GroupVersion { groupVersionKind.groupVersion }
    package var resource: Resource { Resource(group: groupVersionKind.group, plural: plural) }
    package var groupVersionResource: GroupVersionResource {
        GroupVersionResource(group: groupVersionKind.group, version: groupVersionKind.version, plural: plural)
    }
    package var listKind: String { groupVersionKind.kind + "List" }
    /// Whether the items of its lists leave kind and version to the list, as Kubernetes' own kinds do; those of custom kinds have them.
    package var hasTypedLists: Bool { groupVersionKind.group != "skysail.dev" }
    package var hasStatus: Bool { subresources.contains("status") }
    package var hasScale: Bool { subresources.contains("scale") }
}
