import Bytes

/// Defaults that are computed from other fields, by structure.
///
/// - Source: Kubernetes `pkg/apis/core/v1/defaults.go`, `pkg/apis/autoscaling/v2/defaults.go`.
enum DefaultRules {
    static let rules: [String: Defaulter.Rule] = [
        "Container": container,
        "EphemeralContainer": container,
        "PodSpec": podSpec,
        "Pod": pod,
        "Volume": volume,
        "ServiceSpec": serviceSpec,
        "ReplicationController": replicationController,
        "Namespace": namespace,
        "NodeStatus": nodeStatus,
        "LimitRangeItem": limitRangeItem,
        "HorizontalPodAutoscalerSpec": horizontalPodAutoscalerSpec,
        "HorizontalPodAutoscalerBehavior": behavior,
    ]

    // MARK: Pods

    /// An image without a tag, or with the tag `latest`, is always pulled.
    private static func container(_ container: inout JSONObject) {
        guard container["imagePullPolicy"] == nil, let image = container["image"]?.stringValue else { return }
        container["imagePullPolicy"] = .string(ImageReference(image).tagOrDigest == "latest" ? "Always" : "IfNotPresent")
    }

    private static func podSpec(_ spec: inout JSONObject) {
        // The old and the new name of the service account's field hold the same.
        if let name = nonEmpty(spec["serviceAccountName"]) ?? nonEmpty(spec["serviceAccount"]) {
            spec["serviceAccountName"] = name
            spec["serviceAccount"] = name
        }
        if spec["hostNetwork"]?.boolValue == true {
            for list in ["containers", "initContainers"] {
                spec[list] = mapObjects(spec[list]) { container in
                    container["ports"] = mapObjects(container["ports"]) { port in
                        if (port["hostPort"]?.intValue ?? 0) == 0 { port["hostPort"] = port["containerPort"] }
                    }
                }
            }
        }
    }

    /// A limit without a request is a request as well; that holds for pods, not for templates.
    private static func pod(_ pod: inout JSONObject) {
        guard case .object(var spec) = pod["spec"] else { return }
        if spec["enableServiceLinks"] == nil { spec["enableServiceLinks"] = true }
        for list in ["containers", "initContainers"] {
            spec[list] = mapObjects(spec[list]) { container in
                guard case .object(var resources) = container["resources"], case .object(let limits) = resources["limits"] else { return }
                var requests = resources["requests"]?.objectValue ?? JSONObject()
                for (name, limit) in limits where requests[name] == nil { requests[name] = limit }
                if !requests.isEmpty { resources["requests"] = .object(requests) }
                container["resources"] = .object(resources)
            }
        }
        pod["spec"] = .object(spec)
    }

    private static func volume(_ volume: inout JSONObject) {
        if volume.keys.allSatisfy({ $0 == "name" }) { volume["emptyDir"] = .object(JSONObject()) }
    }

    // MARK: Services, controllers, namespaces, nodes

    private static func serviceSpec(_ spec: inout JSONObject) {
        let type = spec["type"]?.stringValue ?? "ClusterIP"
        if spec["sessionAffinity"]?.stringValue == "ClientIP", spec["sessionAffinityConfig"]?["clientIP"]?["timeoutSeconds"] == nil {
            spec["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": 10800]]
        }
        spec["ports"] = mapObjects(spec["ports"]) { port in
            switch port["targetPort"] {
            case nil, .number(JSONNumber(0)), .string(""): port["targetPort"] = port["port"]
            default: break
            }
        }
        if type == "ExternalName" { return }
        if spec["internalTrafficPolicy"] == nil { spec["internalTrafficPolicy"] = "Cluster" }
        if type == "NodePort" || type == "LoadBalancer", spec["externalTrafficPolicy"] == nil { spec["externalTrafficPolicy"] = "Cluster" }
        if type == "LoadBalancer", spec["allocateLoadBalancerNodePorts"] == nil { spec["allocateLoadBalancerNodePorts"] = true }
    }

    /// The template's labels are the selector and the labels of a controller that has none.
    private static func replicationController(_ object: inout JSONObject) {
        guard case .object(let labels) = object["spec"]?["template"]?["metadata"]?["labels"], !labels.isEmpty else { return }
        if object["spec"]?["selector"]?.objectValue?.isEmpty ?? true { object["spec"]?["selector"] = .object(labels) }
        if object["metadata"]?["labels"]?.objectValue?.isEmpty ?? true {
            if object["metadata"] == nil { object["metadata"] = .object(JSONObject()) }
            object["metadata"]?["labels"] = .object(labels)
        }
    }

    private static func namespace(_ object: inout JSONObject) {
        guard let name = nonEmpty(object["metadata"]?["name"]) else { return }
        object["metadata"]?.set(name, at: ["labels", "kubernetes.io/metadata.name"])
    }

    private static func nodeStatus(_ status: inout JSONObject) {
        if status["allocatable"] == nil, let capacity = status["capacity"] { status["allocatable"] = capacity }
    }

    /// Order matters: the limit comes from the maximum, the request from the limit, then from the minimum.
    private static func limitRangeItem(_ item: inout JSONObject) {
        guard item["type"]?.stringValue == "Container" else { return }
        func fill(_ name: String, from source: String) {
            guard case .object(let values) = item[source] else { return }
            var target = item[name]?.objectValue ?? JSONObject()
            for (resource, value) in values where target[resource] == nil { target[resource] = value }
            if !target.isEmpty { item[name] = .object(target.sortedByKey()) }
        }
        fill("default", from: "max")
        fill("defaultRequest", from: "default")
        fill("defaultRequest", from: "min")
    }

    // MARK: Autoscaling

    private static func horizontalPodAutoscalerSpec(_ spec: inout JSONObject) {
        if spec["metrics"]?.arrayValue?.isEmpty ?? true {
            spec["metrics"] = [
                ["type": "Resource", "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]]]
            ]
        }
    }

    /// Once one direction is given, both are complete.
    private static func behavior(_ behavior: inout JSONObject) {
        behavior["scaleUp"] = rules(
            behavior["scaleUp"],
            stabilization: 0,
            policies: [
                ["type": "Pods", "value": 4, "periodSeconds": 15], ["type": "Percent", "value": 100, "periodSeconds": 15],
            ])
        behavior["scaleDown"] = rules(
            behavior["scaleDown"], stabilization: nil, policies: [["type": "Percent", "value": 100, "periodSeconds": 15]])
    }

    private static func rules(_ given: JSONValue?, stabilization: Int?, policies: JSONValue) -> JSONValue {
        var rules = given?.objectValue ?? JSONObject()
        if rules["stabilizationWindowSeconds"] == nil, let stabilization { rules["stabilizationWindowSeconds"] = .number(stabilization) }
        if rules["selectPolicy"] == nil { rules["selectPolicy"] = "Max" }
        if rules["policies"]?.arrayValue?.isEmpty ?? true { rules["policies"] = policies }
        return .object(rules)
    }

    // MARK: Small steps

    private static func nonEmpty(_ value: JSONValue?) -> JSONValue? {
        value?.stringValue?.isEmpty ?? true ? nil : value
    }

    private static func mapObjects(_ list: JSONValue?, _ change: (inout JSONObject) -> Void) -> JSONValue? {
        guard case .array(var elements) = list else { return list }
        for index in elements.indices {
            guard case .object(var object) = elements[index] else { continue }
            change(&object)
            elements[index] = .object(object)
        }
        return .array(elements)
    }
}
