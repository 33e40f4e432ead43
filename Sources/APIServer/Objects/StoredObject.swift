import Bytes
import ClusterAPI
import ObjectStore

/// An object of the store, read as a tree.
struct StoredObject: Sendable {
    let record: Record
    /// In the version it is stored in, with `metadata.resourceVersion`.
    let tree: JSONValue

    init(_ record: Record) throws(StatusError) {
        self.record = record
        do {
            tree = try JSONValue.parse(StorageCodec.body(record))
        } catch {
            throw .internalError("cannot read the stored object \(record.key): \(error)")
        }
    }
}

/// The members of metadata that the server looks at.
extension JSONValue {
    func text(_ path: String...) -> String { value(at: path)?.stringValue ?? "" }
    func integer(_ path: String...) -> Int64? { value(at: path)?.int64Value }

    var uid: String { text("metadata", "uid") }
    var objectName: String { text("metadata", "name") }
    var resourceVersion: String { text("metadata", "resourceVersion") }
    var labels: JSONObject? { value(at: "metadata", "labels")?.objectValue }
    var finalizers: [String] { value(at: "metadata", "finalizers")?.arrayValue?.compactMap(\.stringValue) ?? [] }
    var isBeingDeleted: Bool { value(at: "metadata", "deletionTimestamp") != nil }

    mutating func setMetadata(_ key: String, _ value: JSONValue?) { set(value, at: ["metadata", key]) }

    mutating func setFinalizers(_ finalizers: [String]) {
        var value: JSONValue?
        if !finalizers.isEmpty { value = .array(finalizers.map(JSONValue.string)) }
        setMetadata("finalizers", value)
    }
}
