import Bytes
import ClusterAPI
import Documents

/// Objects and lists in the forms that clients ask for.
enum ObjectForms {
    static func table(
        _ body: [UInt8], _ kind: KindSchema, _ subresource: String, _ query: QueryParameters, now: Timestamp
    ) throws(StatusError) -> [UInt8] {
        let document = try parse(body)
        // A Status (of a dry run, say) has no rows.
        guard document["kind"]?.stringValue != "Status" else { return body }
        let objects = document["items"]?.arrayValue ?? [document]
        var metadata = ListMeta()
        metadata.resourceVersion = document["metadata"]?["resourceVersion"]?.stringValue
        if document["items"] != nil {
            metadata.continue = document["metadata"]?["continue"]?.stringValue
            metadata.remainingItemCount = document["metadata"]?["remainingItemCount"]?.intValue
        }
        // A part of an object may be a kind of its own.
        let scale = subresource == "scale" ? SchemaTable.standard.kind(GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")) : nil
        return TableColumns.table(objects, kind: scale ?? kind, listMetadata: metadata, now: now, object: rowObject(query)).bytes
    }

    /// One object's row, as events of a watch carry it.
    static func row(_ object: [UInt8], _ kind: KindSchema, _ query: QueryParameters, now: Timestamp, includesColumns: Bool) -> JSONValue {
        guard let document = try? parse(object) else { return .null }
        var metadata = ListMeta()
        metadata.resourceVersion = document["metadata"]?["resourceVersion"]?.stringValue
        return TableColumns.table(
            [document], kind: kind, listMetadata: metadata, now: now, object: rowObject(query), includesColumns: includesColumns)
    }

    private static func rowObject(_ query: QueryParameters) -> TableColumns.RowObject {
        switch query["includeObject"] {
        case "Object": .whole
        case "None": .none
        default: .metadata
        }
    }

    static func partialMetadata(_ body: [UInt8]) throws(StatusError) -> [UInt8] {
        let document = try parse(body)
        guard document["kind"]?.stringValue != "Status" else { return body }
        func partial(_ object: JSONValue) -> JSONValue {
            ["kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] ?? [:]]
        }
        guard let items = document["items"]?.arrayValue else { return partial(document).bytes }
        let list: JSONValue = [
            "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": document["metadata"] ?? [:],
            "items": .array(items.map(partial)),
        ]
        return list.bytes
    }

    static func yaml(_ body: [UInt8]) throws(StatusError) -> [UInt8] { Array(YAMLWriter().text(try parse(body)).utf8) }

    private static func parse(_ body: [UInt8]) throws(StatusError) -> JSONValue {
        do throws(JSONError) { return try JSONValue.parse(body) } catch { throw .internalError("cannot read an object: \(error)") }
    }
}
