import ClusterAPI

/// Keys of the object store: `<group>/<plural>/<namespace>/<name>`, with an empty group for core kinds and an empty namespace for
/// cluster-wide ones. Keys that begin with `~` are the server's own records and are shown to nobody.
enum StorageKey {
    static func object(_ resource: Resource, _ namespace: String?, _ name: String) -> String {
        "\(resource.group)/\(resource.plural)/\(namespace ?? "")/\(name)"
    }

    static func object(_ key: ObjectKey) -> String { object(key.resource, key.namespace, key.name) }

    /// The prefix of a resource's objects, in one namespace or in all.
    static func prefix(_ resource: Resource, _ namespace: String?) -> String {
        let prefix = "\(resource.group)/\(resource.plural)/"
        return namespace.map { "\(prefix)\($0)/" } ?? prefix
    }

    /// Who has an address or a port: at most one object, because a key exists at most once.
    static func claim(_ pool: String, _ value: String) -> String { "~\(pool)/\(value)" }

    /// Nil for the server's own records.
    static func parse(_ key: String) -> ObjectKey? {
        if key.utf8.first == UInt8(ascii: "~") { return nil }
        let parts = key.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        return ObjectKey(
            resource: Resource(group: String(parts[0]), plural: String(parts[1])), namespace: parts[2].isEmpty ? nil : String(parts[2]),
            name: String(parts[3]))
    }
}
