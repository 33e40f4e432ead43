import Bytes
import ClusterAPI
import ObjectStore

/// LimitRanges: what containers get that say nothing, and the bounds of what they may say.
///
/// Only creations are looked at, and claims of storage when they grow.
/// - Source: Kubernetes `plugin/pkg/admission/limitranger`.
struct LimitRanger: AdmissionPlugin {
    private static let pods = Resource(plural: "pods")
    private static let claims = Resource(plural: "persistentvolumeclaims")

    func mutate(_ attributes: inout AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {
        guard attributes.resource == Self.pods, attributes.operation == .create else { return }
        for items in try Self.limits(attributes, context) { LimitDefaults.merge(items, into: &attributes.object) }
    }

    func validate(_ attributes: AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {
        guard attributes.subresource.isEmpty else { return }
        var errors: [String] = []
        switch attributes.resource {
        case Self.pods where attributes.operation == .create:
            for items in try Self.limits(attributes, context) { errors += LimitBounds.errors(items, pod: attributes.object) }
        case Self.claims:
            for items in try Self.limits(attributes, context) { errors += LimitBounds.errors(items, claim: attributes.object) }
        default: return
        }
        if errors.isEmpty { return }
        let text = errors.count == 1 ? errors[0] : "[\(errors.joined(separator: ", "))]"
        throw .forbidden(attributes.resource, attributes.object.objectName, text)
    }

    /// The items of each LimitRange of the namespace.
    private static func limits(_ attributes: AdmissionAttributes, _ context: RequestContext) throws(StatusError) -> [[LimitRangeItem]] {
        var limits: [[LimitRangeItem]] = []
        for record in context.index.records(prefix: StorageKey.prefix(Resource(plural: "limitranges"), attributes.namespace)) {
            do {
                limits.append(try LimitRange(json: record.value).spec.limits)
            } catch {
                throw .internalError("cannot read the stored object \(record.key): \(error)")
            }
        }
        return limits
    }
}

/// What one container asks for and may use.
struct ContainerAmounts {
    var requests: [String: Quantity] = [:]
    var limits: [String: Quantity] = [:]

    init() {}

    init(_ container: JSONValue) {
        requests = Self.amounts(container["resources"]?["requests"])
        limits = Self.amounts(container["resources"]?["limits"])
    }

    static func amounts(_ value: JSONValue?) -> [String: Quantity] {
        var amounts: [String: Quantity] = [:]
        for (name, amount) in value?.objectValue ?? JSONObject() {
            if let quantity = amount.stringValue.flatMap({ Quantity($0) }) { amounts[name] = quantity }
        }
        return amounts
    }
}
