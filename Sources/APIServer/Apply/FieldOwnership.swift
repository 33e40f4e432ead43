import Bytes
import ClusterAPI

/// Who owns which field of an object: the entries of `metadata.managedFields`.
struct FieldOwnership {
    enum Operation: String { case apply = "Apply", update = "Update" }

    let table: SchemaTable
    let kind: KindSchema

    func recordCreation(_ object: inout JSONValue, _ scope: RequestScope, operation: Operation, now: Timestamp) {}

    func recordUpdate(_ object: inout JSONValue, old: JSONValue, _ scope: RequestScope, now: Timestamp) {}
}

extension RequestCore {
    func apply(_ scope: RequestScope, _ context: inout RequestContext) throws(StatusError) -> Decision {
        throw .unsupportedMediaType([])
    }
}
