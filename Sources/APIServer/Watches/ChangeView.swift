import Bytes
import ClusterAPI
import ObjectStore

/// A change as watches see it; what several watches need is made once.
final class ChangeView {
    let change: Change
    let key: ObjectKey
    let before: ObjectDigest?
    let after: ObjectDigest?
    private var texts: [GroupVersionKind: (text: [UInt8], decoding: SharedDecoding)] = [:]

    init(_ change: Change, _ key: ObjectKey, _ digests: DigestCache) {
        self.change = change
        self.key = key
        before = change.previous.map { digests.digest($0, key.resource) }
        after = change.record.map { digests.digest($0, key.resource) }
    }

    /// The nodes of a pod before and after; empty for what is on no node.
    var nodeNames: (before: String, after: String) { (Self.nodeName(before, key), Self.nodeName(after, key)) }

    private static func nodeName(_ digest: ObjectDigest?, _ key: ObjectKey) -> String {
        digest?.value("spec.nodeName", key.resource) ?? ""
    }

    /// What a watch is told, nil when the change does not concern it.
    func event(for watcher: Watcher) -> WatchEvent? {
        if let namespace = watcher.request.namespace, namespace != key.namespace { return nil }
        let options = watcher.request.options
        let wasSeen = before?.matches(options, key) ?? false
        let isSeen = after?.matches(options, key) ?? false
        switch (wasSeen, isSeen) {
        case (false, false): return nil
        case (false, true): return .added(snapshot(watcher, change.record, after))
        case (true, true): return .modified(snapshot(watcher, change.record, after))
        // The last state that the watch knew, with the revision at which it ceased.
        case (true, false): return .deleted(snapshot(watcher, change.previous, before))
        }
    }

    private func snapshot(_ watcher: Watcher, _ record: Record?, _ digest: ObjectDigest?) -> ObjectSnapshot {
        guard let record, let digest else { preconditionFailure("a state that was matched is there") }
        let revision = change.revision
        let isCurrent = record.modRevision == revision
        let kind = watcher.scope.kind.groupVersionKind
        if isCurrent, let made = texts[kind] {
            return ObjectSnapshot(key: key, uid: digest.uid, revision: revision, bytes: made.text, decoding: made.decoding)
        }
        let made = (text: Self.text(record.value, revision, watcher.scope), decoding: SharedDecoding())
        if isCurrent { texts[kind] = made }
        return ObjectSnapshot(key: key, uid: digest.uid, revision: revision, bytes: made.text, decoding: made.decoding)
    }

    private static func text(_ stored: [UInt8], _ revision: UInt64, _ scope: RequestScope) -> [UInt8] {
        let text = StorageCodec.body(stored, revision: revision)
        if scope.kind.groupVersionKind == scope.storage.groupVersionKind { return text }
        guard let tree = try? JSONValue.parse(text) else { preconditionFailure("a stored object is JSON") }
        return VersionConversion.fromStorage(tree, to: scope.kind, storage: scope.storage).bytes
    }
}
