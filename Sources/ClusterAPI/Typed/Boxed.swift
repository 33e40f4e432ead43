/// An optional structure kept off the inline storage of its owner, so that a pod with thirty optional parts stays small to copy.
package struct Boxed<Value: Equatable & Sendable>: Equatable, Sendable {
    /// Holds at most one element; an array is the one box that copies on write and compares by itself.
    private var storage: [Value] = []

    package init() {}

    package var value: Value? {
        get { storage.first }
        set {
            if let newValue {
                if storage.isEmpty { storage.append(newValue) } else { storage[0] = newValue }
            } else {
                storage = []
            }
        }
    }
}
