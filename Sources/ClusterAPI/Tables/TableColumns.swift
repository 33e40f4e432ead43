package import Bytes

/// One column of `kubectl get`.
package struct TableColumn: Sendable {
    package var name: String
    package var type: String
    package var format: String
    /// 0 is always shown, 1 with `-o wide` only.
    package var priority: Int
    package var summary: String
    let cell: @Sendable (TableRow) -> JSONValue

    init(
        _ name: String, _ type: String = "string", format: String = "", wide: Bool = false, _ summary: String = "",
        cell: @escaping @Sendable (TableRow) -> JSONValue
    ) {
        self.name = name
        self.type = type
        self.format = format
        priority = wide ? 1 : 0
        self.summary = summary
        self.cell = cell
    }
}

/// What cells are made from.
struct TableRow {
    let object: JSONValue
    let now: Timestamp

    subscript(path: String...) -> JSONValue? { object.value(at: path) }

    func text(_ path: String..., or missing: String = "") -> JSONValue {
        guard let text = object.value(at: path)?.stringValue, !text.isEmpty else { return .string(missing) }
        return .string(text)
    }

    func count(_ path: String...) -> JSONValue { .number(object.value(at: path)?.intValue ?? 0) }

    func array(_ path: String...) -> [JSONValue] { object.value(at: path)?.arrayValue ?? [] }

    /// Time since a field's time, as kubectl writes it.
    func age(_ path: String...) -> JSONValue {
        guard let time = object.value(at: path)?.stringValue.flatMap({ Timestamp(rfc3339: $0) }) else { return "<unknown>" }
        return .string(AgeText.text(now - time))
    }

    /// `a=b,c=d`, sorted; `<none>` when there are none.
    func pairs(_ path: String...) -> JSONValue {
        guard let members = object.value(at: path)?.objectValue, !members.isEmpty else { return "<none>" }
        return .string(members.sortedByKey().map { "\($0.key)=\($0.value.stringValue ?? "")" }.joined(separator: ","))
    }
}

/// The columns of each kind.
package enum TableColumns {
    static let name = TableColumn("Name", format: "name", "Name of the object, unique in its namespace.") { $0.text("metadata", "name") }
    static let age = TableColumn("Age", "Time since the object was created.") { $0.age("metadata", "creationTimestamp") }

    private static let byStructure: [String: [TableColumn]] = [
        "Pod": pods, "ReplicationController": replicationControllers, "Service": services, "Endpoints": endpoints, "Event": events, "Node": nodes,
        "Namespace": namespaces, "ConfigMap": configMaps, "Secret": secrets, "ServiceAccount": serviceAccounts, "ResourceQuota": resourceQuotas,
        "LimitRange": limitRanges, "PersistentVolume": persistentVolumes, "PersistentVolumeClaim": persistentVolumeClaims,
        "EndpointSlice": endpointSlices, "Lease": leases, "HorizontalPodAutoscaler": horizontalPodAutoscalers,
        "HorizontalPodAutoscalerV1": horizontalPodAutoscalersV1, "AutoscalingPolicy": autoscalingPolicies, "RuleGroup": ruleGroups,
        "Dashboard": dashboards, "NodeMetrics": nodeMetrics, "PodMetrics": podMetrics, "Scale": scales,
        "PodTemplate": podTemplates, "ComponentStatus": componentStatuses, "StorageClass": storageClasses,
    ]

    /// The columns of a kind; name and age when it has none of its own.
    package static func columns(of kind: KindSchema) -> [TableColumn] { byStructure[kind.structure] ?? [name, age] }

    /// A `Table` of objects.
    ///
    /// - `object`: what each row carries of its object: nothing, its metadata, or all of it.
    package static func table(
        _ objects: [JSONValue], kind: KindSchema, listMetadata: ListMeta = ListMeta(), now: Timestamp, object: RowObject = .metadata,
        includesColumns: Bool = true
    ) -> JSONValue {
        let columns = columns(of: kind)
        var definitions: [JSONValue] = []
        if includesColumns {
            for column in columns {
                definitions.append([
                    "name": .string(column.name), "type": .string(column.type), "format": .string(column.format),
                    "description": .string(column.summary), "priority": .number(column.priority),
                ])
            }
        }
        return [
            "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": listMetadata.jsonValue, "columnDefinitions": .array(definitions),
            "rows": .array(objects.map { row($0, columns, now: now, object: object) }),
        ]
    }

    /// One row alone.
    package static func row(_ item: JSONValue, kind: KindSchema, now: Timestamp, object: RowObject = .metadata) -> JSONValue {
        row(item, columns(of: kind), now: now, object: object)
    }

    private static func row(_ item: JSONValue, _ columns: [TableColumn], now: Timestamp, object: RowObject) -> JSONValue {
        let row = TableRow(object: item, now: now)
        var result: JSONValue = ["cells": .array(columns.map { $0.cell(row) })]
        switch object {
        case .none: break
        case .whole: result["object"] = item
        case .metadata:
            result["object"] = [
                "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"] ?? [:],
            ]
        }
        return result
    }

    package enum RowObject: Sendable { case none, metadata, whole }
}
