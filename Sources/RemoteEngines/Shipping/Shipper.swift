import Bytes
import Environment
import Synchronization
import Telemetry

/// Sends encoded batches to one URL, in order, each until the server has taken or refused it.
///
/// While the server is away what waits is moved to disk, where it outlives the process and leaves the memory.
final class Shipper: Sendable {
    private struct State {
        var queue: ShippingQueue
        var counts = ShippingCounts()
        var isClosed = false
        var nextWaiter: UInt64 = 0
        var waiters: [(id: UInt64, position: UInt64, continuation: CheckedContinuation<StoreError?, Never>)] = []
    }

    private let url: String
    private let headers: [(name: String, value: String)]
    private let fetcher: any Fetcher
    private let clock: any WallClock
    private let options: ShippingOptions
    private let state: Mutex<State>
    /// Held while files are written: whoever holds it may take `state`, never the other way round.
    private let disk: Mutex<QueueFiles?>
    /// Rings when the queue may have become non-empty.
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    init(
        url: String, headers: [(name: String, value: String)], fetcher: any Fetcher, clock: any WallClock, options: ShippingOptions
    ) {
        self.url = url
        self.headers = headers
        self.fetcher = fetcher
        self.clock = clock
        self.options = options
        var queue = ShippingQueue(capacity: options.queueBytes, seed: options.seed)
        var found: QueueFiles?
        if let place = options.disk {
            do throws(FileError) {
                let opened = try QueueFiles.open(place.directory, place.files)
                queue.adopt(opened.shipments, settled: opened.settled)
                found = opened.files
                for damage in opened.damages { options.report(damage) }
            } catch {
                options.report("cannot use the queue on disk: \(error); what waits for \(url) is kept in memory alone")
            }
        }
        disk = Mutex(found)
        state = Mutex(State(queue: queue))
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        ring.yield()
    }

    var counts: ShippingCounts {
        state.withLock { state in
            var counts = state.counts
            counts.queuedBytes = state.queue.queuedBytes
            counts.diskBytes = state.queue.diskBytes
            return counts
        }
    }

    /// The newest position, for a batch of nothing.
    var newest: UInt64 { state.withLock { $0.queue.newest } }

    /// Puts a body into the queue; blocks for a write to disk when the server is away.
    func offer(_ body: [UInt8], count: Int) throws(StoreError) -> ShippingQueue.Offer {
        var (offer, isOut) = try tryOffer(body, count: count)
        if case .full = offer {
            spill()
            (offer, isOut) = try tryOffer(body, count: count)
        } else if isOut {
            spill()
        }
        if case .taken = offer { ring.yield() }
        return offer
    }

    private func tryOffer(_ body: [UInt8], count: Int) throws(StoreError) -> (ShippingQueue.Offer, isOut: Bool) {
        let outcome = state.withLock { state in state.isClosed ? nil : (state.queue.offer(body, count: count), state.counts.isOut) }
        guard let outcome else { throw closed }
        return outcome
    }

    /// Counts what the bound kept out.
    func countOverflow(_ count: Int) { state.withLock { $0.counts.overflowed += count } }

    /// Returns when nothing up to the position would be lost with this process.
    func waitUntilDurable(_ position: UInt64) async throws(StoreError) {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let failure = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<StoreError?, Never>) in
                let answer = state.withLock { state -> StoreError?? in
                    if state.queue.durable >= position { return .some(nil) }
                    if state.isClosed { return closed }
                    if Task.isCancelled { return cancelled }
                    state.waiters.append((id, position, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let index = state.waiters.firstIndex { $0.id == id }
                return index.map { state.waiters.remove(at: $0).continuation }
            }
            waiter?.resume(returning: cancelled)
        }
        if let failure { throw failure }
    }

    private var closed: StoreError { StoreError(.closed, "cannot send to \(url): the sender has been stopped") }
    private var cancelled: StoreError { StoreError(.cancelled, "cannot wait for \(url): the task was cancelled") }

    /// Wakes whoever waited for what is durable now.
    private func wake() {
        let woken = state.withLock { state in
            let durable = state.queue.durable
            let woken = state.waiters.filter { $0.position <= durable }.map(\.continuation)
            state.waiters.removeAll { $0.position <= durable }
            return woken
        }
        for continuation in woken { continuation.resume(returning: nil) }
    }

    // MARK: The disk

    /// Moves what is in memory to disk, as far as there is room.
    private func spill() {
        guard let place = options.disk else { return }
        disk.withLock { files in
            guard files != nil else { return }
            var (waiting, used) = state.withLock { ($0.queue.unspilled, $0.queue.diskBytes) }
            while !waiting.isEmpty {
                let wanted = waiting.reduce(0) { $0 + $1.size }
                if used + wanted <= place.capacity { break }
                if place.dropsOldest, let end = files!.oldestFileEnd {
                    // Positions are settled in order, so the oldest file is what is given up.
                    let dropped = state.withLock { state in
                        let dropped = state.queue.drop(through: end)
                        state.counts.overflowed += dropped
                        used = state.queue.diskBytes
                        return dropped
                    }
                    try? files!.settle(through: end)
                    options.report("the queue on disk for \(url) is full: the oldest \(dropped) samples or lines in it are given up")
                } else {
                    waiting.removeLast()
                }
            }
            guard let last = waiting.last else { return }
            do throws(FileError) {
                try files!.append(waiting)
                state.withLock { $0.queue.spill(through: last.position) }
            } catch {
                options.report("cannot write the queue on disk for \(url): \(error)")
            }
        }
        wake()
    }

