import Bytes
import ClusterAPI

/// What differs between kinds when they are written: which part each way of writing may touch, and how they die.
///
/// - Source: the `strategy.go` of Kubernetes' registries.
enum Strategy {
    private static let pods = Resource(plural: "pods")
    private static let namespaces = Resource(plural: "namespaces")
    private static let nodes = Resource(plural: "nodes")
    private static let controllers = Resource(plural: "replicationcontrollers")
    private static let quotas = Resource(plural: "resourcequotas")

    // MARK: Traits

    static func hasGeneration(_ resource: Resource) -> Bool { resource == controllers || resource.group == "skysail.dev" }

    static func allowsCreateOnUpdate(_ resource: Resource) -> Bool {
        ["endpoints", "events", "leases", "limitranges", "services"].contains(resource.plural)
    }

    /// Whose last state a deletion answers with; of other kinds it tells a mere success.
    static func showsWhatIsDeleted(_ resource: Resource) -> Bool {
        resource.group.isEmpty
            && ["pods", "persistentvolumes", "persistentvolumeclaims", "resourcequotas", "serviceaccounts", "services"].contains(resource.plural)
    }

    // MARK: Creation and update

    /// Clears what a creator may not set.
    static func prepareForCreate(_ object: inout JSONValue, _ kind: KindSchema) {
        switch kind.resource {
        case nodes: break
        case pods: object["status"] = ["phase": "Pending"]
        case controllers: object["status"] = ["replicas": 0]
        case namespaces:
            object["status"] = ["phase": "Active"]
            if object["spec"]?["finalizers"]?.arrayValue?.contains("kubernetes") != true {
                let others = object["spec"]?["finalizers"]?.arrayValue ?? []
                object.set(.array(others + ["kubernetes"]), at: ["spec", "finalizers"])
            }
        case Resource(plural: "persistentvolumes"), Resource(plural: "persistentvolumeclaims"): object["status"] = ["phase": "Pending"]
        case Resource(plural: "services"): object["status"] = ["loadBalancer": [:]]
        default: if kind.hasStatus { object["status"] = nil }
        }
    }

    /// The main resource leaves the status alone, a subresource everything but its part.
    static func prepareForUpdate(_ object: inout JSONValue, old: JSONValue, _ kind: KindSchema, subresource: String) {
        switch subresource {
        case "status":
            let status = object["status"]
            var merged = old
            merged["status"] = status
            // Labels and annotations may come with a status; who owns the object and how it dies may not.
            for key in ["labels", "annotations", "managedFields"] { merged.setMetadata(key, object["metadata"]?[key]) }
            object = merged
        case "finalize":
            var merged = old
            merged.set(object["spec"]?["finalizers"] ?? .array([]), at: ["spec", "finalizers"])
            object = merged
        case "resize", "ephemeralcontainers":
            var merged = old
            merged["spec"] = object["spec"]
            object = merged
        default:
            if kind.hasStatus, kind.resource != nodes { object["status"] = old["status"] }
            if kind.resource == namespaces {
                object.set(old["spec"]?["finalizers"], at: ["spec", "finalizers"])
            }
        }
        if old.isBeingDeleted, !["status", "finalize"].contains(subresource) {
            // The dying take no new finalizers.
            let standing = Set(old.finalizers)
            object.setFinalizers(object.finalizers.filter(standing.contains))
        }
    }

    /// Fields that follow from others once everything is merged.
    static func complete(_ object: inout JSONValue, _ kind: KindSchema) {
        if kind.resource == pods, object["status"]?["qosClass"] == nil, object["status"] != nil {
            object.set(.string(QualityOfService.of(object).rawValue), at: ["status", "qosClass"])
        }
    }

    // MARK: Validation

    static func validate(_ object: JSONValue, _ kind: KindSchema) throws(StatusError) {
        let errors = SemanticValidator.check(object, kind)
        if !errors.isEmpty { throw .invalid(kind.groupVersionKind, object.objectName, errors) }
    }

    static func validateUpdate(_ object: JSONValue, old: JSONValue, _ kind: KindSchema, subresource: String) throws(StatusError) {
        let errors = SemanticValidator.checkUpdate(object, old: old, kind, subresource: subresource)
        if !errors.isEmpty { throw .invalid(kind.groupVersionKind, object.objectName, errors) }
    }

    // MARK: Deletion

    /// Seconds that the node may take to stop a pod; other objects take none.
    static func gracePeriod(_ object: JSONValue, _ resource: Resource, _ wanted: Int64?) -> Int64 {
        guard resource == pods else { return 0 }
        let phase = object.text("status", "phase")
        // Nobody runs it, so nobody has to stop it.
        if object.text("spec", "nodeName").isEmpty || phase == "Succeeded" || phase == "Failed" { return 0 }
        let own = object.integer("spec", "terminationGracePeriodSeconds") ?? 30
        // Less than nothing means as soon as it can be.
        let grace = wanted.map { $0 < 0 ? 1 : $0 } ?? (own < 0 ? 1 : own)
        return object.isBeingDeleted ? min(grace, object.integer("metadata", "deletionGracePeriodSeconds") ?? grace) : grace
    }

    /// What has to be done before the object may go: the collector's marks for its dependents.
    static func finalizersForDeletion(
        _ object: JSONValue, _ resource: Resource, _ policy: RequestOptions.PropagationPolicy?
    ) -> [String] {
        var finalizers = object.finalizers.filter { $0 != "orphan" && $0 != "foregroundDeletion" }
        switch policy {
        case .orphan: finalizers.append("orphan")
        case .foreground: finalizers.append("foregroundDeletion")
        case .background: break
        case nil:
            // Who does not say gets what an earlier deletion said, and old clients of controllers the orphans they expect.
            if object.isBeingDeleted || object.finalizers.contains("foregroundDeletion") || object.finalizers.contains("orphan") {
                return object.finalizers
            }
            if resource == controllers { finalizers.append("orphan") }
        }
        return finalizers
    }

    static func hasSpecFinalizers(_ object: JSONValue, _ resource: Resource) -> Bool {
        resource == namespaces && !(object["spec"]?["finalizers"]?.arrayValue ?? []).isEmpty
    }

    /// Whether the last obstacle to a marked object's deletion has gone.
    static func isFinished(_ object: JSONValue) -> Bool {
        guard object.isBeingDeleted, object.finalizers.isEmpty else { return false }
        if object["kind"]?.stringValue == "Namespace" { return !hasSpecFinalizers(object, namespaces) }
        return (object.integer("metadata", "deletionGracePeriodSeconds") ?? 0) == 0
    }
}
