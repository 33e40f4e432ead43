package import Bytes

/// The answer to an `APIRequest` that went well.
package struct APIResponse: Sendable, Equatable {
    /// An HTTP status code of the 200s.
    package var code: Int
    /// JSON text: an object, a list or a Status.
    package var body: [UInt8]
    /// Texts of `Warning` headers.
    package var warnings: [String]
    /// A long list in place of the body, only for a caller whose options say that it takes one in pieces.
    package var pieces: ListPieces?

    package init(code: Int = 200, body: [UInt8], warnings: [String] = []) {
        self.code = code
        self.body = body
        self.warnings = warnings
    }

    /// The body as an object.
    ///
    /// - Throws: `internal` when the body is not that object.
    package func object<Object: SchemaStruct>(as type: Object.Type = Object.self) throws(StatusError) -> Object {
        do {
            return try Object(json: body)
        } catch {
            throw .internalError("cannot read the answer as \(Object.self): \(error)")
        }
    }

    /// The body as a list.
    package func list<Object: SchemaStruct>(of type: Object.Type = Object.self) throws(StatusError) -> ObjectList<Object> {
        do {
            return try ObjectList(json: body)
        } catch {
            throw .internalError("cannot read the answer as a list of \(Object.self): \(error)")
        }
    }
}

/// A page of objects and the state it shows.
package struct ObjectList<Object: SchemaStruct>: Sendable, Equatable {
    package var metadata = ListMeta()
    package var items: [Object] = []

    package init(items: [Object] = [], metadata: ListMeta = ListMeta()) {
        self.items = items
        self.metadata = metadata
    }

    package init(json bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if try reader.readNullIfPresent() { continue }
            if reader.matches(key, "metadata") {
                try reader.read(object: &metadata)
            } else if reader.matches(key, "items") {
                try reader.read(objects: &items)
            } else {
                try reader.skipValue()
            }
        }
        try reader.expectEnd()
    }

    /// The revision from which a watch goes on behind this list.
    package var resourceVersion: String { metadata.resourceVersion ?? "" }
}
