import ClusterAPI
import Environment

/// One watch under way: bytes in, events out. The reader's stream ends with it, whatever ends it.
final class OpenWatch: Sendable {
    private let resource: Resource
    private let bytes: FetchStream
    private let source: WatchStream.Source
    /// Finishes when nobody reads the events any more.
    private let readerHasGone: AsyncStream<Never>
    private let limit: Duration

    init(
        resource: Resource, bytes: FetchStream, source: WatchStream.Source, readerHasGone: AsyncStream<Never>, limit: Duration
    ) {
        self.resource = resource
        self.bytes = bytes
        self.source = source
        self.readerHasGone = readerHasGone
        self.limit = limit
    }

    deinit { source.finish() }

    /// Runs until the server ends the watch, the reader goes or falls behind, the time is over, or the task is cancelled.
    func run(_ clock: any WallClock) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.carry() }
            group.addTask { for await _ in self.readerHasGone {} }
            group.addTask { [limit] in try? await clock.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        source.finish()
    }

    private func carry() async {
        var lines = WatchLines(resource)
        do {
            while let piece = try await bytes.next() {
                let events = try lines.read(piece)
                guard source.send(events) else { return }
                if events.contains(where: { if case .failed = $0 { true } else { false } }) { return }
            }
        } catch let error as StatusError {
            source.send([.failed(error)])
        } catch {
            // A broken connection ends the watch like the server's own end: the reader goes on from its last revision.
        }
    }
}
