package import Bytes

/// A structure generated from the schema table: reads itself from JSON and writes itself back, keeping every field of the table.
///
/// Fields that the table does not know are skipped. Optional fields are nil and collections empty when absent or null; required scalars
/// then hold the empty string, zero or false, as in Go.
package protocol SchemaStruct: Equatable, Sendable {
    init()
    /// Reads the value of a member when the structure has it; else reads nothing and answers false.
    mutating func read(_ member: JSONReader.RawString, from reader: inout JSONReader) throws(JSONError) -> Bool
    /// Writes all members that hold something, in the order of the table.
    func writeMembers(into writer: inout JSONWriter)
}

extension SchemaStruct {
    /// A new value, filled in by a closure: `Container { $0.name = "web" }`.
    package init(_ fill: (inout Self) -> Void) {
        self.init()
        fill(&self)
    }

    package init(from reader: inout JSONReader) throws(JSONError) {
        self.init()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if try reader.readNullIfPresent() { continue }
            if try !read(key, from: &reader) { try reader.skipValue() }
        }
    }

    /// Reads one document.
    package init(json bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes)
        try self.init(from: &reader)
        try reader.expectEnd()
    }

    package func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(into: &writer)
        writer.endObject()
    }

    /// Compact JSON text.
    package var jsonBytes: [UInt8] {
        var writer = JSONWriter(capacity: 512)
        encode(into: &writer)
        return writer.bytes
    }

    /// The same as a tree.
    package var jsonValue: JSONValue {
        // What a writer wrote always reads back.
        (try? JSONValue.parse(jsonBytes)) ?? .null
    }
}

/// A structure that is an object of its own: it has a kind, a resource and metadata.
package protocol ClusterObject: SchemaStruct {
    static var groupVersionKind: GroupVersionKind { get }
    static var resource: Resource { get }
    static var isNamespaced: Bool { get }
    var metadata: ObjectMeta { get set }
}

extension ClusterObject {
    package var key: ObjectKey {
        ObjectKey(resource: Self.resource, namespace: Self.isNamespaced ? metadata.namespace : nil, name: metadata.name)
    }

    package var namespacedName: NamespacedName {
        NamespacedName(namespace: metadata.namespace ?? "", name: metadata.name)
    }
}
