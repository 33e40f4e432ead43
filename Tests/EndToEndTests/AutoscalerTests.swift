import Bytes
import Environment
import Posix
import Telemetry
import Testing
import Wire

/// The autoscaler over the real API, with metrics that a client pushes: no pod of these tests runs anywhere.
@Suite("Autoscaling through the API", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct AutoscalerTests {
    /// One controller of three pods in a namespace of its own, its HPA, what is pushed, and what comes of it.
    struct Case: Sendable {
        var name: String
        /// `spec.metrics`, in JSON.
        var metrics: String
        /// More of the HPA's spec.
        var spec = ""
        var minimum = 1
        var maximum = 10
        /// CPU of each pod's two containers, in cores; each requests half a core.
        var cpu: [(main: Double, side: Double)] = []
        var memory: [Double] = []
        /// Other series: name, labels beside the namespace, value; `pod0`, `pod1`, `pod2` stand for the names of the pods.
        var series: [(String, [(String, String)], Double)] = []
        var replicas: Int
        /// Reasons of conditions.
        var reasons: [String: String] = [:]
        /// The reason of an event on the HPA.
        var event: String?
    }

    static let cases: [Case] = [
        Case(
            name: "resource", metrics: resource("cpu", "averageUtilization", 30), cpu: [(0.1, 0.2), (0.25, 0.25), (0.4, 0.3)], replicas: 5,
            reasons: ["AbleToScale": "ReadyForNewScale", "ScalingActive": "ValidMetricFound", "ScalingLimited": "DesiredWithinRange"],
            event: "SuccessfulRescale"),
        Case(
            name: "tolerated", metrics: resource("cpu", "averageUtilization", 30), cpu: [(0.1, 0.2), (0.1, 0.2), (0.1, 0.2)], replicas: 3,
            reasons: ["AbleToScale": "ReadyForNewScale", "ScalingActive": "ValidMetricFound"]),
        Case(name: "memory", metrics: resource("memory", "averageValue", 100), memory: [150, 250, 200], replicas: 6),
        Case(
            name: "container", metrics: resource("cpu", "averageUtilization", 40, container: "main"), cpu: [(0.4, 0), (0.4, 0), (0.4, 0)], replicas: 6),
        Case(
            name: "pods", metrics: #"{"type":"Pods","pods":{"metric":{"name":"qps"},"target":{"type":"AverageValue","averageValue":"15"}}}"#,
            series: [("qps", [("pod", "pod0")], 20), ("qps", [("pod", "pod1")], 10), ("qps", [("pod", "pod2")], 30)], replicas: 4),
        Case(
            name: "object",
            metrics:
                #"{"type":"Object","object":{"describedObject":{"apiVersion":"v1","kind":"Service","name":"front"},"metric":{"name":"hits"},"target":{"type":"Value","value":"15"}}}"#,
            series: [("hits", [("service", "front")], 20), ("hits", [("service", "back")], 500)], replicas: 4),
        Case(
            name: "external", metrics: external("queue_a", "averageValue", 2, selector: #","selector":{"matchLabels":{"queue":"jobs"}}"#),
            series: [("queue_a", [("queue", "jobs"), ("shard", "1")], 5), ("queue_a", [("queue", "jobs"), ("shard", "2")], 6), ("queue_a", [("queue", "mail")], 900)],
            replicas: 6),
        Case(
            name: "several", metrics: resource("cpu", "averageUtilization", 30) + "," + external("queue_b", "averageValue", 1),
            cpu: [(0.1, 0.1), (0.1, 0.1), (0.1, 0.1)], series: [("queue_b", [], 7)], replicas: 7, event: "SuccessfulRescale"),
        Case(
            name: "half-broken", metrics: resource("cpu", "averageUtilization", 90) + "," + external("queue_missing", "value", 1),
            cpu: [(0.1, 0), (0.1, 0), (0.1, 0)], replicas: 3, reasons: ["ScalingActive": "FailedGetExternalMetric"], event: "FailedGetExternalMetric"),
        Case(
            name: "missing", metrics: resource("cpu", "averageUtilization", 30), replicas: 3,
            reasons: ["AbleToScale": "SucceededGetScale", "ScalingActive": "FailedGetResourceMetric"], event: "FailedComputeMetricsReplicas"),
        Case(
            name: "most", metrics: external("queue_c", "averageValue", 1), maximum: 4, series: [("queue_c", [], 50)], replicas: 4,
            reasons: ["ScalingLimited": "TooManyReplicas"]),
        Case(
            name: "slowly", metrics: external("queue_d", "averageValue", 1),
            spec: #","behavior":{"scaleUp":{"policies":[{"type":"Pods","value":1,"periodSeconds":600}]}}"#, series: [("queue_d", [], 9)], replicas: 4,
            reasons: ["ScalingLimited": "ScaleUpLimit"]),
        Case(
            name: "held", metrics: external("queue_e", "averageValue", 1), series: [("queue_e", [], 1)], replicas: 3,
            reasons: ["AbleToScale": "ScaleDownStabilized"]),
        Case(
            name: "down", metrics: external("queue_f", "averageValue", 1), spec: #","behavior":{"scaleDown":{"stabilizationWindowSeconds":0}}"#, minimum: 2,
            series: [("queue_f", [], 1)], replicas: 2, reasons: ["ScalingLimited": "TooFewReplicas"], event: "SuccessfulRescale"),
        Case(
            name: "no-target", metrics: external("queue_e", "averageValue", 1), spec: #","scaleTargetRef":{"apiVersion":"v1","kind":"ReplicationController","name":"gone"}"#,
            replicas: 0, reasons: ["AbleToScale": "FailedGetScale"], event: "FailedGetScale"),
    ]

    private static func resource(_ name: String, _ kind: String, _ target: Int, container: String? = nil) -> String {
        let type = kind == "averageUtilization" ? "Utilization" : "AverageValue"
        let value = kind == "averageUtilization" ? "\(target)" : "\"\(target)\""
        let head = container.map { #""type":"ContainerResource","containerResource":{"container":"\#($0)","# } ?? #""type":"Resource","resource":{"#
        return #"{\#(head)"name":"\#(name)","target":{"type":"\#(type)","\#(kind)":\#(value)}}}"#
    }

    private static func external(_ name: String, _ kind: String, _ target: Int, selector: String = "") -> String {
        let type = kind == "value" ? "Value" : "AverageValue"
        return #"{"type":"External","external":{"metric":{"name":"\#(name)"\#(selector)},"target":{"type":"\#(type)","\#(kind)":"\#(target)"}}}"#
    }

    @Test("every kind of metric moves the replica count as Kubernetes would, and says why")
    func horizontals() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23181)
        let cluster = PushedCluster(address: server.address)
        var pods: [[String]] = []
        for one in Self.cases { pods.append(try await cluster.createPods(one.name, replicas: 3)) }
        for (one, names) in zip(Self.cases, pods) {
            try cluster.push(one, names)
            let target = one.spec.contains("scaleTargetRef") ? "" : #""scaleTargetRef":{"apiVersion":"v1","kind":"ReplicationController","name":"web"},"#
            try cluster.create(
                "/apis/autoscaling/v2/namespaces/\(one.name)/horizontalpodautoscalers",
                #"{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"web"},"spec":{\#(target)"minReplicas":\#(one.minimum),"maxReplicas":\#(one.maximum),"metrics":[\#(one.metrics)]\#(one.spec)}}"#)
        }
        for one in Self.cases {
            let trouble = try await cluster.waitFor { try cluster.difference(one) }
            #expect(trouble == nil, "\(one.name): \(trouble ?? "")")
        }
        // Once there, it stays there.
        for (one, names) in zip(Self.cases, pods) { try cluster.push(one, names) }
        try await Task.sleep(for: .seconds(6))
        for one in Self.cases where one.name != "resource" && one.name != "down" { #expect(try cluster.difference(one) == nil, "\(one.name)") }
        #expect(await server.stop() == 0)
    }

    @Test("an autoscaler brings its target to zero and back, and an autoscaling/v1 client sees it in its own form")
    func zeroAndOldVersion() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23182)
        let cluster = PushedCluster(address: server.address)
        _ = try await cluster.createPods("zero", replicas: 2)
        try cluster.push([("tasks", [], 0)], namespace: "zero")
        try cluster.create(
            "/apis/autoscaling/v1/namespaces/zero/horizontalpodautoscalers",
            #"{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"name":"web","annotations":{"autoscaling.alpha.kubernetes.io/metrics":"[{\"type\":\"External\",\"external\":{\"metricName\":\"tasks\",\"targetAverageValue\":\"5\"}}]","autoscaling.alpha.kubernetes.io/behavior":"{\"scaleDown\":{\"stabilizationWindowSeconds\":0,\"policies\":[{\"type\":\"Percent\",\"value\":100,\"periodSeconds\":15}]}}"}},"spec":{"scaleTargetRef":{"apiVersion":"v1","kind":"ReplicationController","name":"web"},"minReplicas":0,"maxReplicas":4}}"#
        )
        let path = "/apis/autoscaling/v1/namespaces/zero/horizontalpodautoscalers/web"
        #expect(try await cluster.waitFor { try cluster.replicas("zero") == 0 ? nil : "not at zero" } == nil)
        let isTold = try await cluster.waitFor {
            let old = try cluster.get(path)
            let conditions = old["metadata"]?["annotations"]?["autoscaling.alpha.kubernetes.io/conditions"]?.stringValue ?? ""
            return old["apiVersion"]?.stringValue == "autoscaling/v1" && conditions.contains(#""type":"ScaledToZero""#) && old["status"]?["conditions"] == nil
                ? nil : "\(old)"
        }
        #expect(isTold == nil, "\(isTold ?? "")")
        try cluster.push([("tasks", [], 8)], namespace: "zero")
        let annotations = try cluster.get(path)["metadata"]?["annotations"]
        #expect(
            annotations?["autoscaling.alpha.kubernetes.io/metrics"]?.stringValue
                == #"[{"type":"External","external":{"metricName":"tasks","targetAverageValue":"5"}}]"#)
        #expect(annotations?["autoscaling.alpha.kubernetes.io/current-metrics"]?.stringValue?.contains(#""metricName":"tasks""#) == true)
        #expect(try await cluster.waitFor { try cluster.replicas("zero") == 2 ? nil : "\(try cluster.get(path))" } == nil)
        #expect(await server.stop() == 0)
    }

    @Test("a policy follows a fresh sample within seconds, keeps to its calendar and explains itself")
    func policy() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23183)
        let cluster = PushedCluster(address: server.address)
        _ = try await cluster.createPods("shop", replicas: 2)
        try cluster.push([("orders", [], 20)], namespace: "shop")
        try cluster.create(
            "/apis/skysail.dev/v1/namespaces/shop/autoscalingpolicies",
            #"{"apiVersion":"skysail.dev/v1","kind":"AutoscalingPolicy","metadata":{"name":"web"},"spec":{"scaleTargetRef":{"apiVersion":"v1","kind":"ReplicationController","name":"web"},"minReplicas":1,"maxReplicas":9,"signals":[{"name":"orders","promql":"sum(orders{namespace=\"shop\"})","target":{"type":"AverageValue","averageValue":"10"}}],"schedules":[{"name":"always","start":"* * * * *","durationSeconds":3600,"timeZone":"Europe/Berlin","minReplicas":2}]}}"#
        )
        let path = "/apis/skysail.dev/v1/namespaces/shop/autoscalingpolicies/web"
        let isActive = try await cluster.waitFor {
            let conditions = try cluster.get(path)["status"]?["conditions"]?.arrayValue ?? []
            func reason(_ type: String) -> String? { conditions.first { $0["type"]?.stringValue == type }?["reason"]?.stringValue }
            return reason("ScalingActive") == "ValidMetricFound" && reason("SchedulesActive") == "ScheduleInForce" ? nil : "\(conditions)"
        }
        #expect(isActive == nil, "\(isActive ?? "")")
        let start = ContinuousClock.now
        try cluster.push([("orders", [], 55)], namespace: "shop")
        #expect(try await cluster.waitFor { try cluster.replicas("shop") == 6 ? nil : "not yet" } == nil)
        print("from the sample to the replica count: \(ContinuousClock.now - start)")
        let explained = try PosixProgramRunner.runBlocking(
            Binary.path, ["explain", "autoscaler", "web", "--namespace", "shop", "--server", server.address, "--changes"], environment: ["PATH": "/usr/bin:/bin"])
        let text = String(decoding: explained.output, as: UTF8.self)
        #expect(explained.code == 0 && text.contains("web goes from 2 to 6: orders gives 55 / (10 × 2) = 2.750; ceil(55 / 10) = 6"), "\(text)")
        #expect(await server.stop() == 0)
    }
}
