import Bytes
import ClusterAPI

/// Reads the events of a watch out of its bytes: one JSON object a line, cut anywhere by the transport.
struct WatchLines {
    private let resource: Resource
    private var buffer: [UInt8] = []
    /// How far `buffer` was searched for the end of a line.
    private var searched = 0

    /// No object is larger: API servers refuse requests of over 3 MiB, and an event repeats one object.
    private static let lineLimit = 16 << 20

    init(_ resource: Resource) { self.resource = resource }

    /// The events that are whole now.
    ///
    /// - Throws: `internalError` for a line that is no event; the watch cannot go on behind it.
    mutating func read(_ piece: [UInt8]) throws(StatusError) -> [WatchEvent] {
        buffer.append(contentsOf: piece)
        var events: [WatchEvent] = []
        var start = 0
        while let end = buffer[searched...].firstIndex(of: 0x0a) {
            if end > start {
                do throws(JSONError) {
                    events.append(try event(start..<end))
                } catch {
                    throw .internalError("cannot read an event of the watch on \(resource): \(error)")
                }
            }
            start = end + 1
            searched = start
        }
        if start > 0 { buffer.removeSubrange(..<start) }
        searched = buffer.count
        guard buffer.count <= Self.lineLimit else {
            throw .internalError("cannot read an event of the watch on \(resource): it is over \(Self.lineLimit) bytes")
        }
        return events
    }

    private func event(_ line: Range<Int>) throws(JSONError) -> WatchEvent {
        var reader = JSONReader(buffer, range: line)
        var type = ""
        var object = 0..<0
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if reader.matches(key, "type") {
                type = try reader.readString()
            } else if reader.matches(key, "object") {
                object = try reader.skipValue()
            } else {
                try reader.skipValue()
            }
        }
        try reader.expectEnd()
        if type == "ERROR" {
            let body = Array(buffer[object])
            return .failed(StatusError(json: body) ?? .internalError("the watch on \(resource) failed without a Status"))
        }
        let metadata = try Metadata(JSONReader(buffer, range: object))
        guard let revision = UInt64(metadata.resourceVersion) else {
            throw reader.error("expected a resourceVersion, found \"\(metadata.resourceVersion)\"", at: object.lowerBound)
        }
        if type == "BOOKMARK" { return .bookmark(revision: revision, endsInitialEvents: metadata.endsInitialEvents) }
        let snapshot = ObjectSnapshot(
            key: ObjectKey(resource: resource, namespace: metadata.namespace, name: metadata.name), uid: metadata.uid, revision: revision,
            bytes: Array(buffer[object]))
        switch type {
        case "ADDED": return .added(snapshot)
        case "MODIFIED": return .modified(snapshot)
        case "DELETED": return .deleted(snapshot)
        default: throw reader.error("expected a type of event, found \"\(type)\"", at: line.lowerBound)
        }
    }

    /// The members of `metadata` that name an object and its revision.
    private struct Metadata {
        var name = ""
        var namespace: String?
        var uid = ""
        var resourceVersion = ""
        var endsInitialEvents = false

        init(_ object: JSONReader) throws(JSONError) {
            var reader = object
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if reader.matches(key, "metadata") {
                    try read(&reader)
                } else {
                    try reader.skipValue()
                }
            }
        }

        private mutating func read(_ reader: inout JSONReader) throws(JSONError) {
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if try reader.readNullIfPresent() { continue }
                if reader.matches(key, "name") {
                    name = try reader.readString()
                } else if reader.matches(key, "namespace") {
                    let text = try reader.readString()
                    namespace = text.isEmpty ? nil : text
                } else if reader.matches(key, "uid") {
                    uid = try reader.readString()
                } else if reader.matches(key, "resourceVersion") {
                    resourceVersion = try reader.readString()
                } else if reader.matches(key, "annotations") {
                    try reader.beginObject()
                    while let name = try reader.nextKey() {
                        if reader.matches(name, "k8s.io/initial-events-end") {
                            endsInitialEvents = try reader.readString() == "true"
                        } else {
                            try reader.skipValue()
                        }
                    }
                } else {
                    try reader.skipValue()
                }
            }
        }
    }
}
