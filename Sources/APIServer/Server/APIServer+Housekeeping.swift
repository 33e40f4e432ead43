package import Bytes
import ClusterAPI
package import Environment
import ObjectStore

extension APIServer {
    private static let bookmarkInterval: Duration = .seconds(60)
    private static let expiryInterval: Duration = .seconds(60)

    /// What recurs by the clock: watches end, bookmarks are sent, old Events go. Runs until cancelled.
    package func run(clock: any WallClock) async {
        var nextBookmark = clock.now() + Self.bookmarkInterval
        var nextExpiry = clock.now() + Self.expiryInterval
        while (try? await clock.sleep(for: .seconds(1))) != nil {
            let now = clock.now()
            hub.endOverdue(now: now)
            if now >= nextBookmark {
                sendBookmarks()
                nextBookmark = now + Self.bookmarkInterval
            }
            if now >= nextExpiry {
                await expireEvents(now: now)
                nextExpiry = now + Self.expiryInterval
            }
        }
    }

    /// Ends watches whose time is over.
    package func endOverdueWatches(now: Timestamp) { hub.endOverdue(now: now) }

    /// Deletes Events that nothing has touched for their lifetime.
    package func expireEvents(now: Timestamp) async {
        let index = engine.index
        let records = index.records(prefix: StorageKey.prefix(Resource(plural: "events"), nil))
        let limit = now - configuration.eventLifetime
        if let first = eventAges.mark(index.revision, now: now) {
            for (number, record) in records.enumerated() where record.modRevision <= first {
                eventAges.inherit(record)
                // Reading them all takes long after a restart, and others wait for this thread.
                if number % 256 == 255 { await Task.yield() }
            }
        }
        for record in eventAges.expired(records, limit: limit) {
            guard let key = StorageKey.parse(record.key) else { continue }
            // Not when it was seen again in the meantime.
            let options = RequestOptions { $0.preconditionResourceVersion = String(record.modRevision) }
            _ = try? await perform(APIRequest(.delete, key, options: options), now: now)
        }
    }
}
