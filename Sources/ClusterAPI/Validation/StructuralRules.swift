import Bytes

/// Required values and enumerations, straight from the table.
struct StructuralRules {
    private let table: SchemaTable
    private(set) var errors: [FieldError] = []

    init(table: SchemaTable) { self.table = table }

    /// Required in the API's documents, yet empty lists are fine.
    private static let mayBeEmpty: Set<String> = ["EndpointSlice.endpoints", "LimitRangeSpec.limits", "Endpoint.addresses"]
    /// Told by the rules of their kinds with other words.
    private static let toldElsewhere: Set<String> = [
        "HorizontalPodAutoscalerSpec.maxReplicas", "HorizontalPodAutoscalerSpecV1.maxReplicas", "AutoscalingPolicySpec.maxReplicas",
        "PodAffinityTerm.topologyKey", "Event.metadata", "Event.involvedObject", "ServicePort.port", "SleepAction.seconds",
        "WeightedPodAffinityTerm.weight", "PreferredSchedulingTerm.weight", "ContainerPort.containerPort", "PodSpec.containers", "LocalObjectReference.name",
    ]

    mutating func check(_ object: JSONValue, _ kind: KindSchema) {
        let structure = table.structure(kind.structure)
        guard case .object(let root) = object else { return }
        for member in structure.members where member.name != "status" && member.name != "metadata" {
            check(root[member.name], member, owner: structure.name, path: member.name)
        }
    }

    private mutating func check(_ value: JSONValue?, _ field: FieldSchema, owner: String, path: String) {
        guard let value else {
            if field.isRequired, isTold(owner, field) { errors.append(.required(path)) }
            return
        }
        switch (field.type, value) {
        case (.string, .string(let text)):
            if text.isEmpty {
                if field.isRequired, isTold(owner, field) { errors.append(.required(path)) }
            } else if let values = field.enumeration, !values.contains(text) {
                errors.append(.notSupported(path, text: text, values))
            }
        case (.structure(let name), .object(let object)): check(object, table.structure(name), path: path)
        case (.array(let element), .array(let elements)):
            if elements.isEmpty, field.isRequired, isTold(owner, field), !Self.mayBeEmpty.contains("\(owner).\(field.name)") {
                errors.append(.required(path))
            }
            guard case .structure(let name) = element else { return }
            let structure = table.structure(name)
            for (index, element) in elements.enumerated() {
                if case .object(let object) = element { check(object, structure, path: "\(path)[\(index)]") }
            }
        default: return
        }
    }

    private mutating func check(_ object: JSONObject, _ structure: StructureSchema, path: String) {
        for member in structure.members {
            check(object[member.name], member, owner: structure.name, path: "\(path).\(member.name)")
        }
    }

    private func isTold(_ owner: String, _ field: FieldSchema) -> Bool { !Self.toldElsewhere.contains("\(owner).\(field.name)") }
}
