import Bytes
import ClusterAPI

/// What must hold of an object as a whole, beyond the types of its fields.
enum ObjectRules {
    static func check(_ object: JSONValue, _ kind: KindSchema) -> [FieldError] { [] }

    static func checkUpdate(_ object: JSONValue, old: JSONValue, _ kind: KindSchema, subresource: String) -> [FieldError] { [] }
}
