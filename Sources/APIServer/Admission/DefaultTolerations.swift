import Bytes
import ClusterAPI

/// Pods bear a node that is not ready or not reachable for five minutes, unless they say otherwise.
///
/// - Source: Kubernetes `plugin/pkg/admission/defaulttolerationseconds`.
struct DefaultTolerations: AdmissionPlugin {
    private static let seconds = 300
    private static let keys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]

    func mutate(_ attributes: inout AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {
        guard attributes.operation == .create, attributes.resource == Resource(plural: "pods") else { return }
        var tolerations = attributes.object["spec"]?["tolerations"]?.arrayValue ?? []
        for key in Self.keys where !tolerations.contains(where: { Self.tolerates($0, key) }) {
            tolerations.append(
                ["key": .string(key), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": .number(Self.seconds)])
        }
        attributes.object.set(.array(tolerations), at: ["spec", "tolerations"])
    }

    private static func tolerates(_ toleration: JSONValue, _ key: String) -> Bool {
        let own = toleration.text("key")
        let effect = toleration.text("effect")
        return (own == key || own.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
    }
}
