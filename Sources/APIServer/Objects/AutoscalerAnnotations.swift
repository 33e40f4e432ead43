import Bytes

/// Metrics of a HorizontalPodAutoscaler in the annotations of an `autoscaling/v1` object, which have names of their own.
///
/// - Source: Kubernetes `autoscaling/v1` `MetricSpec` and `MetricStatus`. The names of v2 are taken too.
enum AutoscalerAnnotations {
    /// What the parts of one type of metric are called in v1.
    private struct Names {
        var field: String
        /// Members that keep their name.
        var kept: [String] = []
        /// The metric's name and its selector, where v2 has an identifier.
        var selector: String?
        /// The described object.
        var object: String?
        var value: String?
        var averageValue: String
        var utilization: String?
    }

    private static func names(_ type: String, isStatus: Bool) -> Names? {
        let head = isStatus ? "current" : "target"
        switch type {
        case "Resource":
            return Names(field: "resource", kept: ["name"], averageValue: "\(head)AverageValue", utilization: "\(head)AverageUtilization")
        case "ContainerResource":
            return Names(
                field: "containerResource", kept: ["name", "container"], averageValue: "\(head)AverageValue", utilization: "\(head)AverageUtilization")
        case "Pods": return Names(field: "pods", selector: "selector", averageValue: "\(head)AverageValue")
        case "Object": return Names(field: "object", selector: "selector", object: "target", value: "\(head)Value", averageValue: "averageValue")
        case "External": return Names(field: "external", selector: "metricSelector", value: "\(head)Value", averageValue: "\(head)AverageValue")
        default: return nil
        }
    }

    /// The metric as v2 has it; as it is when it has that form already.
    static func toCurrent(_ metric: JSONValue, isStatus: Bool) -> JSONValue {
        guard let type = metric["type"]?.stringValue, let names = names(type, isStatus: isStatus), let old = metric[names.field],
            old[isStatus ? "current" : "metric"] == nil, isStatus || old["target"]?["type"] == nil
        else { return metric }
        var new = JSONObject()
        for name in names.kept { if let value = old[name] { new.set(name, value) } }
        if let selector = names.selector {
            var identifier = JSONObject([("name", old["metricName"] ?? "")])
            if let value = old[selector] { identifier.set("selector", value) }
            new.set("metric", .object(identifier))
        }
        if let object = names.object, let value = old[object] { new.set("describedObject", value) }
        var amount = JSONObject()
        func take(_ name: String?, as other: String) {
            // A value of zero beside an average stands for none: v1 cannot leave it out.
            if let name, let value = old[name], other != "value" || old[names.averageValue] == nil { amount.set(other, value) }
        }
        take(names.utilization, as: "averageUtilization")
        take(names.averageValue, as: "averageValue")
        take(names.value, as: "value")
        if !isStatus {
            amount.set("type", amount["averageUtilization"] != nil ? "Utilization" : amount["averageValue"] != nil ? "AverageValue" : "Value")
        }
        new.set(isStatus ? "current" : "target", .object(amount))
        return ["type": .string(type), names.field: .object(new)]
    }

    /// The metric as v1 has it.
    static func toOld(_ metric: JSONValue, isStatus: Bool) -> JSONValue {
        guard let type = metric["type"]?.stringValue, let names = names(type, isStatus: isStatus), let old = metric[names.field] else { return metric }
        var new = JSONObject()
        if let object = names.object, let value = old["describedObject"] { new.set(object, value) }
        for name in names.kept { if let value = old[name] { new.set(name, value) } }
        if let selector = names.selector {
            new.set("metricName", old["metric"]?["name"] ?? "")
            if let value = old["metric"]?["selector"] { new.set(selector, value) }
        }
        let amount = old[isStatus ? "current" : "target"]
        if let name = names.utilization, let value = amount?["averageUtilization"] { new.set(name, value) }
        if let value = amount?["averageValue"] { new.set(names.averageValue, value) }
        if let name = names.value {
            // Where v1 has no optional value, it is zero.
            if let value = amount?["value"] { new.set(name, value) } else if type == "Object" || (type == "External" && isStatus) { new.set(name, "0") }
        } else if isStatus, new[names.averageValue] == nil {
            new.set(names.averageValue, "0")
        }
        return ["type": .string(type), names.field: .object(new)]
    }
}
