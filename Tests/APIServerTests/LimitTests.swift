@testable import APIServer
import Bytes
import ClusterAPI
import Testing

@Suite("Limit ranges and quotas as the conformance table has them", .enabled(if: !LimitConformance.all.isEmpty, "../shared is not here"))
struct LimitTests {
    @Test("all 67 cases are there")
    func count() { #expect(LimitConformance.all.count == 67) }

    @Test("a pod under a LimitRange", arguments: LimitConformance.cases("limitRangeAdmit"))
    func limitRangeAdmit(item: LimitConformance.Case) throws {
        if item.input["level"] == "api" {
            try admitThroughTheAPI(item)
            return
        }
        var pod = Self.pod(item.input)
        let limits = try (item.input["limitRangeItems"]?.arrayValue ?? []).map { try LimitRangeItem(json: $0.bytes) }
        LimitDefaults.merge(limits, into: &pod)
        let errors = LimitBounds.errors(limits, pod: pod)
        #expect(errors.isEmpty == item.isAllowed, "\(errors)")
        Self.expectMessages(item, errors.joined(separator: ", "))
        Self.expectContainers(item, pod)
    }

    private func admitThroughTheAPI(_ item: LimitConformance.Case) throws {
        let api = try Fixture()
        try api.create("limitranges", ["metadata": ["name": "l"], "spec": ["limits": item.input["limitRangeItems"] ?? []]])
        let creation = api.creation("pods", Self.pod(item.input))
        if item.isAllowed {
            Self.expectContainers(item, try api.send(creation))
        } else {
            let refusal = api.refusal(creation)
            #expect(refusal?.code == item.expect["httpStatus"]?.intValue)
            #expect(refusal?.reason.rawValue == item.expect["reason"]?.stringValue)
            Self.expectMessages(item, refusal?.message ?? "")
        }
    }

    @Test("a LimitRange as it is stored", arguments: LimitConformance.cases("limitRangeObject"))
    func limitRangeObject(item: LimitConformance.Case) throws {
        let api = try Fixture()
        let creation = api.creation("limitranges", ["metadata": ["name": "l"], "spec": ["limits": [item.input["item"] ?? .null]]])
        if let expected = item.expect["item"] {
            #expect(try api.send(creation)["spec"]?["limits"]?[0] == expected)
        } else {
            let refusal = api.refusal(creation)
            #expect(refusal?.code == 422 && refusal?.reason == .invalid)
            #expect(refusal?.details?.causes.map(\.field).contains(item.expect["field"]?.stringValue ?? "") == true)
        }
    }

    @Test("a claim of storage under a LimitRange", arguments: LimitConformance.cases("limitRangePVC"))
    func limitRangeClaim(item: LimitConformance.Case) throws {
        let api = try Fixture()
        try api.create("limitranges", ["metadata": ["name": "l"], "spec": ["limits": item.input["limitRangeItems"] ?? []]])
        let claim: JSONValue = [
            "metadata": ["name": "c"],
            "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": item.input["storageRequest"] ?? .null]]],
        ]
        let refusal = api.refusal(api.creation("persistentvolumeclaims", claim))
        #expect(refusal?.code == item.expect["httpStatus"]?.intValue)
    }

    @Test("what a pod counts for", arguments: LimitConformance.cases("quotaPodUsage"))
    func quotaPodUsage(item: LimitConformance.Case) throws {
        var pod = Self.pod(item.input["pod"] ?? .null)
        if item.input["pod"]?["deletedPastGrace"] == true { pod.set("2026-01-01T00:00:00Z", at: ["metadata", "deletionTimestamp"]) }
        let usage = QuotaUsage.of(pod, Resource(plural: "pods"), now: Timestamp(rfc3339: "2026-11-24T12:00:00Z")!)
        #expect(usage == ContainerAmounts.amounts(item.expect["usage"]))
    }

    @Test("a pod under quotas", arguments: LimitConformance.cases("quotaAdmitPod"))
    func quotaAdmitPod(item: LimitConformance.Case) throws {
        let resource = Resource(plural: "pods")
        let pod = Self.pod(item.input["pod"] ?? .null)
        let now = Timestamp(rfc3339: "2026-11-24T12:00:00Z")!
        let standing = item.input["oldPod"].map { QuotaUsage.of(Self.pod($0), resource, now: now) } ?? [:]
        var failures: [(String, QuotaCharge.Outcome)] = []
        var usedAfter: [[String: Quantity]] = []
        for quota in item.input["quotas"]?.arrayValue ?? [] {
            let quota = try Self.quota(quota)
            let outcome = QuotaCharge.apply(quota, pod, resource, usage: QuotaUsage.of(pod, resource, now: now), standing: standing)
            switch outcome {
            case .unconcerned: usedAfter.append(quota.status.used)
            case .charged(let used): usedAfter.append(used)
            default: failures.append((quota.metadata.name, outcome))
            }
        }
        #expect(failures.isEmpty == item.isAllowed)
        if let expected = item.expect["usedAfter"]?.arrayValue { #expect(usedAfter == expected.map(ContainerAmounts.amounts)) }
        for (error, failure) in zip(item.expect["errors"]?.arrayValue ?? [], failures) {
            #expect(error["quota"]?.stringValue == failure.0)
            switch failure.1 {
            case .mustSpecify(let names, _): #expect(names == Self.texts(error["mustSpecify"]))
            case .exceeded(let names, _): #expect(names == Self.texts(error["exceeded"]))
            default: Issue.record("unexpected outcome \(failure.1)")
            }
        }
    }

    @Test("another object under a quota", arguments: LimitConformance.cases("quotaAdmitObject"))
    func quotaAdmitObject(item: LimitConformance.Case) throws {
        let parts = (item.input["resource"]?.stringValue ?? "").split(separator: ".", maxSplits: 1).map(String.init)
        let resource = Resource(group: parts.count == 2 ? parts[1] : "", plural: parts[0])
        let usage = QuotaUsage.of(["metadata": ["name": "x"]], resource, now: .epoch)
        let outcome = QuotaCharge.apply(try Self.quota(item.input), .null, resource, usage: usage)
        if case .charged(let used) = outcome {
            #expect(item.isAllowed)
            #expect(used == ContainerAmounts.amounts(item.expect["usedAfter"]))
        } else {
            #expect(!item.isAllowed)
        }
    }

    @Test("what a Service counts for", arguments: LimitConformance.cases("quotaServiceUsage"))
    func quotaServiceUsage(item: LimitConformance.Case) {
        let ports = (0..<(item.input["ports"]?.intValue ?? 0)).map { JSONValue.object(JSONObject([("port", .number(80 + $0))])) }
        let usage = QuotaUsage.of(
            ["spec": ["type": item.input["type"] ?? .null, "ports": .array(ports)]], Resource(plural: "services"), now: .epoch)
        for (name, amount) in ContainerAmounts.amounts(item.expect) { #expect(usage[name] == amount) }
    }

    // MARK: Reading the table

    private static func texts(_ value: JSONValue?) -> [String] { value?.arrayValue?.compactMap(\.stringValue) ?? [] }

    private static func pod(_ input: JSONValue) -> JSONValue {
        var spec = JSONObject()
        for list in ["containers", "initContainers"] {
            guard let containers = input[list]?.arrayValue else { continue }
            spec[list] = .array(
                containers.map { container in
                    [
                        "name": container["name"] ?? .null, "image": "host",
                        "resources": ["requests": container["requests"] ?? [:], "limits": container["limits"] ?? [:]],
                    ]
                })
        }
        for key in ["activeDeadlineSeconds", "priorityClassName"] { if let value = input[key] { spec[key] = value } }
        return ["kind": "Pod", "apiVersion": "v1", "metadata": ["name": "p"], "spec": .object(spec)]
    }

    private static func quota(_ input: JSONValue) throws -> ResourceQuota {
        var spec: JSONValue = ["hard": input["hard"] ?? [:]]
        if let scopes = input["scopes"] { spec["scopes"] = scopes }
        let quota: JSONValue = [
            "metadata": ["name": input["name"] ?? "q"], "spec": spec, "status": ["hard": input["hard"] ?? [:], "used": input["used"] ?? [:]],
        ]
        return try ResourceQuota(json: quota.bytes)
    }

    private static func expectMessages(_ item: LimitConformance.Case, _ text: String) {
        for message in texts(item.expect["messages"]) { #expect(words(message, areIn: text), "\(message): \(text)") }
    }

    /// Whether words stand in a text one after the other; amounts compare by their value, as the table says.
    private static func words(_ message: String, areIn text: String) -> Bool {
        func words(_ text: String) -> [Substring] {
            text.split { $0 == " " || $0 == "[" || $0 == "]" }.map { $0.hasSuffix(",") || $0.hasSuffix(".") ? $0.dropLast() : $0 }
        }
        func isSame(_ wanted: Substring, _ found: Substring) -> Bool {
            if let wanted = Quantity(String(wanted)), let found = Quantity(String(found)) { return wanted == found }
            return wanted == found
        }
        let wanted = words(message)
        let found = words(text)
        guard found.count >= wanted.count else { return false }
        return (0...(found.count - wanted.count)).contains { start in
            zip(wanted, found[start...]).allSatisfy(isSame)
        }
    }

    private static func expectContainers(_ item: LimitConformance.Case, _ pod: JSONValue) {
        for list in ["containers", "initContainers"] {
            guard let expected = item.expect[list]?.arrayValue else { continue }
            let found = pod["spec"]?[list]?.arrayValue ?? []
            #expect(found.count == expected.count)
            for (found, expected) in zip(found, expected) {
                for part in ["requests", "limits"] {
                    #expect(ContainerAmounts.amounts(found["resources"]?[part]) == ContainerAmounts.amounts(expected[part]))
                }
            }
        }
    }
}
