import Bytes

/// LimitRanges in the form of the first releases, brought into today's.
///
/// `kind: pods|containers` stood where `type: Pod|Container` stands now, and a `default` of type Pod was what containers get.
enum EarlyLimitRange {
    private static let types: [String: String] = ["pods": "Pod", "containers": "Container"]

    /// Nil when the body is in today's form (or is no object at all, which decoding will tell).
    static func converted(_ body: [UInt8]) -> (body: [UInt8], warnings: [String])? {
        guard var object = try? JSONValue.parse(body), var items = object["spec"]?["limits"]?.arrayValue else { return nil }
        var warnings: [String] = []
        var defaults = JSONObject()
        for place in items.indices {
            guard case .object(var item) = items[place] else { return nil }
            if let kind = item["kind"]?.stringValue, item["type"] == nil, let type = types[kind] {
                item.remove("kind")
                item.set("type", .string(type))
                warnings.append("spec.limits[\(place)].kind: early form of a LimitRange; read as type \(type)")
            }
            if item["type"]?.stringValue == "Pod", case .object(let own) = item["default"] {
                item.remove("default")
                for (name, value) in own { defaults.set(name, value) }
                warnings.append("spec.limits[\(place)].default: early form of a LimitRange; taken as the default of containers")
            }
            items[place] = .object(item)
        }
        if warnings.isEmpty { return nil }
        if !defaults.isEmpty {
            if let place = items.firstIndex(where: { $0["type"]?.stringValue == "Container" }) {
                var merged = items[place]["default"]?.objectValue ?? JSONObject()
                for (name, value) in defaults where !merged.contains(name) { merged.set(name, value) }
                items[place].set(.object(merged), at: ["default"])
            } else {
                items.append(["type": "Container", "default": .object(defaults)])
            }
        }
        object.set(.array(items), at: ["spec", "limits"])
        return (object.bytes, warnings)
    }
}
