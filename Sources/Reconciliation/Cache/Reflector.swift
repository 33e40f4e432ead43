import Bytes
package import ClusterAPI

/// What follows one resource: list, then watch from the list's revision, and list again when the server no longer keeps that past.
///
/// ```
///  list ──page──► list ──last page──► watch ◄──events──┐
///   ▲ │ error        (emits objects, synced) │ └───────┘
///   │ └─► wait ◄────────── stream ended ─────┤
///   └───────┘   ◄── 410, or another error ───┘
/// ```
/// It is pure: the shell does what `nextStep` says and tells the outcome. It drops what the actor has seen already, so that a
/// duplicated or replayed event does no harm.
package struct Reflector: Sendable {
    package enum Step: Sendable, Equatable {
        case list(APIRequest)
        case watch(WatchRequest)
        case wait(Duration)
    }

    package let interest: WatchInterest
    private let backoff: Backoff
    private let user: UserIdentity
    private var generator: Xoshiro256

    private struct Known: Sendable {
        var revision: UInt64
        var uid: String
    }

    /// What the actor has been told of, by object.
    private var known: [ObjectKey: Known] = [:]
    /// The revision to watch from; nil: a list is needed.
    private var revision: UInt64?
    private var pages: [ObjectSnapshot] = []
    private var continueToken = ""
    private var failures = 0
    private var mustWait = false

    /// How many objects a list asks for at a time (client-go's default page).
    package static let pageSize = 500

    package init(_ interest: WatchInterest, user: UserIdentity, seed: UInt64, backoff: Backoff = .reflector) {
        self.interest = interest
        self.user = user
        self.backoff = backoff
        generator = Xoshiro256(seed: seed)
    }

    package mutating func nextStep() -> Step {
        if mustWait {
            mustWait = false
            return .wait(backoff.delay(after: failures, jitter: 1, using: &generator))
        }
        if let revision {
            return .watch(
                WatchRequest(
                    interest.resource, namespace: interest.namespace, options: options { $0.resourceVersion = String(revision) },
                    user: user))
        }
        return .list(
            APIRequest(
                .list, interest.resource, namespace: interest.namespace,
                options: options {
                    $0.limit = Self.pageSize
                    $0.continueToken = continueToken.isEmpty ? nil : continueToken
                }, user: user))
    }

    private func options(_ fill: (inout RequestOptions) -> Void) -> RequestOptions {
        var options = RequestOptions()
        options.labelSelector = interest.labels
        options.fieldSelector = interest.fields
        fill(&options)
        return options
    }

    /// Takes one page of a list; the last one makes the events that lead from what the actor knows to what is.
    package mutating func listed(_ page: ListPage) -> [ActorEvent] {
        pages += page.items
        continueToken = page.continueToken
        guard continueToken.isEmpty else { return [] }
        failures = 0
        revision = page.revision
        defer { pages = [] }
        return [.objects(interest.resource, changes(to: pages)), .synced(interest.resource)]
    }

    /// Takes a batch of a watch; what the actor has seen already is left out.
    package mutating func watched(_ events: [WatchEvent]) -> [ActorEvent] {
        var fresh: [WatchEvent] = []
        fresh.reserveCapacity(events.count)
        for event in events {
            switch event {
            case .added(let snapshot), .modified(let snapshot):
                guard isFresh(snapshot) else { continue }
                let isNew = known.updateValue(Known(revision: snapshot.revision, uid: snapshot.uid), forKey: snapshot.key) == nil
                fresh.append(isNew ? .added(snapshot) : .modified(snapshot))
            case .deleted(let snapshot):
                guard isFresh(snapshot), known.removeValue(forKey: snapshot.key) != nil else { continue }
                fresh.append(event)
            case .bookmark(let bookmark, _):
                if let current = revision, bookmark > current { revision = bookmark }
            case .failed(let status):
                failed(status)
            }
        }
        if !events.isEmpty, revision != nil { failures = 0 }
        return fresh.isEmpty ? [] : [.objects(interest.resource, fresh)]
    }

    /// A list or watch was refused, or a watch ended with an error.
    package mutating func failed(_ status: StatusError) {
        failures += 1
        pages = []
        continueToken = ""
        // Gone or expired: the past that was asked for is no longer kept. At once for the first time, then with growing patience.
        if status.isExpired { revision = nil }
        mustWait = !status.isExpired || failures > 1
    }

    /// A watch ended without an error, as they do after a while; watching goes on from the last revision.
    package mutating func ended() { failures += 1; mustWait = failures > 1 }

    /// Whether an event is news; if so, the watch has come as far as that. Objects of one commit share a revision.
    private mutating func isFresh(_ snapshot: ObjectSnapshot) -> Bool {
        guard let current = revision, snapshot.revision >= current else { return false }
        if let before = known[snapshot.key], before.revision >= snapshot.revision { return false }
        revision = snapshot.revision
        return true
    }

    private mutating func changes(to items: [ObjectSnapshot]) -> [WatchEvent] {
        var events: [WatchEvent] = []
        var missing = known
        for item in items {
            let before = missing.removeValue(forKey: item.key)
            if let before, before.uid != item.uid {
                // Deleted and made anew while nobody looked: two objects, of which the first one's end must not be missed.
                events.append(.deleted(lastKnown(item.key, before)))
                events.append(.added(item))
            } else if let before {
                if before.revision != item.revision { events.append(.modified(item)) }
            } else {
                events.append(.added(item))
            }
            known[item.key] = Known(revision: item.revision, uid: item.uid)
        }
        for key in missing.keys.sorted() {
            events.append(.deleted(lastKnown(key, missing[key]!)))
            known[key] = nil
        }
        return events
    }

    private func lastKnown(_ key: ObjectKey, _ known: Known) -> ObjectSnapshot {
        ObjectSnapshot(key: key, uid: known.uid, revision: known.revision, bytes: [])
    }
}
