import Bytes
import ClusterAPI

/// One watch as the hub keeps it.
struct Watcher: Sendable {
    var id: UInt64
    let request: WatchRequest
    let scope: RequestScope
    /// Changes up to this revision have been sent at the start, or were before it.
    var startRevision: UInt64
    let sink: WatchSink
}

/// Where a watch's events go.
struct WatchSink: Sendable {
    /// Takes events without blocking; false when no more are wanted.
    var deliver: @Sendable ([WatchEvent]) -> Bool
    /// Told once when the watch ends by itself.
    var finish: @Sendable () -> Void = {}
    /// When it ends by itself; nil for never.
    var deadline: Timestamp?
}

/// The watches of one resource, in buckets where their selectors fix a value.
struct WatcherTable: Sendable {
    private var general: [Watcher] = []
    private var byName: [String: [Watcher]] = [:]
    private var byNode: [String: [Watcher]] = [:]
    private var homes: [UInt64: Home] = [:]

    private enum Home { case general, name(String), node(String) }

    var isEmpty: Bool { homes.isEmpty }

    mutating func insert(_ watcher: Watcher) {
        let selector = watcher.request.options.fieldSelector
        if let name = selector.value(requiredFor: "metadata.name") {
            byName[name, default: []].append(watcher)
            homes[watcher.id] = .name(name)
        } else if let node = selector.value(requiredFor: "spec.nodeName") {
            byNode[node, default: []].append(watcher)
            homes[watcher.id] = .node(node)
        } else {
            general.append(watcher)
            homes[watcher.id] = .general
        }
    }

    mutating func remove(_ id: UInt64) {
        switch homes.removeValue(forKey: id) {
        case .general: general.removeAll { $0.id == id }
        case .name(let name): Self.remove(id, from: &byName[name])
        case .node(let node): Self.remove(id, from: &byNode[node])
        case nil: break
        }
    }

    private static func remove(_ id: UInt64, from bucket: inout [Watcher]?) {
        bucket?.removeAll { $0.id == id }
        if bucket?.isEmpty == true { bucket = nil }
    }

    /// Visits the watches that a change may concern, each once.
    func visit(_ change: ChangeView, _ body: (Watcher) -> Void) {
        for watcher in general { body(watcher) }
        for watcher in byName[change.key.name] ?? [] { body(watcher) }
        if byNode.isEmpty { return }
        let nodes = change.nodeNames
        for watcher in byNode[nodes.after] ?? [] { body(watcher) }
        if nodes.before != nodes.after { for watcher in byNode[nodes.before] ?? [] { body(watcher) } }
    }

    /// Those of which something holds, in the order they were opened; the others, which may be thousands, are not copied.
    func all(where holds: (Watcher) -> Bool) -> [Watcher] {
        var found = general.filter(holds)
        for bucket in byName.values { found += bucket.filter(holds) }
        for bucket in byNode.values { found += bucket.filter(holds) }
        return found.sorted { $0.id < $1.id }
    }
}
