import Bytes
import ObjectStore

/// Objects as they rest: JSON that begins with `kind`, `apiVersion` and `metadata`, without `metadata.resourceVersion`.
///
/// The revision of a commit is known only when it is done, and it is the object's resource version; so it is written into the
/// text when an object is shown, at a place that every stored object has.
enum StorageCodec {
    private static let metadataOpening = Array("\"metadata\":{".utf8)
    private static let leading = ["kind", "apiVersion", "metadata"]

    static func encode(_ object: JSONValue) -> [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.member("kind", object["kind"]?.stringValue ?? "")
        writer.member("apiVersion", object["apiVersion"]?.stringValue ?? "")
        writer.key("metadata")
        writer.beginObject()
        for (key, value) in object["metadata"]?.objectValue ?? JSONObject() where key != "resourceVersion" && key != "selfLink" {
            writer.key(key)
            value.encode(into: &writer)
        }
        writer.endObject()
        for (key, value) in object.objectValue ?? JSONObject() where !leading.contains(key) {
            writer.key(key)
            value.encode(into: &writer)
        }
        writer.endObject()
        return writer.bytes
    }

    /// The text as clients see it.
    static func body(_ record: Record) -> [UInt8] { body(record.value, revision: record.modRevision) }

    static func body(_ stored: [UInt8], revision: UInt64) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(stored.count + 44)
        append(stored, revision: revision, to: &text)
        return text
    }

    /// - Parameter asItem: without `kind` and `apiVersion`, which the items of Kubernetes' own lists have not: the list names them.
    static func append(_ stored: [UInt8], revision: UInt64, to text: inout [UInt8], asItem: Bool = false) {
        let opening = metadataPlace(stored)
        let place = opening + metadataOpening.count
        if asItem { text.append(UInt8(ascii: "{")) }
        text.append(contentsOf: stored[(asItem ? opening : 0)..<place])
        text.append(contentsOf: "\"resourceVersion\":\"\(revision)\"".utf8)
        if stored[place] != UInt8(ascii: "}") { text.append(UInt8(ascii: ",")) }
        text.append(contentsOf: stored[place...])
    }

    /// An object's text as an item of a list that names the kind.
    static func item(_ object: [UInt8]) -> [UInt8] { [UInt8(ascii: "{")] + object[metadataPlace(object)...] }

    private static func metadataPlace(_ text: [UInt8]) -> Int {
        guard let place = ByteSearch.firstRange(of: metadataOpening, in: text) else { preconditionFailure("a stored object has metadata") }
        return place
    }
}
