import Bytes
import ClusterAPI

extension ObjectSnapshot {
    /// Reads an item of a list as far as its identity goes: `metadata` with name, namespace, uid and resourceVersion.
    init(listed bytes: [UInt8], of resource: Resource) throws(JSONError) {
        self.init(key: ObjectKey(resource: resource, namespace: nil, name: ""), uid: "", revision: 0, bytes: bytes)
        var reader = JSONReader(bytes)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if reader.matches(key, "metadata") {
                try readMetadata(&reader)
            } else {
                try reader.skipValue()
            }
        }
    }

    private mutating func readMetadata(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let member = try reader.nextKey() {
            if reader.matches(member, "name") {
                key.name = try reader.readString()
            } else if reader.matches(member, "namespace") {
                key.namespace = try reader.readString()
            } else if reader.matches(member, "uid") {
                uid = try reader.readString()
            } else if reader.matches(member, "resourceVersion") {
                let text = try reader.readString()
                guard let number = UInt64(text) else { throw reader.error("expected a revision, found \"\(text)\"") }
                revision = number
            } else {
                try reader.skipValue()
            }
        }
    }
}
