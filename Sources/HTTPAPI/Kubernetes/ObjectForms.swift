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
        let objects = document["items"]?.arrayValue.map { $0.map { typed($0, kind) } } ?? [document]
        let metadata = metadata(of: document)
        // A part of an object may be a kind of its own.
        let scale = subresource == "scale" ? SchemaTable.standard.kind(GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")) : nil
        return TableColumns.table(objects, kind: scale ?? kind, listMetadata: metadata, now: now, object: rowObject(query)).bytes
    }

    /// The rows of a long list, each made when it is sent.
    static func table(_ list: ListPieces, _ kind: KindSchema, _ query: QueryParameters, now: Timestamp) throws(StatusError) -> ListPieces {
        let empty = TableColumns.table([], kind: kind, listMetadata: metadata(of: try parse(list.envelope)), now: now).bytes
        let tail = Array("]}".utf8)
        precondition(empty.suffix(3) == Array("[]}".utf8), "the rows are a table's last member")
        let object = rowObject(query)
        return ListPieces(head: Array(empty.dropLast(tail.count)), tail: tail, count: list.count) { (place, text) throws(StatusError) in
            let item = typed(try parse(try list.object(at: place)), kind)
            text.append(contentsOf: TableColumns.row(item, kind: kind, now: now, object: object).bytes)
        }
    }

    /// A list's item as it is alone: with what the list says for all of them.
    private static func typed(_ item: JSONValue, _ kind: KindSchema) -> JSONValue {
        guard item["kind"] == nil, let members = item.objectValue else { return item }
        let type: [(String, JSONValue)] = [
            ("kind", .string(kind.groupVersionKind.kind)), ("apiVersion", .string(kind.groupVersionKind.apiVersion)),
        ]
        return .object(JSONObject(type + members.map { ($0.key, $0.value) }))
    }

    private static func metadata(of document: JSONValue) -> ListMeta {
        var metadata = ListMeta()
        metadata.resourceVersion = document["metadata"]?["resourceVersion"]?.stringValue
        if document["items"] != nil {
            metadata.continue = document["metadata"]?["continue"]?.stringValue
            metadata.remainingItemCount = document["metadata"]?["remainingItemCount"]?.intValue
        }
        return metadata
    }

    /// One object's row, as events of a watch carry it.
    static func row(_ object: [UInt8], _ kind: KindSchema, _ query: QueryParameters, now: Timestamp, includesColumns: Bool) -> JSONValue {
        guard let document = try? parse(object) else { return .null }
        return TableColumns.table(
            [document], kind: kind, listMetadata: metadata(of: document), now: now, object: rowObject(query), includesColumns: includesColumns)
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
