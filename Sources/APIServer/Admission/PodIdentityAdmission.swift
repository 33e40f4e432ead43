import Bytes
import ClusterAPI

/// Pods speak as a service account and have a priority, also when their manifest is silent.
///
/// Kubernetes' other half, mounting the account's token, waits for tokens; its priority classes are the two that every cluster has.
/// - Source: Kubernetes `plugin/pkg/admission/serviceaccount`, `plugin/pkg/admission/priority`.
struct PodIdentityAdmission: AdmissionPlugin {
    private static let accounts = Resource(plural: "serviceaccounts")
    private static let standard = "default"
    private static let classes: [String: Int] = ["system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000]

    func mutate(_ attributes: inout AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {
        guard attributes.operation == .create, attributes.subresource.isEmpty, attributes.resource == Resource(plural: "pods") else { return }
        let account = attributes.object.text("spec", "serviceAccountName")
        if account.isEmpty {
            attributes.object.set(.string(Self.standard), at: ["spec", "serviceAccountName"])
            attributes.object.set(.string(Self.standard), at: ["spec", "serviceAccount"])
        } else if account != Self.standard, context.record(Self.accounts, attributes.namespace, account) == nil {
            // The standard account of a new namespace may come a moment after its first pod; others have to be there.
            throw .forbidden(
                attributes.resource, attributes.object.objectName,
                "error looking up service account \(attributes.namespace ?? "")/\(account): serviceaccount \"\(account)\" not found")
        }
        if attributes.object["spec"]?["priority"] == nil {
            let priority = Self.classes[attributes.object.text("spec", "priorityClassName")] ?? 0
            attributes.object.set(.number(priority), at: ["spec", "priority"])
        }
        if attributes.object["spec"]?["preemptionPolicy"] == nil {
            attributes.object.set("PreemptLowerPriority", at: ["spec", "preemptionPolicy"])
        }
    }
}
