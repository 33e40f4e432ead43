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
        for request in expiredEvents(now: now) { _ = try? await perform(request, now: now) }
    }

    private func expiredEvents(now: Timestamp) -> [APIRequest] {
        let resource = Resource(plural: "events")
        let limit = now - configuration.eventLifetime
        var requests: [APIRequest] = []
        for record in records(resource) {
            guard let key = StorageKey.parse(record.key), let event = try? Event(json: record.value) else { continue }
            let times = [event.series?.lastObservedTime, event.lastTimestamp, event.eventTime, event.metadata.creationTimestamp]
            guard let last = times.compactMap({ $0 }).max(), last < limit else { continue }
            // Not when it was seen again in the meantime.
            let options = RequestOptions { $0.preconditionResourceVersion = String(record.modRevision) }
            requests.append(APIRequest(.delete, key, options: options))
        }
        return requests
    }
}
