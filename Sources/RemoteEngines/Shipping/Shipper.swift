import Bytes
import Environment
import Synchronization
import Telemetry

/// Sends encoded batches to one URL, in order, each until the server has taken or refused it.
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
        state = Mutex(State(queue: ShippingQueue(capacity: options.queueBytes, seed: options.seed)))
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var counts: ShippingCounts {
        state.withLock { state in
            var counts = state.counts
            counts.queuedBytes = state.queue.queuedBytes
            return counts
        }
    }

    /// The newest position, for a batch of nothing.
    var newest: UInt64 { state.withLock { $0.queue.newest } }

    /// Puts a body into the queue.
    func offer(_ body: [UInt8], count: Int) throws(StoreError) -> ShippingQueue.Offer {
        let offer = state.withLock { state in state.isClosed ? nil : state.queue.offer(body, count: count) }
        guard let offer else { throw closed }
        if case .taken = offer { ring.yield() }
        return offer
    }

    /// Counts what the bound kept out.
    func countOverflow(_ count: Int) { state.withLock { $0.counts.overflowed += count } }

    /// Returns when nothing up to the position waits to be sent any more.
    func waitUntilSettled(_ position: UInt64) async throws(StoreError) {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let failure = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<StoreError?, Never>) in
                let answer = state.withLock { state -> StoreError?? in
                    if state.queue.settled >= position { return .some(nil) }
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

    // MARK: Sending

    /// Sends until the task is cancelled; then whoever waits is told so, and what still waits in the queue is lost with it.
    func run() async {
        for await _ in bell {
            while !Task.isCancelled, let shipment = state.withLock({ $0.queue.head }) {
                do { try await send(shipment) } catch { break }
            }
            if Task.isCancelled { break }
        }
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
            let answer = try await fetcher.fetch(
                FetchRequest("POST", url, headers: headers, body: shipment.body, timeout: options.timeout, bodyLimit: 1 << 20))
            attempt = Self.attempt(answer)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            attempt = .unanswered(cause: (error as? FetchError)?.cause ?? "\(error)")
        }
        switch finish(attempt, shipment) {
        case .settled: break
        case .dropped(let count, let reason): options.report("cannot send \(count) of \(shipment.count) to \(url): \(reason); dropped")
        case .retry(let pause, let reason):
            if state.withLock({ $0.counts.beginOutage() }) { options.report("cannot send to \(url), will try again: \(reason)") }
            try await clock.sleep(for: pause)
        }
    }

    /// Notes the attempt and wakes whoever waited for it.
    private func finish(_ attempt: ShippingQueue.Attempt, _ shipment: ShippingQueue.Shipment) -> ShippingQueue.Verdict {
        let (verdict, woken) = state.withLock { state in
            let verdict = state.queue.finish(attempt)
            switch verdict {
            case .settled: state.counts.settle(sent: shipment.count)
            case .dropped(let count, let reason):
                state.counts.settle(sent: shipment.count - count)
                state.counts.refused += count
                state.counts.lastRefusal = reason
            case .retry: state.counts.retries += 1
            }
            let settled = state.queue.settled
            let woken = state.waiters.filter { $0.position <= settled }.map(\.continuation)
            state.waiters.removeAll { $0.position <= settled }
            return (verdict, woken)
        }
        for continuation in woken { continuation.resume(returning: nil) }
        return verdict
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
