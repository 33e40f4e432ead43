package import Bytes

/// A value without a schema, kept as the JSON text it came as.
package struct RawJSON: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8] = Array("null".utf8)) { self.bytes = bytes }

    package init(_ value: JSONValue) { bytes = value.bytes }

    /// The same as a tree.
    package var value: JSONValue { (try? JSONValue.parse(bytes)) ?? .null }
}
