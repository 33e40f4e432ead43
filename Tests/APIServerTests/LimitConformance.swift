import Bytes
import ClusterAPI
import Environment
import Testing

/// The cases of `../shared/conformance/limits.json`, which lies beside the project where it is developed.
enum LimitConformance {
    struct Case: Sendable, CustomTestStringConvertible {
        let id: String
        let name: String
        let kind: String
        let input: JSONValue
        let expect: JSONValue

        var testDescription: String { "\(id) \(name)" }
        var isAllowed: Bool { expect["allowed"]?.boolValue ?? (expect["httpStatus"] == nil) }
    }

    static let path: String = {
        let root = #filePath.split(separator: "/").dropLast(3)
        return "/" + root.dropLast().joined(separator: "/") + "/shared/conformance/limits.json"
    }()

    static let all: [Case] = {
        guard let bytes = TextFile.contents(path), let document = try? JSONValue.parse(bytes) else { return [] }
        return (document["cases"]?.arrayValue ?? []).map { item in
            Case(
                id: item["id"]?.stringValue ?? "", name: item["name"]?.stringValue ?? "", kind: item["kind"]?.stringValue ?? "",
                input: item["input"] ?? .null, expect: item["expect"] ?? .null)
        }
    }()

    static func cases(_ kind: String) -> [Case] { all.filter { $0.kind == kind } }
}
