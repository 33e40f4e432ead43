package import Bytes
package import ClusterAPI

/// One page of a list as the API answers it, its items still as bytes.
package struct ListPage: Sendable {
    package var items: [ObjectSnapshot]
    /// The revision that the whole list shows, however many pages it takes.
    package var revision: UInt64
    /// Names the next page; empty on the last one.
    package var continueToken: String

    package init(items: [ObjectSnapshot], revision: UInt64, continueToken: String = "") {
        self.items = items
        self.revision = revision
        self.continueToken = continueToken
    }

    /// Reads `{"metadata": {"resourceVersion": …, "continue": …}, "items": […]}`.
    package init(_ response: APIResponse, of resource: Resource) throws(JSONError) {
        self.init(items: [], revision: 0)
        var reader = JSONReader(response.body)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if reader.matches(key, "metadata") {
                try readMetadata(&reader)
            } else if reader.matches(key, "items"), try reader.peek() == .array {
                try reader.beginArray()
                while try reader.nextElement() {
                    let range = try reader.skipValue()
                    items.append(try ObjectSnapshot(listed: Array(response.body[range]), of: resource))
                }
            } else {
                try reader.skipValue()
            }
        }
        try reader.expectEnd()
    }

    private mutating func readMetadata(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if reader.matches(key, "resourceVersion") {
                let text = try reader.readString()
                guard let revision = UInt64(text) else { throw reader.error("expected a revision, found \"\(text)\"") }
                self.revision = revision
            } else if reader.matches(key, "continue") {
                continueToken = try reader.readString()
            } else {
                try reader.skipValue()
            }
        }
    }
}
