import Bytes
import Synchronization

/// The structure of an object's bytes, made at most once: a dozen actors of one process look at every change of a pod, and most of what
/// that costs, in time and in memory, would be the reading of the same text.
package final class SharedDecoding: Sendable {
    private let made = Mutex<(any SchemaStruct)?>(nil)

    package init() {}

    /// - Parameter bytes: the same at every call.
    func object<Object: SchemaStruct>(of bytes: [UInt8]) throws(JSONError) -> Object {
        try made.withLock { made throws(JSONError) in
            if let object = made as? Object { return object }
            let object = try Object(json: bytes)
            made = object
            return object
        }
    }
}
