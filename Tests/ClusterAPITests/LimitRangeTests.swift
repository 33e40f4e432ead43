import Bytes
import FoundationEssentials
import Testing

@testable import ClusterAPI

@Suite("LimitRange objects")
struct LimitRangeTests {
    static let kind = SchemaTable.standard.kind(GroupVersionKind(group: "", version: "v1", kind: "LimitRange"))!

    struct Case: CustomTestStringConvertible, Sendable {
        var id: String
        var name: String
        var item: JSONValue
        var expected: JSONValue
        var testDescription: String { "\(id): \(name)" }
    }

    static let cases: [Case] = {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        guard let data = FileManager.default.contents(atPath: root + "/../shared/conformance/limits.json"),
            let table = try? JSONValue.parse([UInt8](data))
        else { return [] }
        return (table["cases"]?.arrayValue ?? []).filter { $0["kind"] == "limitRangeObject" }.map { item in
            Case(
                id: item["id"]?.stringValue ?? "", name: item["name"]?.stringValue ?? "", item: item["input"]?["item"] ?? .null,
                expected: item["expect"] ?? .null)
        }
    }()

    @Test(
        "items get their defaults in order, and wrong ones are refused at their field",
        .enabled(if: !cases.isEmpty, "../shared/conformance/limits.json is not there"), arguments: cases)
    func items(_ test: Case) throws {
        let body: JSONValue = ["metadata": ["name": "l"], "spec": ["limits": [test.item]]]
        var object = try ObjectDecoder.decode(body.bytes, as: Self.kind, validation: .strict).object
        Defaulter().setDefaults(&object, kind: Self.kind)
        let errors = SemanticValidator.check(object, Self.kind)
        if let stored = test.expected["item"] {
            #expect(errors.isEmpty)
            #expect(object.value(at: "spec", "limits")?[0] == stored)
        } else {
            #expect(errors.map(\.field).contains(test.expected["field"]?.stringValue ?? ""))
        }
    }

    @Test("the talk's early form is taken as a default of containers, with a warning")
    func early() throws {
        let body: JSONValue = [
            "spec": ["limits": [["type": "Pod", "default": ["cpu": "100m"], "max": ["cpu": "1024m"]], ["kind": "containers", "min": ["cpu": "1m"]]]]
        ]
        let modern = try #require(EarlyLimitRange.modernized(body))
        #expect(modern.warnings.count == 2)
        #expect(
            modern.object.value(at: "spec", "limits") == [
                ["type": "Pod", "max": ["cpu": "1024m"]], ["type": "Container", "min": ["cpu": "1m"], "default": ["cpu": "100m"]],
            ])
        #expect(EarlyLimitRange.modernized(modern.object) == nil)
    }
}
