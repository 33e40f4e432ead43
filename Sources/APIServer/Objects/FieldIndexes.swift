import ClusterAPI
import ObjectStore
import Synchronization

/// Objects by the value of a field, so that a list or a watch of one node's pods does not walk over all others.
///
/// An index is made when a selector first fixes its field, and then follows the changes: those that the engine tells of, and, when it is
/// asked, those that are made but not told yet. So its answer is the state of one revision, never a mixture.
/// - Lock order: behind the hub's, before the engine's own.
final class FieldIndexes: Sendable {
    /// The objects of one value, and the revision whose state they show.
    struct Answer {
        /// In the order of their keys.
        var records: [Record]
        var revision: UInt64
    }

    private struct Field: Hashable {
        var resource: Resource
        var path: String
    }

    private struct Index {
        /// By value, then by key.
        var buckets: [String: [String: Record]] = [:]
        var revision: UInt64
    }

    private let engine: any ObjectEngine
    private let digests: DigestCache
    private let indexes = Mutex<[Field: Index]>([:])

    init(engine: any ObjectEngine, digests: DigestCache) {
        self.engine = engine
        self.digests = digests
    }

    /// What a selector may match: all objects with the value it fixes; nil when it fixes no field that is indexed.
    func candidates(_ resource: Resource, _ selector: FieldSelector) -> Answer? {
        for path in SelectableFields.indexed(resource) {
            if let value = selector.value(requiredFor: path) { return answer(Field(resource: resource, path: path), value) }
        }
        return nil
    }

    private func answer(_ field: Field, _ value: String) -> Answer {
        indexes.withLock { indexes in
            var index = indexes.removeValue(forKey: field) ?? build(field)
            switch engine.changes(after: index.revision) {
            case .changes(let changes):
                for change in changes {
                    guard let key = StorageKey.parse(change.key), key.resource == field.resource else {
                        index.revision = change.revision
                        continue
                    }
                    apply(ChangeView(change, key, digests), to: &index, field)
                }
            case .tooOld: index = build(field)
            }
            let found = (index.buckets[value] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
            let revision = index.revision
            indexes[field] = index
            return Answer(records: found, revision: revision)
        }
    }

    /// Takes what a commit changed of one resource; what was fetched already is passed over.
    func follow(_ view: ChangeView) {
        let paths = SelectableFields.indexed(view.key.resource)
        if paths.isEmpty { return }
        indexes.withLock { indexes in
            for path in paths {
                let field = Field(resource: view.key.resource, path: path)
                guard var index = indexes.removeValue(forKey: field) else { continue }
                apply(view, to: &index, field)
                indexes[field] = index
            }
        }
    }

    private func build(_ field: Field) -> Index {
        let state = engine.index
        var index = Index(revision: state.revision)
        state.visit(prefix: StorageKey.prefix(field.resource, nil)) { record in
            index.buckets[value(record, field), default: [:]][record.key] = record
            return true
        }
        return index
    }

    /// A commit's changes share a revision, so one that the index has reached may come again: the same records come to rest.
    private func apply(_ view: ChangeView, to index: inout Index, _ field: Field) {
        let change = view.change
        guard change.revision >= index.revision else { return }
        index.revision = change.revision
        let before = view.before?.value(field.path, field.resource)
        let after = view.after?.value(field.path, field.resource)
        if let before, before != after {
            index.buckets[before]?[change.key] = nil
            if index.buckets[before]?.isEmpty == true { index.buckets[before] = nil }
        }
        if let record = change.record, let after { index.buckets[after, default: [:]][change.key] = record }
    }

    private func value(_ record: Record, _ field: Field) -> String {
        digests.digest(record, field.resource).value(field.path, field.resource)
    }
}
