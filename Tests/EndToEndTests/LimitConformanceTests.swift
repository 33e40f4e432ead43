import Bytes
import Environment
import Posix
import Testing

enum LimitTable {
    static let cases: [JSONValue] = {
        let root = ProjectRoot.path.split(separator: "/").dropLast().joined(separator: "/")
        guard let bytes = try? PosixFileSystem().contents("/\(root)/shared/conformance/limits.json") else { return [] }
        return (try? JSONValue.parse(bytes))?["cases"]?.arrayValue ?? []
    }()
}

/// The cases of `../shared/conformance/limits.json` that are about the API, through the API. Those about a single step of admission are
/// tested at that step.
@Suite(
    "Limit ranges and quotas over HTTP", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"),
    .enabled(if: !LimitTable.cases.isEmpty, "../shared is not here"))
struct LimitConformanceTests {
    private static let overHTTP: Set<String> = ["limitRangeAdmit", "limitRangeObject", "limitRangePVC", "quotaAdmitObject", "quotaServiceUsage"]

    @Test("every case of the API's level is answered as the table says")
    func table() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23153)
        var count = 0
        for item in LimitTable.cases where Self.overHTTP.contains(item["kind"]?.stringValue ?? "") && item["input"]?["level"] != "plugin" {
            let id = item["id"]?.stringValue ?? ""
            let room = try Room(server, name: id)
            switch item["kind"]?.stringValue {
            case "limitRangeAdmit": try admitPod(item, room)
            case "limitRangeObject": try storeLimitRange(item, room)
            case "limitRangePVC": try admitClaim(item, room)
            case "quotaAdmitObject": try admitObject(item, room)
            default: try countService(item, room)
            }
            count += 1
        }
        #expect(count == 29)
        #expect(await server.stop() == 0)
    }

    /// A namespace for one case.
    private struct Room {
        let address: String
        let id: String

        init(_ server: RunningServer, name: String) throws {
            id = name
            address = server.address
            let body: JSONValue = ["metadata": ["name": .string(name)]]
            #expect(try Curl.send("POST", address + "/api/v1/namespaces", type: "application/json", body: body.bytes).status == 201, "\(name)")
        }

        func create(_ plural: String, _ object: JSONValue, root: String = "/api/v1") throws -> Curl.Answer {
            try Curl.send("POST", "\(address)\(root)/namespaces/\(id)/\(plural)", type: "application/json", body: object.bytes)
        }

        func get(_ plural: String, _ name: String) throws -> JSONValue { try Curl.get("\(address)/api/v1/namespaces/\(id)/\(plural)/\(name)").json }
    }

    // MARK: LimitRange

    private func admitPod(_ item: JSONValue, _ room: Room) throws {
        let range = try room.create("limitranges", ["metadata": ["name": "l"], "spec": ["limits": item["input"]?["limitRangeItems"] ?? []]])
        #expect(range.status == 201, "\(room.id): \(range.text)")
        var spec = JSONObject()
        for list in ["containers", "initContainers"] {
            guard let containers = item["input"]?[list]?.arrayValue else { continue }
            spec[list] = .array(
                containers.map { container in
                    [
                        "name": container["name"] ?? .null, "image": "host",
                        "resources": ["requests": container["requests"] ?? [:], "limits": container["limits"] ?? [:]],
                    ]
                })
        }
        let answer = try room.create("pods", ["metadata": ["name": "p"], "spec": .object(spec)])
        guard item["expect"]?["allowed"] == true else { return expectRefusal(answer, item, room) }
        #expect(answer.status == 201, "\(room.id): \(answer.text)")
        for list in ["containers", "initContainers"] {
            guard let expected = item["expect"]?[list]?.arrayValue else { continue }
            for (index, container) in expected.enumerated() {
                for part in ["requests", "limits"] {
                    let found = answer.json["spec"]?[list]?[index]?["resources"]?[part]
                    #expect(Self.amounts(found) == Self.amounts(container[part]), "\(room.id): \(answer.text)")
                }
            }
        }
    }

    private func storeLimitRange(_ item: JSONValue, _ room: Room) throws {
        let answer = try room.create("limitranges", ["metadata": ["name": "l"], "spec": ["limits": [item["input"]?["item"] ?? .null]]])
        guard let expected = item["expect"]?["item"] else { return expectRefusal(answer, item, room) }
        let found = answer.json["spec"]?["limits"]?[0]
        #expect(found?["type"] == expected["type"], "\(room.id): \(answer.text)")
        for part in ["min", "max", "default", "defaultRequest", "maxLimitRequestRatio"] {
            #expect(Self.amounts(found?[part]) == Self.amounts(expected[part]), "\(room.id) \(part): \(answer.text)")
        }
    }

    private func admitClaim(_ item: JSONValue, _ room: Room) throws {
        _ = try room.create("limitranges", ["metadata": ["name": "l"], "spec": ["limits": item["input"]?["limitRangeItems"] ?? []]])
        let answer = try room.create(
            "persistentvolumeclaims",
            [
                "metadata": ["name": "c"],
                "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": item["input"]?["storageRequest"] ?? .null]]],
            ])
        if item["expect"]?["allowed"] == true { #expect(answer.status == 201, "\(room.id): \(answer.text)") } else { expectRefusal(answer, item, room) }
    }

    // MARK: ResourceQuota

    /// Fills the quota by creating as many objects as the table says are there, then creates one more.
    private func admitObject(_ item: JSONValue, _ room: Room) throws {
        // The table's custom kind stands for any that is no kind of Kubernetes': here ours.
        let given = item["input"]?["resource"]?.stringValue ?? ""
        let isCustom = given.contains(".")
        let plural = isCustom ? "autoscalingpolicies" : given
        let name = isCustom ? "count/autoscalingpolicies.skysail.dev" : given
        guard let hard = item["input"]?["hard"]?.objectValue?.map(\.value).first, let used = Self.amount(item["input"]?["used"]?.objectValue?.map(\.value).first) else {
            Issue.record("\(room.id) has no amounts")
            return
        }
        let quota = try room.create("resourcequotas", ["metadata": ["name": "q"], "spec": ["hard": [name: hard]]])
        #expect(quota.status == 201, "\(room.id): \(quota.text)")
        // What a namespace has from the start counts as well.
        let standing = Self.amount(try room.get("resourcequotas", "q")["status"]?["used"]?[name]) ?? 0
        var last: Curl.Answer?
        for index in Int(standing)...Int(used) {
            last = try room.create(plural, Self.object(plural, "o\(index)"), root: isCustom ? "/apis/skysail.dev/v1" : "/api/v1")
            if index < Int(used) { #expect(last?.status == 201, "\(room.id): \(last?.text ?? "")") }
        }
        guard let last else { return }
        if item["expect"]?["allowed"] == true {
            #expect(last.status == 201, "\(room.id): \(last.text)")
            let after = try room.get("resourcequotas", "q")["status"]?["used"]?[name]
            #expect(Self.amount(after) == Self.amount(item["expect"]?["usedAfter"]?[name]), "\(room.id)")
        } else {
            expectRefusal(last, item, room)
        }
    }

    private static func object(_ plural: String, _ name: String) -> JSONValue {
        switch plural {
        case "persistentvolumeclaims":
            ["metadata": ["name": .string(name)], "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Mi"]]]]
        case "autoscalingpolicies":
            [
                "metadata": ["name": .string(name)],
                "spec": [
                    "scaleTargetRef": ["apiVersion": "v1", "kind": "ReplicationController", "name": "web"], "minReplicas": 1, "maxReplicas": 3,
                    "signals": [["name": "load", "promql": "1", "target": ["type": "Value", "value": "1"]]],
                ],
            ]
        default: ["metadata": ["name": .string(name)]]
        }
    }

    private func countService(_ item: JSONValue, _ room: Room) throws {
        let names = (item["expect"]?.objectValue ?? JSONObject()).map(\.key)
        let hard = JSONObject(names.map { ($0, "10") })
        _ = try room.create("resourcequotas", ["metadata": ["name": "q"], "spec": ["hard": .object(hard)]])
        let ports = (0..<(item["input"]?["ports"]?.intValue ?? 0)).map { index -> JSONValue in
            ["name": .string("p\(index)"), "port": .number(80 + index)]
        }
        let answer = try room.create("services", ["metadata": ["name": "s"], "spec": ["type": item["input"]?["type"] ?? .null, "ports": .array(ports)]])
        #expect(answer.status == 201, "\(room.id): \(answer.text)")
        let used = try room.get("resourcequotas", "q")["status"]?["used"]
        for name in names { #expect(Self.amount(used?[name]) == Self.amount(item["expect"]?[name]), "\(room.id) \(name)") }
    }

    // MARK: Comparing

    private func expectRefusal(_ answer: Curl.Answer, _ item: JSONValue, _ room: Room) {
        #expect(answer.status == item["expect"]?["httpStatus"]?.intValue, "\(room.id): \(answer.text)")
        #expect(answer.json["reason"] == item["expect"]?["reason"], "\(room.id): \(answer.text)")
        if let field = item["expect"]?["field"] {
            #expect(answer.json["details"]?["causes"]?.arrayValue?.contains { $0["field"] == field } == true, "\(room.id): \(answer.text)")
        }
        for message in item["expect"]?["messages"]?.arrayValue ?? [] {
            #expect(answer.json["message"]?.stringValue?.contains(message.stringValue ?? "") == true, "\(room.id): \(answer.text)")
        }
    }

    /// Amounts by name, as numbers: the table compares them by value.
    private static func amounts(_ value: JSONValue?) -> [String: Double] {
        Dictionary(uniqueKeysWithValues: (value?.objectValue ?? JSONObject()).map { ($0.key, amount($0.value) ?? .nan) })
    }

    private static func amount(_ value: JSONValue?) -> Double? {
        guard let text = value?.stringValue ?? value.map(\.description) else { return nil }
        let number = text.prefix { $0.isNumber || $0 == "." }
        let scales: [Substring: Double] = [
            "": 1, "m": 0.001, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 1024, "Mi": 1_048_576, "Gi": 1_073_741_824,
        ]
        guard let amount = Double(number), let scale = scales[text.dropFirst(number.count)] else { return nil }
        return amount * scale
    }
}
