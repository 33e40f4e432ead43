import ClusterAPI

/// A path of the resource API, taken apart.
///
/// `/api/v1/namespaces/NS/pods/NAME/log` and `/apis/GROUP/VERSION/…`; a namespace itself is `/api/v1/namespaces/NAME`.
struct KubernetesPath {
    var groupVersion: GroupVersion
    var plural: String
    var namespace: String?
    var name: String?
    var subresource = ""

    /// nil when the segments are not those of a resource.
    init?(_ segments: [String]) {
        var rest: ArraySlice<String>
        switch segments.first {
        case "api" where segments.count >= 3:
            groupVersion = GroupVersion(group: "", version: segments[1])
            rest = segments[2...]
        case "apis" where segments.count >= 4:
            groupVersion = GroupVersion(group: segments[1], version: segments[2])
            rest = segments[3...]
        default: return nil
        }
        // Of a namespace, only its own subresources are written like those of other objects.
        if rest.first == "namespaces", rest.count >= 3, !["status", "finalize"].contains(rest[rest.startIndex + 2]) {
            namespace = rest[rest.startIndex + 1]
            rest = rest.dropFirst(2)
        }
        guard let plural = rest.first else { return nil }
        self.plural = plural
        rest = rest.dropFirst()
        name = rest.first
        rest = rest.dropFirst()
        subresource = rest.joined(separator: "/")
    }

    var resource: Resource { Resource(group: groupVersion.group, plural: plural) }
}
