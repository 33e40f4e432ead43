/// An API group and one of its versions; the core group has an empty name.
package struct GroupVersion: Hashable, Sendable, CustomStringConvertible {
    package var group: String
    package var version: String

    package init(group: String, version: String) {
        self.group = group
        self.version = version
    }

    /// Reads an `apiVersion`: "v1", "autoscaling/v2"; nil when it has more than one slash or an empty part.
    package init?(apiVersion: String) {
        let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 1 where !parts[0].isEmpty: self.init(group: "", version: apiVersion)
        case 2 where !parts[0].isEmpty && !parts[1].isEmpty: self.init(group: String(parts[0]), version: String(parts[1]))
        default: return nil
        }
    }

    /// As it stands in objects: "v1", "autoscaling/v2".
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// As it stands in paths: "api/v1", "apis/autoscaling/v2".
    package var path: String { group.isEmpty ? "api/\(version)" : "apis/\(group)/\(version)" }

    package var description: String { apiVersion }
}

/// What an object says it is.
package struct GroupVersionKind: Hashable, Sendable, CustomStringConvertible {
    package var group: String
    package var version: String
    package var kind: String

    package init(group: String, version: String, kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }

    package init(_ groupVersion: GroupVersion, kind: String) {
        self.init(group: groupVersion.group, version: groupVersion.version, kind: kind)
    }

    package var groupVersion: GroupVersion { GroupVersion(group: group, version: version) }
    package var apiVersion: String { groupVersion.apiVersion }
    package var description: String { "\(apiVersion), Kind=\(kind)" }
}

/// A resource at the version a request asks for.
package struct GroupVersionResource: Hashable, Sendable, CustomStringConvertible {
    package var group: String
    package var version: String
    package var plural: String

    package init(group: String, version: String, plural: String) {
        self.group = group
        self.version = version
        self.plural = plural
    }

    package var groupVersion: GroupVersion { GroupVersion(group: group, version: version) }
    package var resource: Resource { Resource(group: group, plural: plural) }
    package var description: String { "\(groupVersion.apiVersion)/\(plural)" }
}
