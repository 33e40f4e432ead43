import Bytes
import Synchronization

/// The structure of an object's bytes, made at most once: a dozen actors of one process look at every change of a pod, and most of what
/// that costs, in time and in memory, would be the reading of the same text.
package final class SharedDecoding: Sendable {
    private let made = Mutex<(any AnyObject & Sendable)?>(nil)

    package init() {}

    /// - Parameter bytes: the same at every call.
    func object<Object: SchemaStruct>(of bytes: [UInt8]) throws(JSONError) -> Decoded<Object> {
        try made.withLock { made throws(JSONError) in
            if let object = made as? Decoded<Object> { return object }
            let object = Decoded(try Object(json: bytes))
            made = object
            return object
        }
    }
}

/// A structure that all who hold it share: a pod has more than a kilobyte beside what its fields point to.
package final class Decoded<Object: SchemaStruct>: Sendable {
    package let object: Object

    package init(_ object: Object) { self.object = object }
}
