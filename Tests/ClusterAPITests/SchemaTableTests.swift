import Bytes
import Testing

@testable import ClusterAPI

@Suite("The table and the structures are one")
struct SchemaTableTests {
    /// A tree that fills every field of a structure.
    private func full(_ structure: StructureSchema) -> JSONValue {
        .object(JSONObject(structure.members.map { ($0.name, full($0.type)) }))
    }

    private func full(_ type: FieldType) -> JSONValue {
        switch type {
        case .string, .duration: "text"
        case .int32, .int64: 7
        case .double: 1.5
        case .bool: true
        case .quantity: "250m"
        case .time: "2026-01-02T03:04:05Z"
        case .microTime: "2026-01-02T03:04:05.000006Z"
        case .intOrString: "http"
        case .bytes: "AQID"
        case .any, .fields: ["f:a": [:]]
        case .structure(let name): full(SchemaTable.standard.structure(name))
        case .array(let element): [full(element)]
        case .map(let element): ["k": full(element)]
        }
    }

    /// Decodes and encodes a whole object; the decoder and the structure must keep every field.
    private func roundTrip<Object: ClusterObject>(_ type: Object.Type) throws {
        let kind = try #require(SchemaTable.standard.kind(type.groupVersionKind))
        var tree = full(SchemaTable.standard.structure(kind.structure))
        tree["kind"] = .string(kind.groupVersionKind.kind)
        tree["apiVersion"] = .string(kind.groupVersionKind.apiVersion)
        let decoded = try ObjectDecoder.decode(tree.bytes, as: kind, validation: .strict)
        #expect(decoded.object == tree)
        let object = try Object(json: decoded.object.bytes)
        #expect(object.jsonValue == tree, "\(type)")
        #expect(try Object(json: object.jsonBytes) == object)
    }

    @Test("every field of every kind survives the structures")
    func roundTrips() throws {
        try roundTrip(Pod.self)
        try roundTrip(Node.self)
        try roundTrip(Namespace.self)
        try roundTrip(ReplicationController.self)
        try roundTrip(Service.self)
        try roundTrip(Endpoints.self)
        try roundTrip(EndpointSlice.self)
        try roundTrip(Event.self)
        try roundTrip(ConfigMap.self)
        try roundTrip(Secret.self)
        try roundTrip(ServiceAccount.self)
        try roundTrip(LimitRange.self)
        try roundTrip(ResourceQuota.self)
        try roundTrip(PersistentVolume.self)
        try roundTrip(PersistentVolumeClaim.self)
        try roundTrip(StorageClass.self)
        try roundTrip(Lease.self)
        try roundTrip(HorizontalPodAutoscaler.self)
        try roundTrip(HorizontalPodAutoscalerV1.self)
        try roundTrip(Scale.self)
        try roundTrip(Eviction.self)
        try roundTrip(Binding.self)
        try roundTrip(PodTemplate.self)
        try roundTrip(ComponentStatus.self)
        try roundTrip(TokenReview.self)
        try roundTrip(TokenRequest.self)
        try roundTrip(SelfSubjectAccessReview.self)
        try roundTrip(NodeMetrics.self)
        try roundTrip(PodMetrics.self)
        try roundTrip(AutoscalingPolicy.self)
        try roundTrip(RuleGroup.self)
        try roundTrip(Dashboard.self)
    }

    @Test("no structure has two members of one name or two fields of one number")
    func unique() {
        for structure in SchemaTable.standard.structures.values {
            let names = structure.members.map(\.name)
            #expect(Set(names).count == names.count, "\(structure.name)")
            let numbers = structure.fields.compactMap(\.number)
            #expect(Set(numbers).count == numbers.count, "\(structure.name)")
        }
    }
}
