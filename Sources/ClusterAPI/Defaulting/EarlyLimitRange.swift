package import Bytes

/// LimitRanges as they were written for Kubernetes 1.0: `type: Pod` with a `default`, and before that `kind: pods` in place of `type`.
///
/// They are accepted and turned into the present form, with a warning each. `defaultRequest` on a Pod item was never valid and stays refused.
package enum EarlyLimitRange {
    /// Rewrites a body before it is decoded; nil when there is nothing of the early form in it.
    ///
    /// The default of a Pod item becomes the default of the Container item, which is added when there is none.
    package static func modernized(_ body: JSONValue) -> (object: JSONValue, warnings: [String])? {
        guard case .array(var items) = body.value(at: "spec", "limits") else { return nil }
        var warnings: [String] = []
        for index in items.indices {
            guard case .string(let kind) = items[index]["kind"], items[index]["type"] == nil,
                let type = ["pods": "Pod", "containers": "Container"][kind]
            else { continue }
            items[index]["kind"] = nil
            items[index]["type"] = .string(type)
            warnings.append("spec.limits[\(index)].kind: \"\(kind)\" is an early form; use type: \(type)")
        }
        for index in items.indices where items[index]["type"] == "Pod" {
            guard case .object(let defaults) = items[index]["default"], !defaults.isEmpty else { continue }
            items[index]["default"] = nil
            warnings.append("spec.limits[\(index)].default: defaults of type Pod are an early form; they are taken as defaults of type Container")
            let place = items.firstIndex { $0["type"] == "Container" }
            var container = place.map { items[$0] } ?? ["type": "Container"]
            var merged = container["default"]?.objectValue ?? JSONObject()
            for (name, amount) in defaults where merged[name] == nil { merged[name] = amount }
            container["default"] = .object(merged)
            if let place { items[place] = container } else { items.append(container) }
        }
        if warnings.isEmpty { return nil }
        var object = body
        object.set(.array(items), at: ["spec", "limits"])
        return (object, warnings)
    }
}