    /// The body of a shipment; nil when it rested on disk and is damaged.
    private func body(_ shipment: ShippingQueue.Shipment) async throws -> [UInt8]? {
        guard shipment.isOnDisk, let place = options.disk else { return shipment.body }
        return try await place.workers.run { [self] in try disk.withLock { try $0?.body(shipment.position) } }
    }

    private func settleOnDisk(_ position: UInt64) async {
        guard let place = options.disk else { return }
        _ = try? await place.workers.run { [self] in try disk.withLock { try $0?.settle(through: position) } }
    }

    // MARK: Sending

    /// Sends until the task is cancelled; then whoever waits is told so. What still waits goes to disk, or is lost where there is none.
    func run() async {
        for await _ in bell {
            while !Task.isCancelled, let shipment = state.withLock({ $0.queue.head }) {
                do { try await send(shipment) } catch { break }
            }
            if Task.isCancelled { break }
        }
        spill()
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: closed) }
    }

    /// One attempt, and the pause after it if it must be repeated.
    ///
    /// - Throws: `CancellationError`.
    private func send(_ shipment: ShippingQueue.Shipment) async throws {
        let attempt: ShippingQueue.Attempt
        do {
            guard let body = try await body(shipment) else {
                // Nobody has it any more, and all that follows would wait behind it.
                return await give(up: shipment)
            }
            let answer = try await fetcher.fetch(
                FetchRequest("POST", url, headers: headers, body: body, timeout: options.timeout, bodyLimit: 1 << 20))
            attempt = Self.attempt(answer)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            attempt = .unanswered(cause: (error as? FetchError)?.cause ?? "\(error)")
        }
        let (verdict, wasOnDisk) = finish(attempt, shipment)
        wake()
        switch verdict {
        case .settled: break
        case .dropped(let count, let reason): options.report("cannot send \(count) of \(shipment.count) to \(url): \(reason); dropped")
        case .retry(let pause, let reason):
            if state.withLock({ $0.counts.beginOutage() }) { options.report("cannot send to \(url), will try again: \(reason)") }
            if let place = options.disk { _ = try? await place.workers.run { [self] in spill() } }
            try await clock.sleep(for: pause)
            return
        }
        if wasOnDisk { await settleOnDisk(shipment.position) }
    }

    private func give(up shipment: ShippingQueue.Shipment) async {
        let count = state.withLock { state in
            let count = state.queue.drop(through: shipment.position)
            state.counts.overflowed += count
            return count
        }
        wake()
        await settleOnDisk(shipment.position)
        if count > 0 { options.report("\(count) of what waited on disk for \(url) cannot be read; given up") }
    }

    /// Notes the attempt; says too whether the shipment rests on disk, where it may have been moved while it was under way.
    private func finish(_ attempt: ShippingQueue.Attempt, _ shipment: ShippingQueue.Shipment) -> (ShippingQueue.Verdict, wasOnDisk: Bool) {
        let (verdict, isOver, wasOnDisk) = state.withLock { state in
            let wasOnDisk = state.queue.head?.isOnDisk ?? false
            let verdict = state.queue.finish(attempt, of: shipment.position)
            var isOver = false
            switch verdict {
            case .settled: isOver = state.counts.settle(sent: shipment.count)
            case .dropped(let count, let reason):
                isOver = state.counts.settle(sent: shipment.count - count)
                state.counts.refused += count
                state.counts.lastRefusal = reason
            case .retry: state.counts.retries += 1
            }
            return (verdict, isOver, wasOnDisk)
        }
        if isOver { options.report("\(url) answers again") }
        return (verdict, wasOnDisk)
    }

    /// - Source: Prometheus remote write 2.0: the `X-Prometheus-Remote-Write-…-Written` headers say what was kept of a partial write.
    private static func attempt(_ answer: FetchResponse) -> ShippingQueue.Attempt {
        func number(_ name: String) -> Int? { answer.headers.first { $0.name.lowercased() == name }.flatMap { Int($0.value) } }
        let prefix = "x-prometheus-remote-write-"
        let samples = number(prefix + "samples-written")
        let histograms = number(prefix + "histograms-written")
        return .answered(
            status: answer.status, retryAfter: AnswerForm.retryAfter(answer.headers).map { .seconds($0) },
            written: samples == nil && histograms == nil ? nil : (samples ?? 0) + (histograms ?? 0), text: AnswerText.firstLine(answer.body))
    }
}
