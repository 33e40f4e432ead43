import Bytes
import Testing

@testable import ClusterAPI

@Suite("LimitRange objects")
struct LimitRangeTests {
    static let kind = SchemaTable.standard.kind(GroupVersionKind(group: "", version: "v1", kind: "LimitRange"))!

    struct Case: CustomTestStringConvertible, Sendable {
        var item: String
        var stored: String?
        var field = ""
        var testDescription: String { "\(item) gives \(stored ?? field)" }
    }

    /// The rules are those of Kubernetes' documentation of LimitRange.
    @Test(
        "items get their defaults in order, and wrong ones are refused at their field",
        arguments: [
            Case(
                item: #"{"type":"Container","max":{"cpu":"2"}}"#,
                stored: #"{"type":"Container","max":{"cpu":"2"},"default":{"cpu":"2"},"defaultRequest":{"cpu":"2"}}"#),
            Case(
                item: #"{"type":"Container","min":{"cpu":"50m"},"default":{"cpu":"100m"}}"#,
                stored: #"{"type":"Container","min":{"cpu":"50m"},"default":{"cpu":"100m"},"defaultRequest":{"cpu":"100m"}}"#),
            Case(item: #"{"type":"Pod","max":{"cpu":"1024m"}}"#, stored: #"{"type":"Pod","max":{"cpu":"1024m"}}"#),
            Case(item: #"{"type":"Pod","defaultRequest":{"cpu":"1"}}"#, field: "spec.limits[0].defaultRequest"),
            Case(item: #"{"type":"Container","max":{"cpu":"1"},"default":{"cpu":"2"}}"#, field: "spec.limits[0].default[cpu]"),
            Case(item: #"{"type":"Container","min":{"cpu":"1"},"defaultRequest":{"cpu":"500m"}}"#, field: "spec.limits[0].defaultRequest[cpu]"),
            Case(item: #"{"type":"Container","maxLimitRequestRatio":{"cpu":"800m"}}"#, field: "spec.limits[0].maxLimitRequestRatio[cpu]"),
        ])
    func items(_ test: Case) throws {
        let body = #"{"metadata":{"name":"l"},"spec":{"limits":["# + test.item + "]}}"
        var object = try ObjectDecoder.decode(Array(body.utf8), as: Self.kind, validation: .strict).object
        Defaulter().setDefaults(&object, kind: Self.kind)
        let errors = SemanticValidator.check(object, Self.kind)
        if let stored = test.stored {
            #expect(errors.isEmpty)
            #expect(object.value(at: "spec", "limits")?[0] == (try JSONValue.parse(stored)))
        } else {
            #expect(errors.map(\.field).contains(test.field))
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
