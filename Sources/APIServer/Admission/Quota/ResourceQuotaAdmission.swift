import Bytes
import ClusterAPI
import ObjectStore

/// ResourceQuotas: a creation is charged in the same commit that makes the object, so that no number of creators exceeds them.
///
/// Every write of a quota counts its namespace anew, on the state that the write is compared with. A charge changes the quota's
/// revision, so a count never misses one: usage cannot be written lower than it is.
struct ResourceQuotaAdmission: AdmissionPlugin {
    private static let quotas = Resource(plural: "resourcequotas")
    private static let pods = Resource(plural: "pods")
    /// Kinds that come and go without being anybody's resource.
    private static let free: Set<String> = ["events", "leases", "namespaces", "nodes", "persistentvolumes", "endpoints", "endpointslices"]

    func mutate(_ attributes: inout AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {
        guard attributes.resource == Self.quotas else { return }
        let hard = ContainerAmounts.amounts(attributes.object["spec"]?["hard"])
        let used = try Self.count(attributes, hard, context)
        attributes.object.set(attributes.object["spec"]?["hard"] ?? [:], at: ["status", "hard"])
        attributes.object.set(Self.value(used), at: ["status", "used"])
    }

    func validate(_ attributes: AdmissionAttributes, _ context: inout RequestContext, _ writes: inout WriteSet) throws(StatusError) {
        guard attributes.namespace != nil, Self.isCharged(attributes) else { return }
        var usage: [String: Quantity]?
        var standing: [String: Quantity] = [:]
        for record in context.index.records(prefix: StorageKey.prefix(Self.quotas, attributes.namespace)) {
            let quota: ResourceQuota
            do {
                quota = try ResourceQuota(json: record.value)
            } catch {
                throw .internalError("cannot read the stored object \(record.key): \(error)")
            }
            if quota.status.hard.isEmpty { continue }
            if usage == nil {
                usage = QuotaUsage.of(attributes.object, attributes.resource, now: context.now)
                if let old = attributes.old { standing = QuotaUsage.of(old, attributes.resource, now: context.now) }
            }
            let outcome = QuotaCharge.apply(
                quota, attributes.object, attributes.resource, usage: usage ?? [:], standing: standing)
            switch outcome {
            case .unconcerned: continue
            case .charged(let used):
                var charged = try StoredObject(record).tree
                charged.set(Self.value(used), at: ["status", "used"])
                writes.replace(record, StorageCodec.encode(charged))
            case .mustSpecify(_, let message), .exceeded(_, let message), .unknown(let message):
                throw .forbidden(attributes.resource, attributes.object.objectName, message)
            }
        }
    }

    /// Creations of what belongs to somebody; updates only where an object can grow.
    private static func isCharged(_ attributes: AdmissionAttributes) -> Bool {
        if attributes.resource.group.isEmpty || attributes.resource.plural == "endpointslices", free.contains(attributes.resource.plural) { return false }
        if attributes.operation == .create { return attributes.subresource.isEmpty }
        switch attributes.resource {
        case pods: return attributes.subresource == "resize"
        case Resource(plural: "services"), Resource(plural: "persistentvolumeclaims"): return attributes.subresource.isEmpty
        default: return false
        }
    }

    // MARK: Counting

    /// What the namespace uses of the tracked amounts.
    private static func count(
        _ attributes: AdmissionAttributes, _ hard: [String: Quantity], _ context: RequestContext
    ) throws(StatusError) -> [String: Quantity] {
        guard let quota = try? ResourceQuota(json: attributes.object.bytes) else { return [:] }
        var used = hard.mapValues { _ in Quantity.zero }
        var resources = Set(hard.keys.compactMap(resource))
        // A quota counts itself once it is there.
        resources.remove(quotas)
        for resource in resources.sorted() {
            for object in try context.objects(resource, attributes.namespace) {
                add(object.tree, resource, quota, &used, context.now)
            }
        }
        for object in try context.objects(quotas, attributes.namespace) where object.tree.objectName != attributes.object.objectName {
            add(object.tree, quotas, quota, &used, context.now)
        }
        add(attributes.object, quotas, quota, &used, context.now)
        return used
    }

    private static func add(_ object: JSONValue, _ resource: Resource, _ quota: ResourceQuota, _ used: inout [String: Quantity], _ now: Timestamp) {
        guard QuotaScopes.match(quota, object, resource) else { return }
        for (name, amount) in QuotaUsage.of(object, resource, now: now) where used[name] != nil { used[name]! += amount }
    }

    /// The resource whose objects use a tracked amount.
    private static func resource(of name: String) -> Resource? {
        if name.hasPrefix("count/") {
            let parts = name.dropFirst(6).split(separator: ".", maxSplits: 1)
            return parts.first.map { Resource(group: parts.count == 2 ? String(parts[1]) : "", plural: String($0)) }
        }
        if name.hasPrefix("services") { return Resource(plural: "services") }
        if name == "persistentvolumeclaims" || name == "requests.storage" || name.contains(".storageclass.storage.k8s.io/") {
            return Resource(plural: "persistentvolumeclaims")
        }
        if ["replicationcontrollers", "resourcequotas", "secrets", "configmaps"].contains(name) { return Resource(plural: name) }
        return pods
    }

    private static func value(_ amounts: [String: Quantity]) -> JSONValue {
        .object(JSONObject(amounts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value.description)) }))
    }
}
