import Bytes
import Testing

@testable import ClusterAPI

@Suite("Protobuf bodies and OpenAPI documents")
struct WireFormTests {
    /// A length-delimited field.
    private func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        precondition(content.count < 128)
        return [UInt8(number << 3 | 2), UInt8(content.count)] + content
    }

    private func text(_ number: Int, _ value: String) -> [UInt8] { field(number, Array(value.utf8)) }

    @Test("a service as kubectl sends it is read by the numbers of the table")
    func service() throws {
        let port = text(1, "http") + text(2, "TCP") + [0x18, 80] + field(4, [0x08, 1, 0x10, 0, 0x1a, 2, 0x64, 0x62]) + [0x28, 0]
        let spec = field(1, port) + field(2, text(1, "app") + text(2, "web")) + text(3, "") + text(4, "ClusterIP")
        let meta = text(1, "web") + text(3, "") + field(8, []) + field(11, text(1, "a") + text(2, "b"))
        let raw = field(1, meta) + field(2, spec) + field(3, field(1, []))
        let body = ProtobufBody.magic + field(1, text(1, "v1") + text(2, "Service")) + field(2, raw) + text(3, "") + text(4, "")
        let decoded = try ProtobufBody.decode(body)
        #expect(
            decoded.json == [
                "kind": "Service", "apiVersion": "v1", "metadata": ["name": "web", "labels": ["a": "b"]],
                "spec": [
                    "ports": [["name": "http", "protocol": "TCP", "port": 80, "targetPort": "db"]], "selector": ["app": "web"], "type": "ClusterIP",
                ],
                "status": ["loadBalancer": [:]],
            ])
    }

    @Test("a grace period of zero in protobuf delete options means zero")
    func deleteOptions() throws {
        let body = ProtobufBody.magic + field(1, text(1, "policy/v1") + text(2, "DeleteOptions")) + field(2, [0x08, 0])
        #expect(try ProtobufBody.decode(body).json["gracePeriodSeconds"] == 0)
    }

    @Test("secrets and quantities are read")
    func secretAndQuota() throws {
        let secret = ProtobufBody.magic + field(1, text(1, "v1") + text(2, "Secret")) + field(2, field(2, text(1, "k") + field(2, [1, 2, 3])))
        #expect(try ProtobufBody.decode(secret).json["data"] == ["k": "AQID"])
        let quota =
            ProtobufBody.magic + field(1, text(1, "v1") + text(2, "ResourceQuota"))
            + field(2, field(2, field(1, text(1, "cpu") + field(2, text(1, "4")))))
        #expect(try ProtobufBody.decode(quota).json["spec"] == ["hard": ["cpu": "4"]])
    }

    @Test("damaged bodies are refused and never crash")
    func damaged() {
        let whole = ProtobufBody.magic + field(1, text(1, "v1") + text(2, "Pod")) + field(2, field(1, text(1, "web")) + field(2, field(2, text(1, "c"))))
        for length in 0..<whole.count {
            _ = try? ProtobufBody.decode(Array(whole[..<length]))
        }
        var random = SplitMix64(seed: 7)
        for _ in 0..<2000 {
            var bytes = whole
            let place = Int(random.next() % UInt64(bytes.count - 4)) + 4
            bytes[place] = UInt8(truncatingIfNeeded: random.next())
            _ = try? ProtobufBody.decode(bytes)
        }
        #expect(throws: StatusError.self) { try ProtobufBody.decode([1, 2, 3]) }
    }

    @Test("OpenAPI 2 has every kind, all its references lead somewhere, and its message names the same definitions")
    func openAPI2() throws {
        let document = OpenAPIv2Document().document()
        let definitions = try #require(document["definitions"]?.objectValue)
        var references: [String] = []
        func collect(_ value: JSONValue) {
            switch value {
            case .object(let object):
                for (key, value) in object {
                    if key == "$ref", let text = value.stringValue { references.append(text) } else { collect(value) }
                }
            case .array(let elements): elements.forEach(collect)
            default: return
            }
        }
        collect(document)
        for reference in Set(references) {
            #expect(reference.hasPrefix("#/definitions/") && definitions.contains(String(reference.dropFirst("#/definitions/".count))), "\(reference)")
        }
        let kinds = definitions.flatMap { $0.value["x-kubernetes-group-version-kind"]?.arrayValue ?? [] }
        for kind in SchemaTable.standard.kinds {
            let gvk = kind.groupVersionKind
            #expect(kinds.contains(["group": .string(gvk.group), "version": .string(gvk.version), "kind": .string(gvk.kind)]), "\(gvk)")
        }
        // Field 9 of the message holds the definitions, field 1 of each its name.
        let message = OpenAPIv2Protobuf.encode(document)
        var reader = ProtobufReader(message, range: 0..<message.count)
        var names: [String] = []
        while let field = try reader.nextField() {
            guard field.number == 9 else {
                try reader.skip(field)
                continue
            }
            var inner = try reader.readMessage(field)
            while let pair = try inner.nextField() {
                var named = try inner.readMessage(pair)
                if let first = try named.nextField() { names.append(try named.readString(first)) }
            }
        }
        #expect(names == definitions.map(\.key))
    }

    @Test("every structure and every field of every kind has a description, which kubectl explain shows")
    func descriptions() {
        for groupVersion in SchemaTable.standard.groupVersions {
            let schemas = OpenAPIDocument().document(for: groupVersion)["components"]?["schemas"]?.objectValue ?? JSONObject()
            for (name, schema) in schemas {
                #expect(schema["description"]?.stringValue?.isEmpty == false, "\(name)")
                for (field, property) in schema["properties"]?.objectValue ?? JSONObject() {
                    #expect(property["description"]?.stringValue?.isEmpty == false, "\(name).\(field)")
                }
            }
        }
    }

    @Test("every reference of every OpenAPI document is in it, and PATCH offers field validation")
    func openAPI() throws {
        for groupVersion in SchemaTable.standard.groupVersions {
            let document = OpenAPIDocument().document(for: groupVersion)
            let schemas = try #require(document.value(at: "components", "schemas")?.objectValue)
            let text = document.description
            for part in text.components(after: "\"#/components/schemas/") { #expect(schemas[part] != nil, "\(part)") }
        }
        let core = OpenAPIDocument().document(for: GroupVersion(group: "", version: "v1"))
        let patch = core.value(at: "paths", "/api/v1/namespaces/{namespace}/pods/{name}", "patch")
        #expect(patch?["x-kubernetes-group-version-kind"] == ["group": "", "version": "v1", "kind": "Pod"])
        #expect(patch?["parameters"]?.description.contains("fieldValidation") == true)
        #expect(OpenAPIDocument().index().value(at: "paths", "apis/autoscaling/v2") != nil)
    }
}

extension String {
    /// The quoted texts that follow each occurrence of a mark.
    fileprivate func components(after mark: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: mark) {
            rest = rest[range.upperBound...]
            parts.append(String(rest.prefix { $0 != "\"" }))
        }
        return parts
    }
}
