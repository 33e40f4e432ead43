import Bytes
import ClusterAPI

/// Objects between the version a client speaks and the one they are stored in.
///
/// Only HorizontalPodAutoscaler has two: `autoscaling/v1` knows one CPU target, and carries the rest of v2 in annotations.
/// - Source: Kubernetes `pkg/apis/autoscaling/v1/conversion.go`.
enum VersionConversion {
    private static let metricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics"
    private static let behaviorAnnotation = "autoscaling.alpha.kubernetes.io/behavior"
    private static let conditionsAnnotation = "autoscaling.alpha.kubernetes.io/conditions"
    private static let currentAnnotation = "autoscaling.alpha.kubernetes.io/current-metrics"

    static func toStorage(_ object: JSONValue, from kind: KindSchema, storage: KindSchema) -> JSONValue {
        guard kind.groupVersionKind != storage.groupVersionKind, kind.plural == "horizontalpodautoscalers" else { return object }
        var object = object
        object["apiVersion"] = .string(storage.groupVersionKind.apiVersion)
        var metrics: [JSONValue] = []
        if let target = object["spec"]?["targetCPUUtilizationPercentage"] {
            metrics.append(resourceMetric(["type": "Utilization", "averageUtilization": target]))
            object["spec"]?["targetCPUUtilizationPercentage"] = nil
        }
        metrics += (takeAnnotation(metricsAnnotation, &object)?.arrayValue ?? []).map { AutoscalerAnnotations.toCurrent($0, isStatus: false) }
        if !metrics.isEmpty { object.set(.array(metrics), at: ["spec", "metrics"]) }
        if let behavior = takeAnnotation(behaviorAnnotation, &object) { object.set(behavior, at: ["spec", "behavior"]) }
        if let conditions = takeAnnotation(conditionsAnnotation, &object) { object.set(conditions, at: ["status", "conditions"]) }
        var current: [JSONValue] = []
        if let utilization = object["status"]?["currentCPUUtilizationPercentage"] {
            object["status"]?["currentCPUUtilizationPercentage"] = nil
            current.append(["type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": utilization]]])
        }
        current += (takeAnnotation(currentAnnotation, &object)?.arrayValue ?? []).map { AutoscalerAnnotations.toCurrent($0, isStatus: true) }
        if !current.isEmpty { object.set(.array(current), at: ["status", "currentMetrics"]) }
        return object
    }

    static func fromStorage(_ object: JSONValue, to kind: KindSchema, storage: KindSchema) -> JSONValue {
        guard kind.groupVersionKind != storage.groupVersionKind, kind.plural == "horizontalpodautoscalers" else { return object }
        var object = object
        object["apiVersion"] = .string(kind.groupVersionKind.apiVersion)
        var metrics = object["spec"]?["metrics"]?.arrayValue ?? []
        if let place = metrics.firstIndex(where: { isCPU($0) && $0["resource"]?["target"]?["averageUtilization"] != nil }) {
            object["spec"]?["targetCPUUtilizationPercentage"] = metrics[place]["resource"]?["target"]?["averageUtilization"]
            metrics.remove(at: place)
        }
        object["spec"]?["metrics"] = nil
        if !metrics.isEmpty { putAnnotation(metricsAnnotation, .array(metrics.map { AutoscalerAnnotations.toOld($0, isStatus: false) }), &object) }
        if let behavior = object["spec"]?["behavior"] {
            putAnnotation(behaviorAnnotation, behavior, &object)
            object["spec"]?["behavior"] = nil
        }
        guard object["status"] != nil else { return object }
        var current = object["status"]?["currentMetrics"]?.arrayValue ?? []
        if let place = current.firstIndex(where: { isCPU($0) && $0["resource"]?["current"]?["averageUtilization"] != nil }) {
            object["status"]?["currentCPUUtilizationPercentage"] = current[place]["resource"]?["current"]?["averageUtilization"]
            current.remove(at: place)
        }
        object["status"]?["currentMetrics"] = nil
        if !current.isEmpty { putAnnotation(currentAnnotation, .array(current.map { AutoscalerAnnotations.toOld($0, isStatus: true) }), &object) }
        if let conditions = object["status"]?["conditions"] {
            putAnnotation(conditionsAnnotation, conditions, &object)
            object["status"]?["conditions"] = nil
        }
        return object
    }

    private static func resourceMetric(_ target: JSONValue) -> JSONValue {
        ["type": "Resource", "resource": ["name": "cpu", "target": target]]
    }

    private static func isCPU(_ metric: JSONValue) -> Bool { metric["resource"]?["name"]?.stringValue == "cpu" }

    private static func takeAnnotation(_ name: String, _ object: inout JSONValue) -> JSONValue? {
        guard let text = object["metadata"]?["annotations"]?[name]?.stringValue else { return nil }
        object["metadata"]?["annotations"]?[name] = nil
        if object["metadata"]?["annotations"]?.objectValue?.isEmpty == true { object["metadata"]?["annotations"] = nil }
        return try? JSONValue.parse(text)
    }

    private static func putAnnotation(_ name: String, _ value: JSONValue, _ object: inout JSONValue) {
        object.set(.string(value.description), at: ["metadata", "annotations", name])
    }
}
