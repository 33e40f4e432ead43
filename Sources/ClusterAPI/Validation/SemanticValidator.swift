package import Bytes

/// Checks what a schema cannot say: required values, names, ranges, references inside an object, and what an update may change.
///
/// Objects come from `ObjectDecoder` with their defaults set; statuses are not checked, only Skysail's own actors write them.
/// - Source: Kubernetes `pkg/apis/*/validation`; paths and wording are its own.
package enum SemanticValidator {
    /// What is wrong with a new object; empty when nothing is.
    package static func check(_ object: JSONValue, _ kind: KindSchema, table: SchemaTable = .standard) -> [FieldError] {
        var rules = FieldRules()
        rules.checkMetadata(object, kind)
        var structural = StructuralRules(table: table)
        structural.check(object, kind)
        // A missing part is told once; rules that would look into it are not asked.
        if structural.errors.contains(where: { $0.reason == .required && $0.field == "spec" }) { return rules.errors + structural.errors }
        rules.errors += structural.errors
        rules.checkKind(object, kind)
        return rules.unique
    }

    /// What is wrong with a change, beside what is wrong with the new object alone.
    package static func checkUpdate(
        _ object: JSONValue, old: JSONValue, _ kind: KindSchema, subresource: String = "", table: SchemaTable = .standard
    ) -> [FieldError] {
        var rules = FieldRules()
        rules.checkMetadataUpdate(object, old: old)
        if subresource.isEmpty {
            rules.errors += check(object, kind, table: table)
            rules.checkKindUpdate(object, old: old, kind)
        }
        return rules.unique
    }
}

/// Collects errors; the rules of each kind are extensions.
struct FieldRules {
    var errors: [FieldError] = []

    var unique: [FieldError] {
        var seen: Set<FieldError> = []
        return errors.filter { seen.insert($0).inserted }
    }

    mutating func add(_ error: FieldError) { errors.append(error) }

    mutating func check(_ text: String, _ field: String, _ rule: (String) -> [String]) {
        for problem in rule(text) { add(.invalid(field, text: text, problem)) }
    }

    mutating func checkRange(_ value: Int?, _ field: String, _ range: ClosedRange<Int>) {
        guard let value, !range.contains(value) else { return }
        add(.invalid(field, value, "must be between \(range.lowerBound) and \(range.upperBound), inclusive"))
    }

    mutating func checkNotNegative(_ value: Int?, _ field: String) {
        guard let value, value < 0 else { return }
        add(.invalid(field, value, "must be greater than or equal to 0"))
    }

    mutating func checkNotNegative(_ amounts: [String: Quantity], _ field: String) {
        for (name, amount) in amounts.sorted(by: { $0.key < $1.key }) where amount < .zero {
            add(.invalid("\(field)[\(name)]", text: amount.description, "must be greater than or equal to 0"))
        }
    }

    mutating func checkUnique(_ names: [String], _ field: (Int) -> String) {
        var seen: Set<String> = []
        for (index, name) in names.enumerated() where !name.isEmpty && !seen.insert(name).inserted {
            add(.duplicate(field(index), text: name))
        }
    }

    /// Reads a part of the tree as its structure; nil cannot happen for an object that was decoded.
    func typed<Object: SchemaStruct>(_ object: JSONValue, _ type: Object.Type = Object.self) -> Object? { try? Object(json: object.bytes) }

    mutating func checkKind(_ object: JSONValue, _ kind: KindSchema) {
        switch kind.structure {
        case "Pod": if let pod = typed(object, Pod.self) { checkPodSpec(pod.spec, "spec") }
        case "ReplicationController": if let controller = typed(object, ReplicationController.self) { checkController(controller) }
        case "PodTemplate":
            if let template = typed(object, PodTemplate.self)?.template {
                checkLabels(template.metadata.labels, "template.metadata.labels")
                checkPodSpec(template.spec, "template.spec")
            }
        case "Service": if let service = typed(object, Service.self) { checkService(service) }
        case "Endpoints": if let endpoints = typed(object, Endpoints.self) { checkEndpoints(endpoints) }
        case "ConfigMap": if let map = typed(object, ConfigMap.self) { checkConfigMap(map) }
        case "Secret": if let secret = typed(object, Secret.self) { checkSecret(secret) }
        case "LimitRange": if let limits = typed(object, LimitRange.self) { checkLimitRange(limits) }
        case "ResourceQuota": if let quota = typed(object, ResourceQuota.self) { checkQuota(quota) }
        case "Node": if let node = typed(object, Node.self) { checkNode(node) }
        case "PersistentVolume": if let volume = typed(object, PersistentVolume.self) { checkPersistentVolume(volume) }
        case "PersistentVolumeClaim": if let claim = typed(object, PersistentVolumeClaim.self) { checkClaim(claim) }
        case "HorizontalPodAutoscaler": if let scaler = typed(object, HorizontalPodAutoscaler.self) { checkAutoscaler(scaler) }
        case "HorizontalPodAutoscalerV1": if let scaler = typed(object, HorizontalPodAutoscalerV1.self) { checkAutoscaler(scaler) }
        case "AutoscalingPolicy": if let policy = typed(object, AutoscalingPolicy.self) { checkPolicy(policy) }
        case "RuleGroup": if let group = typed(object, RuleGroup.self) { checkRuleGroup(group) }
        case "Lease": if let lease = typed(object, Lease.self) { checkLease(lease) }
        default: break
        }
    }
}
