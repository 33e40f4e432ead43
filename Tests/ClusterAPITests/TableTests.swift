import Bytes
import Testing

@testable import ClusterAPI

@Suite("Printed columns")
struct TableTests {
    private func row(_ kind: String, _ json: JSONValue, apiVersion: String = "v1") throws -> [String: String] {
        let groupVersion = try #require(GroupVersion(apiVersion: apiVersion))
        let schema = try #require(SchemaTable.standard.kind(GroupVersionKind(groupVersion, kind: kind)))
        let now = try #require(Timestamp(rfc3339: "2026-01-02T03:04:05Z"))
        let table = TableColumns.table([json], kind: schema, now: now)
        let names = table["columnDefinitions"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
        let cells = table["rows"]?[0]?["cells"]?.arrayValue ?? []
        try #require(names.count == cells.count)
        return Dictionary(uniqueKeysWithValues: zip(names, cells.map { $0.stringValue ?? $0.description }))
    }

    @Test("a pod that crashes shows why, how often and when last")
    func pod() throws {
        let cells = try row(
            "Pod",
            [
                "metadata": ["name": "web", "creationTimestamp": "2026-01-02T00:00:05Z"], "spec": ["containers": [["name": "a"], ["name": "b"]]],
                "status": [
                    "phase": "Running", "podIP": "10.0.0.1",
                    "containerStatuses": [
                        [
                            "name": "a", "ready": false, "restartCount": 3, "state": ["waiting": ["reason": "CrashLoopBackOff"]],
                            "lastState": ["terminated": ["finishedAt": "2026-01-02T03:03:05Z"]],
                        ],
                        ["name": "b", "ready": true, "restartCount": 0, "state": ["running": [:]]],
                    ],
                ],
            ])
        #expect(cells["Ready"] == "1/2")
        #expect(cells["Status"] == "CrashLoopBackOff")
        #expect(cells["Restarts"] == "3 (60s ago)")
        #expect(cells["Age"] == "3h4m")
        #expect(cells["IP"] == "10.0.0.1")
        #expect(cells["Node"] == "<none>")
    }

    @Test("a service and an autoscaler show what kubectl shows")
    func others() throws {
        let service = try row(
            "Service",
            [
                "metadata": ["name": "web"],
                "spec": ["type": "NodePort", "clusterIP": "10.1.1.1", "ports": [["port": 80, "nodePort": 30080, "protocol": "TCP"]]],
            ])
        #expect(service["Port(s)"] == "80:30080/TCP")
        #expect(service["External-IP"] == "<none>")
        let scaler = try row(
            "HorizontalPodAutoscaler",
            [
                "metadata": ["name": "web"],
                "spec": [
                    "scaleTargetRef": ["kind": "ReplicationController", "name": "web"], "maxReplicas": 5,
                    "metrics": [["type": "Resource", "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]]]],
                ],
            ], apiVersion: "autoscaling/v2")
        #expect(scaler["Reference"] == "ReplicationController/web")
        #expect(scaler["Targets"] == "cpu: <unknown>/80%")
        #expect(scaler["MinPods"] == "<unset>")
    }

    @Test(
        "ages are short",
        arguments: [(0, "0s"), (119, "119s"), (125, "2m5s"), (600, "10m"), (10800, "3h"), (28800, "8h"), (172_800, "2d"), (691_200, "8d")])
    func ages(_ seconds: Int, _ text: String) {
        #expect(AgeText.text(.seconds(seconds)) == text)
    }
}
