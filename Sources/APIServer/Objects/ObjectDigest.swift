import Bytes
import ClusterAPI
import ObjectStore

/// What selectors look at in an object, read in one pass over its text without making a tree.
struct ObjectDigest: Sendable, Equatable {
    var uid = ""
    var labels: [String: String] = [:]
    /// Values of `SelectableFields.of(resource)`, in that order.
    var fields: [String]
    var isBeingDeleted = false

    init(_ text: [UInt8], _ resource: Resource) {
        let paths = SelectableFields.of(resource)
        fields = paths.map(SelectableFields.absentValue)
        var reader = JSONReader(text)
        do throws(JSONError) {
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if reader.matches(key, "metadata") {
                    try readMetadata(&reader)
                } else if paths.isEmpty {
                    _ = try reader.skipValue()
                } else {
                    try readFields(&reader, reader.string(key), paths)
                }
            }
        } catch {
            preconditionFailure("a stored object is JSON: \(error)")
        }
    }

    private mutating func readMetadata(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if reader.matches(key, "uid") {
                uid = try reader.readString()
            } else if reader.matches(key, "labels") {
                try reader.beginObject()
                while let label = try reader.nextKey() { labels[reader.string(label)] = try reader.readString() }
            } else {
                if reader.matches(key, "deletionTimestamp") { isBeingDeleted = true }
                _ = try reader.skipValue()
            }
        }
    }

    private mutating func readFields(_ reader: inout JSONReader, _ path: String, _ paths: [String]) throws(JSONError) {
        if let place = paths.firstIndex(of: path) {
            switch try reader.peek() {
            case .string: fields[place] = try reader.readString()
            case .number: fields[place] = try reader.readNumber().text
            case .bool: fields[place] = try reader.readBool() ? "true" : "false"
            default: _ = try reader.skipValue()
            }
            return
        }
        let opening = path + "."
        guard paths.contains(where: { $0.hasPrefix(opening) }), try reader.peek() == .object else {
            _ = try reader.skipValue()
            return
        }
        try reader.beginObject()
        while let key = try reader.nextKey() { try readFields(&reader, opening + reader.string(key), paths) }
    }

    func matches(_ options: RequestOptions, _ key: ObjectKey) -> Bool {
        if !options.labelSelector.isEmpty, !options.labelSelector.matches(labels) { return false }
        if options.fieldSelector.isEmpty { return true }
        return options.fieldSelector.matches { path in
            switch path {
            case "metadata.name": return key.name
            case "metadata.namespace": return key.namespace ?? ""
            default:
                return value(path == "source" ? "source.component" : path, key.resource)
            }
        }
    }

    /// The value of a selectable field; empty for any other.
    func value(_ path: String, _ resource: Resource) -> String {
        SelectableFields.of(resource).firstIndex(of: path).map { fields[$0] } ?? ""
    }
}
