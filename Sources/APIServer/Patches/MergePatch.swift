import Bytes

/// JSON merge patch: objects are merged member by member, null removes, everything else replaces.
///
/// - Source: RFC 7386.
enum MergePatch {
    static func applied(_ patch: JSONValue, to target: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var merged = target.objectValue ?? JSONObject()
        for (key, value) in changes {
            if value.isNull {
                merged.remove(key)
            } else {
                merged.set(key, applied(value, to: merged[key] ?? .null))
            }
        }
        return .object(merged)
    }
}
