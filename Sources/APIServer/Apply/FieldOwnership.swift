import Bytes
import ClusterAPI

/// Keeps the ownership of fields right over plain writes and applies.
///
/// A request without a field manager owns nothing, but what it changes is taken from whoever owned it: an autoscaler that writes a replica
/// count needs no entry, and yet the next apply sees that the count is no longer its own.
/// - Source: Kubernetes `apimachinery/pkg/util/managedfields`, `structured-merge-diff/merge`.
struct FieldOwnership {
    enum Operation: String { case apply = "Apply", update = "Update" }

    let table: SchemaTable
    let kind: KindSchema

    private var tree: OwnedTree { OwnedTree(table: table) }
    private var root: OwnedTree.Shape { .structure(table.structure(kind.structure)) }

    /// Fields that only the server sets, or that name the object.
    private static let unowned: [[String]] =
        [["f:apiVersion"], ["f:kind"]]
        + [
            "name", "namespace", "creationTimestamp", "selfLink", "uid", "resourceVersion", "generation", "managedFields", "deletionTimestamp",
            "deletionGracePeriodSeconds",
        ].map { ["f:metadata", "f:\($0)"] }

    /// - Parameter scope: the object itself does not write its status, its status not the rest: whoever sends both owns one of them.
    private func stripped(_ fields: FieldSet, _ scope: RequestScope) -> FieldSet {
        var fields = Self.stripped(fields)
        if kind.hasStatus {
            switch scope.request.subresource {
            case "": fields.children["f:status"] = nil
            case "status": fields.children["f:spec"] = nil
            default: break
            }
        }
        return fields
    }

    private static func stripped(_ fields: FieldSet) -> FieldSet {
        var fields = fields
        for path in unowned { fields.remove(path[...]) }
        fields.isMember = false
        fields.children["f:metadata"]?.isMember = false
        if fields.children["f:metadata"]?.isEmpty == true { fields.children["f:metadata"] = nil }
        return fields
    }

    private func entry(_ scope: RequestScope, _ manager: String, _ operation: Operation, _ fields: FieldSet, _ now: Timestamp) -> ManagedFields.Entry {
        ManagedFields.Entry(
            manager: manager, operation: operation, apiVersion: kind.groupVersionKind.apiVersion, subresource: scope.request.subresource,
            time: now.rfc3339(), fields: fields)
    }

    // MARK: Plain writes

    func recordCreation(_ object: inout JSONValue, _ scope: RequestScope, operation: Operation, now: Timestamp) {
        // An apply that creates brings its own record.
        if operation == .apply { return }
        object.setMetadata("managedFields", nil)
        guard let manager = scope.fieldManager else { return }
        let fields = stripped(tree.fields(object, root, containers: true), scope)
        var owners = ManagedFields(nil)
        owners.set(entry(scope, manager, operation, fields, now))
        object.setMetadata("managedFields", owners.value)
    }

    func recordUpdate(_ object: inout JSONValue, old: JSONValue, _ scope: RequestScope, now: Timestamp) {
        let standing = old["metadata"]?["managedFields"]
        let given = object["metadata"]?["managedFields"]
        // A client may rewrite the record, or clear it by a list of one empty entry; leaving it out keeps it.
        let base = given?.arrayValue?.isEmpty ?? true ? standing : given
        var owners = ManagedFields(base)
        object.setMetadata("managedFields", nil)
        guard scope.fieldManager != nil || !owners.entries.isEmpty else { return }
        var before = old
        before.setMetadata("managedFields", nil)
        let changes = tree.changes(from: before, to: object, root)
        let written = Self.stripped(changes.written)
        let removed = Self.stripped(changes.removed)
        if !written.isEmpty || !removed.isEmpty {
            var own: ManagedFields.Entry?
            if let manager = scope.fieldManager {
                let blank = entry(scope, manager, .update, FieldSet(), now)
                let held = owners.entries.first { $0.isSame(as: blank) }?.fields ?? FieldSet()
                own = entry(scope, manager, .update, held.union(written).subtracting(removed), now)
            }
            let lost = written.union(removed)
            owners.take(lost) { entry in own.map { !entry.isSame(as: $0) } ?? true }
            if let own { owners.set(own) }
        }
        object.setMetadata("managedFields", owners.value)
    }

    // MARK: Apply

    struct Applied {
        var object: JSONValue
        var managedFields: JSONValue?
    }

    /// Brings what a manager wants into the live object, and takes out what it wanted before and no longer does.
    ///
    /// - Throws: `applyConflict` when others own fields that would change, unless forced.
    func apply(_ configuration: JSONValue, to live: JSONValue?, manager: String, _ scope: RequestScope, now: Timestamp) throws(StatusError) -> Applied {
        var wanted = configuration
        wanted.setMetadata("managedFields", nil)
        let fields = stripped(tree.fields(wanted, root, containers: false), scope)
        guard let live else {
            var owners = ManagedFields(nil)
            owners.set(entry(scope, manager, .apply, fields, now))
            return Applied(object: wanted, managedFields: owners.value)
        }
        var owners = ManagedFields(live["metadata"]?["managedFields"])
        var before = live
        before.setMetadata("managedFields", nil)
        let own = entry(scope, manager, .apply, fields, now)
        let earlier = owners.entries.first { $0.isSame(as: own) }?.fields ?? FieldSet()
        var object = tree.merge(before, wanted, root)
        let others = owners.union(besides: own)
        let dropped = earlier.subtracting(fields).subtracting(others)
        object = tree.remove(dropped, from: object, root, ownedByOthers: others.union(fields)) ?? object

        // What was left out stands for its default in the live object: that is no change.
        Defaulter(table: table).setDefaults(&object, kind: kind)
        let changes = tree.changes(from: before, to: object, root)
        let written = stripped(changes.written, scope)
        var causes: [StatusError.Cause] = []
        for entry in owners.entries where !entry.isSame(as: own) {
            for path in entry.fields.intersection(written).paths {
                causes.append(StatusError.Cause(reason: "FieldManagerConflict", message: Self.conflictText(entry), field: path))
            }
        }
        if !causes.isEmpty, !scope.options.force { throw .applyConflict(causes: causes) }
        owners.take(written.union(stripped(changes.removed, scope))) { !$0.isSame(as: own) }
        owners.set(own)
        return Applied(object: object, managedFields: owners.value)
    }

    private static func conflictText(_ entry: ManagedFields.Entry) -> String {
        var text = "conflict with \"\(entry.manager)\""
        if !entry.subresource.isEmpty { text += " with subresource \"\(entry.subresource)\"" }
        return entry.operation == .update ? text + " using \(entry.apiVersion)" : text
    }
}
