import Bytes
import Environment
import Testing

@Suite("What Kubernetes refuses", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct RefusalTests {
    /// One request and how it is answered.
    private struct Case {
        var method = "POST"
        var path = "/api/v1/namespaces/default/configmaps"
        var type = "application/json"
        var body: String
        var code: Int
        var reason: String
        var field = ""
        var words = ""
    }

    private static let json = "application/json-patch+json"
    private static let merge = "application/merge-patch+json"
    private static let apply = "application/apply-patch+yaml"
    private static let item = "/api/v1/namespaces/default/configmaps/there"

    private static func map(_ name: String, _ rest: String = "") -> String {
        #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)"}\#(rest)}"#
    }

    private static let bodies: [Case] = [
        Case(body: map("x", #","data":{"a":1}"#), code: 400, reason: "BadRequest", words: "cannot unmarshal number into Go struct field ConfigMap.data"),
        Case(body: "{", code: 400, reason: "BadRequest"),
        Case(body: "", code: 400, reason: "BadRequest"),
        Case(body: map("x", #","data":\#(String(repeating: #"{"a":"#, count: 20_000))1\#(String(repeating: "}", count: 20_000))"#), code: 400, reason: "BadRequest"),
        Case(body: #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"}}"#, code: 400, reason: "BadRequest", words: "cannot be handled as a ConfigMap"),
        Case(body: #"{"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"x"}}"#, code: 400, reason: "BadRequest", words: "does not match the expected API version (v1)"),
        Case(body: #"{"metadata":{"name":"x","namespace":"other"}}"#, code: 400, reason: "BadRequest", words: "does not match the namespace sent on the request"),
        Case(body: #"{"metadata":{}}"#, code: 422, reason: "Invalid", field: "metadata.name"),
        Case(body: map("Upper/Case"), code: 422, reason: "Invalid", field: "metadata.name"),
        Case(body: map(String(repeating: "a", count: 254)), code: 422, reason: "Invalid", field: "metadata.name", words: "must be no more than 253"),
        Case(body: map("x", #","metadata":{"name":"x","labels":{"a b":"c"}}"#), code: 422, reason: "Invalid", field: "metadata.labels"),
        Case(body: #"{"metadata":{"name":"x","resourceVersion":"5"}}"#, code: 400, reason: "BadRequest", words: "resourceVersion should not be set"),
        Case(path: "/api/v1/namespaces/default/configmaps?fieldValidation=Strict", body: map("x", #","b":1,"data":{},"data":{}"#), code: 400, reason: "BadRequest",
            words: "strict decoding error: unknown field \"b\", duplicate field \"data\""),
        Case(path: "/api/v1/namespaces/default/configmaps?fieldValidation=Perhaps", body: map("x"), code: 422, reason: "Invalid", field: "fieldValidation"),
        Case(path: "/api/v1/namespaces/default/configmaps?dryRun=Some", body: map("x"), code: 422, reason: "Invalid", field: "dryRun"),
        Case(path: "/api/v1/namespaces/nowhere/configmaps", body: map("x"), code: 404, reason: "NotFound", words: "namespaces \"nowhere\" not found"),
        Case(type: "application/xml", body: "<a/>", code: 415, reason: "UnsupportedMediaType", words: "accepted media types include: application/json"),
        Case(type: "application/vnd.kubernetes.protobuf", body: "garbage", code: 400, reason: "BadRequest"),
        Case(type: "application/vnd.kubernetes.protobuf", body: "k8s\0\u{7f}\u{7f}\u{7f}", code: 400, reason: "BadRequest"),
        Case(body: map("x", #","data":{"a":"\#(String(repeating: "a", count: 1_100_000))"}"#), code: 422, reason: "Invalid", field: "[]", words: "Too long: may not be more than 1048576 bytes"),
        Case(body: map("x", #","data":{"a":"\#(String(repeating: "a", count: 3_200_000))"}"#), code: 413, reason: "RequestEntityTooLarge", words: "Request entity too large: limit is 3145728"),
        Case(path: "/api/v1/namespaces/default/pods", body: #"{"metadata":{"name":"x"},"spec":{"containers":[{"name":"a"},{"name":"a","image":"i"}]}}"#, code: 422,
            reason: "Invalid", field: "spec.containers[0].image"),
        Case(path: "/api/v1/namespaces/default/pods", body: #"{"metadata":{"name":"x"},"spec":{"containers":[{"name":"a","image":"i","resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}}]}}"#,
            code: 422, reason: "Invalid", field: "spec.containers[0].resources.requests", words: "must be less than or equal to cpu limit of 1"),
        Case(path: "/api/v1/namespaces/default/pods/x/binding", body: #"{"metadata":{"name":"x"},"target":{"name":"n"}}"#, code: 404, reason: "NotFound"),
    ]

    /// Each copy doubles what is copied next: forty of them would be a billion kilobytes.
    private static let bomb = "["
        + ([#"{"op":"add","path":"/data","value":{"a":"\#(String(repeating: "a", count: 1000))"}}"#]
            + (0..<40).map { #"{"op":"copy","from":"/data","path":"/data/\#($0)"}"# }).joined(separator: ",") + "]"

    /// The same with references of YAML.
    private static let laughs = "a0: &a0 [lol, lol]\n"
        + (1..<40).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()

    private static let methods: [Case] = [
        Case(path: item, body: "{}", code: 405, reason: "MethodNotAllowed"),
        Case(method: "PUT", body: "{}", code: 405, reason: "MethodNotAllowed"),
        Case(method: "PATCH", body: "{}", code: 405, reason: "MethodNotAllowed"),
        Case(method: "DELETE", path: "/api/v1/namespaces", body: "", code: 405, reason: "MethodNotAllowed"),
        Case(method: "PUT", path: item, body: map("other"), code: 400, reason: "BadRequest", words: "does not match the name on the URL"),
        Case(method: "PUT", path: item, body: #"{"metadata":{"name":"there","resourceVersion":"1"}}"#, code: 409, reason: "Conflict", words: "the object has been modified"),
        Case(method: "PUT", path: item, body: #"{"metadata":{"name":"there","uid":"1"}}"#, code: 409, reason: "Conflict", words: "Precondition failed: UID"),
        Case(method: "PUT", path: "/api/v1/namespaces/default/configmaps/gone", body: map("gone"), code: 404, reason: "NotFound"),
        Case(method: "PATCH", path: item, body: "{}", code: 415, reason: "UnsupportedMediaType", words: "application/strategic-merge-patch+json"),
        Case(method: "PATCH", path: item, type: json, body: "{}", code: 400, reason: "BadRequest"),
        Case(method: "PATCH", path: item, type: json, body: #"[{"op":"test","path":"/metadata/name","value":"z"}]"#, code: 422, reason: "Invalid"),
        Case(method: "PATCH", path: item, type: json, body: #"[{"op":"remove","path":"/data/none"}]"#, code: 422, reason: "Invalid"),
        Case(method: "PATCH", path: item, type: json,
            body: "[" + [String](repeating: #"{"op":"add","path":"/data/a","value":"b"}"#, count: 10_001).joined(separator: ",") + "]", code: 413,
            reason: "RequestEntityTooLarge", words: "The allowed maximum operations in a JSON patch is 10000, got 10001"),
        Case(method: "PATCH", path: item, type: json, body: bomb, code: 422, reason: "Invalid", words: "unable to complete the copy"),
        Case(method: "PATCH", path: item + "?fieldManager=a", type: apply, body: laughs, code: 400, reason: "BadRequest"),
        Case(method: "PATCH", path: item, type: merge, body: "[]", code: 400, reason: "BadRequest"),
        Case(method: "PATCH", path: item, type: merge, body: #"{"metadata":{"name":"z"}}"#, code: 400, reason: "BadRequest"),
        Case(method: "PATCH", path: item, type: apply, body: map("there"), code: 422, reason: "Invalid", field: "fieldManager"),
        Case(method: "PATCH", path: item + "?fieldManager=a", type: apply, body: "{}", code: 400, reason: "BadRequest", words: "Incorrect version specified in apply patch"),
        Case(method: "PATCH", path: item + "?fieldManager=" + String(repeating: "a", count: 129), type: apply, body: map("there"), code: 422, reason: "Invalid", field: "fieldManager"),
        Case(method: "DELETE", path: item, body: #"{"preconditions":{"uid":"x"}}"#, code: 409, reason: "Conflict"),
        Case(method: "DELETE", path: item, body: #"{"propagationPolicy":"Nope"}"#, code: 422, reason: "Invalid", field: "propagationPolicy"),
        Case(method: "DELETE", path: "/api/v1/namespaces/default", body: "", code: 403, reason: "Forbidden"),
    ]

    private static let reads: [(path: String, code: Int, reason: String)] = [
        ("/apis/apps/v1", 404, "NotFound"), ("/api/v1/unicorns", 404, "NotFound"), ("/apis/nosuch", 404, "NotFound"),
        ("/api/v1/namespaces/default/pods/x/nosuch", 404, "NotFound"), ("/api/v1/namespaces/default/serviceaccounts/default/token", 405, "MethodNotAllowed"),
        ("/api/v1/pods?labelSelector=a+b", 400, "BadRequest"), ("/api/v1/pods?fieldSelector=a", 400, "BadRequest"),
        ("/api/v1/pods?fieldSelector=spec.colour%3Dred", 400, "BadRequest"), ("/api/v1/pods?limit=abc", 400, "BadRequest"),
        ("/api/v1/pods?continue=garbage", 400, "BadRequest"), ("/api/v1/pods?resourceVersion=abc", 400, "BadRequest"),
        ("/api/v1/pods?resourceVersion=999999999", 504, "Timeout"), ("/api/v1/pods?watch=1&resourceVersion=999999999", 504, "Timeout"),
        ("/api/v1/pods?watch=1&sendInitialEvents=true", 422, "Invalid"), ("/api/v1/pods?resourceVersionMatch=Exact", 400, "BadRequest"),
        ("/api/v1/namespaces/default/configmaps?labelSelector=\(String(repeating: "a", count: 50_000))", 400, "BadRequest"),
        ("/api/v1/namespaces/default/configmaps/\(String(repeating: "a", count: 50_000))", 404, "NotFound"),
    ]

    @Test("is refused with the same code, reason and field, and harms nobody")
    func refusals() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23142)
        let collection = server.address + "/api/v1/namespaces/default/configmaps"
        #expect(try Curl.send("POST", collection, type: "application/json", body: Array(Self.map("there").utf8)).status == 201)
        for item in Self.bodies + Self.methods {
            let answer = try Curl.send(item.method, server.address + item.path, type: item.type, body: Array(item.body.utf8))
            let what = "\(item.method) \(item.path.prefix(90)) \(item.body.prefix(120)): \(answer.text.prefix(400))"
            #expect(answer.status == item.code, "\(what)")
            #expect(answer.json["kind"] == "Status" && answer.json["code"]?.intValue == item.code, "\(what)")
            #expect(answer.json["reason"]?.stringValue == item.reason, "\(what)")
            let fields = answer.json["details"]?["causes"]?.arrayValue?.compactMap { $0["field"]?.stringValue } ?? []
            if !item.field.isEmpty { #expect(fields.contains(item.field), "\(what)") }
            if !item.words.isEmpty { #expect(answer.json["message"]?.stringValue?.contains(item.words) == true, "\(what)") }
        }
        for (path, code, reason) in Self.reads {
            let answer = try Curl.get(server.address + path)
            #expect(answer.status == code && answer.json["reason"]?.stringValue == reason, "\(path.prefix(90)): \(answer.status) \(answer.text.prefix(300))")
        }
        // Deep patches, a header that no server takes whole, and answers in forms that are not there.
        #expect(try Curl.get(server.address + Self.item, headers: ["X: \(String(repeating: "a", count: 100_000))"]).status == 431)
        #expect(try Curl.get(server.address + Self.item, headers: ["Accept: application/xml"]).status == 406)
        #expect(try Curl.get(server.address + Self.item, headers: ["Accept: application/yaml"]).text.hasPrefix("apiVersion: v1\n"))
        let names = try Curl.get(collection).json["items"]?.arrayValue?.compactMap { $0["metadata"]?["name"]?.stringValue }
        #expect(names == ["there"])
        #expect(await server.stop() == 0)
    }
}
