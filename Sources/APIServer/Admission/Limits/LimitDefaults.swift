import Bytes
import ClusterAPI

/// Fills in what containers leave open: limits from `default`, requests from `defaultRequest`.
///
/// - Source: Kubernetes `limitranger.mergePodResourceRequirements`; the annotation tells people where the amounts come from.
enum LimitDefaults {
    private static let annotation = "kubernetes.io/limit-ranger"

    static func merge(_ items: [LimitRangeItem], into pod: inout JSONValue) {
        var limits: [String: Quantity] = [:]
        var requests: [String: Quantity] = [:]
        for item in items where item.type == "Container" {
            limits.merge(item.`default`) { $1 }
            requests.merge(item.defaultRequest) { $1 }
        }
        if limits.isEmpty && requests.isEmpty { return }
        var notes: [String] = []
        merge(requests, limits, into: &pod, "containers", noun: "container", &notes)
        merge(requests, limits, into: &pod, "initContainers", noun: "init container", &notes)
        if !notes.isEmpty {
            pod.set(.string("LimitRanger plugin set: " + notes.joined(separator: "; ")), at: ["metadata", "annotations", annotation])
        }
    }

    private static func merge(
        _ requests: [String: Quantity], _ limits: [String: Quantity], into pod: inout JSONValue, _ list: String, noun: String,
        _ notes: inout [String]
    ) {
        guard var containers = pod["spec"]?[list]?.arrayValue else { return }
        for place in containers.indices {
            let name = containers[place].text("name")
            for (part, amounts) in [("requests", requests), ("limits", limits)] {
                let added = fill(&containers[place], part, amounts)
                if !added.isEmpty { notes.append("\(added.joined(separator: ", ")) \(part.dropLast()) for \(noun) \(name)") }
            }
        }
        pod.set(.array(containers), at: ["spec", list])
    }

    /// The names of what was missing, in order.
    private static func fill(_ container: inout JSONValue, _ part: String, _ amounts: [String: Quantity]) -> [String] {
        let standing = container["resources"]?[part]?.objectValue ?? JSONObject()
        let missing = amounts.keys.filter { !standing.contains($0) }.sorted()
        if missing.isEmpty { return [] }
        var filled = standing
        for name in missing { filled.set(name, .string(amounts[name]?.description ?? "")) }
        container.set(.object(filled.sortedByKey()), at: ["resources", part])
        return missing
    }
}
