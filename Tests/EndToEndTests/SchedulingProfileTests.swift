import Bytes
import Environment
import Posix
import Testing

@Suite("Scheduling profiles of the configuration", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct SchedulingProfileTests {
    private static let configuration = """
        scheduler:
          profiles:
          - {schedulerName: default-scheduler, profile: standard}
          - {schedulerName: classic, profile: classic}
          - {schedulerName: careless, filters: [NodeName], scores: []}
          - schedulerName: follower
            filters: [NodeName, NodeResourcesFit]
            scores: [{name: NodeAffinity, weight: 100}, {name: LeastRequestedPriority, weight: 1}]
          - schedulerName: leveller
            filters: [NodeName, NodeResourcesFit]
            scores: [{name: NodeAffinity, weight: 1}, {name: LeastRequestedPriority, weight: 100}]

        """

    private static func node(_ name: String) -> JSONValue {
        let room: JSONValue = ["cpu": "4", "memory": "8Gi", "pods": "20"]
        return [
            "kind": "Node", "apiVersion": "v1", "metadata": ["name": .string(name), "labels": ["side": .string(name)]],
            "status": ["capacity": room, "allocatable": room, "conditions": [["type": "Ready", "status": "True"]]],
        ]
    }

    /// A pod that likes to be on the node `left`, and bears whatever becomes of nodes that nobody runs.
    private static func pod(_ name: String, scheduler: String, cpu: String, node: String? = nil) -> JSONValue {
        var spec: JSONValue = [
            "schedulerName": .string(scheduler), "tolerations": [["operator": "Exists"]],
            "containers": [["name": "main", "image": "host", "resources": ["requests": ["cpu": .string(cpu), "memory": "64Mi"]]]],
            "affinity": [
                "nodeAffinity": [
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        ["weight": 100, "preference": ["matchExpressions": [["key": "side", "operator": "In", "values": ["left"]]]]]
                    ]
                ]
            ],
        ]
        if let node { spec["nodeName"] = .string(node) }
        return ["kind": "Pod", "apiVersion": "v1", "metadata": ["name": .string(name)], "spec": spec]
    }

    @Test("each profile decides with its own plug-ins and weights, and a pod without a node says why for each reason")
    func profiles() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let path = folder.path + "/skysail.yaml"
        try PosixFileSystem().replaceContents(path, with: Array(Self.configuration.utf8))
        let server = try await RunningServer(["server", "--config", path], folder: folder.path, port: 23162)
        let pods = server.address + "/api/v1/namespaces/default/pods"
        func create(_ path: String, _ object: JSONValue) throws {
            let answer = try Curl.send("POST", path, type: "application/json", body: object.bytes)
            #expect(answer.status == 201, "\(answer.text)")
        }
        /// Waits until the pod has a node, or a condition that says why it has none.
        func outcome(_ name: String) async throws -> String {
            let end = ContinuousClock.now + .seconds(300)
            while ContinuousClock.now < end {
                let pod = try Curl.get(pods + "/" + name).json
                if let node = pod["spec"]?["nodeName"]?.stringValue { return node }
                let condition = pod["status"]?["conditions"]?.arrayValue?.first { $0["type"] == "PodScheduled" }
                if let message = condition?["message"]?.stringValue { return message }
                try await Task.sleep(for: .milliseconds(100))
            }
            return "nothing happened"
        }
        for name in ["left", "right"] { try create(server.address + "/api/v1/nodes", Self.node(name)) }
        try create(pods, Self.pod("ballast", scheduler: "nobody", cpu: "3", node: "left"))

        for (scheduler, expected) in [("follower", "left"), ("leveller", "right"), ("classic", "right")] {
            try create(pods, Self.pod(scheduler, scheduler: scheduler, cpu: "100m"))
            #expect(try await outcome(scheduler) == expected, "\(scheduler)")
        }
        try create(pods, Self.pod("greedy", scheduler: "default-scheduler", cpu: "100"))
        #expect(try await outcome("greedy") == "0/2 nodes are available: 2 Insufficient cpu.")
        try create(pods, Self.pod("blind", scheduler: "careless", cpu: "100"))
        #expect(["left", "right"].contains(try await outcome("blind")))
        try create(pods, Self.pod("orphan", scheduler: "unknown", cpu: "100m"))

        // The event says the same as the condition.
        let end = ContinuousClock.now + .seconds(300)
        var events: [JSONValue] = []
        while events.isEmpty, ContinuousClock.now < end {
            let list = try Curl.get(
                server.address + "/api/v1/namespaces/default/events",
                parameters: [("fieldSelector", "involvedObject.name=greedy,reason=FailedScheduling")], headers: [] as [String]).json
            events = list["items"]?.arrayValue ?? []
            if events.isEmpty { try await Task.sleep(for: .milliseconds(100)) }
        }
        #expect(events.first?["message"] == "0/2 nodes are available: 2 Insufficient cpu.")
        #expect(try Curl.get(pods + "/orphan").json["spec"]?["nodeName"] == nil, "a scheduler that no profile names decides nothing")
        #expect(await server.stop() == 0)
    }
}
