import Bytes

/// Decides what is sent next, again, or never: a queue bounded by bytes that keeps order.
///
/// What rests on disk comes first: shipments are moved there from the old end on, and their bodies are then read back to be sent.
///
/// ```
/// offer ──> waiting ──> head in flight ──2xx──> settled
///              ^             │ 5xx, 429, no answer: again after a pause
///              └─────────────┤
///                            └─ other 4xx: dropped, counted ──> settled
/// ```
/// - Invariant: at most one shipment is in flight, and it is the oldest; positions are settled in their order; those on disk are the oldest.
struct ShippingQueue {
    struct Shipment: Equatable {
        var position: UInt64
        /// Empty when it rests on disk.
        var body: [UInt8]
        /// Samples or entries in the body.
        var count: Int
        var size: Int
        var isOnDisk = false
    }

    enum Offer: Equatable {
        case taken(position: UInt64)
        /// No room now; there will be when the server has taken what waits.
        case full
        /// Larger than the whole queue: there will never be room.
        case tooLarge
    }

    /// How one attempt ended.
    enum Attempt: Equatable {
        /// - Parameters:
        ///   - written: how many the server says it kept, if it says so.
        ///   - text: the server's words.
        case answered(status: Int, retryAfter: Duration?, written: Int?, text: String)
        case unanswered(cause: String)
    }

    enum Verdict: Equatable {
        case settled
        case dropped(count: Int, reason: String)
        case retry(after: Duration, reason: String)
    }

    private let capacity: Int
    private var shipments: [Shipment] = []
    /// Where the oldest one stands; those before it are settled and await removal.
    private var first = 0
    private var attempts = 0
    private var random: SplitMix64
    private var lastPosition: UInt64 = 0
    /// Bytes of bodies in memory, and on disk.
    private(set) var queuedBytes = 0
    private(set) var diskBytes = 0
    /// Everything up to here rests on disk or did.
    private var spilled: UInt64 = 0

    private static let shortestPause: Duration = .milliseconds(100)
    private static let longestPause: Duration = .seconds(30)
    /// A server that asks for more is asked again anyway.
    private static let longestRetryAfter: Duration = .seconds(300)

    init(capacity: Int, seed: UInt64) {
        precondition(capacity > 0, "a queue has room")
        self.capacity = capacity
        random = SplitMix64(seed: seed)
    }

    /// Takes up what a queue before this one has left on disk.
    mutating func adopt(_ left: [Shipment], settled: UInt64) {
        precondition(shipments.isEmpty && left.allSatisfy(\.isOnDisk), "what is left comes before everything else")
        shipments = left
        diskBytes = left.reduce(0) { $0 + $1.size }
        lastPosition = max(settled, left.last?.position ?? 0)
        spilled = lastPosition
    }

    /// The newest position that was given out.
    var newest: UInt64 { lastPosition }
    /// Nothing up to this position waits any more.
    var settled: UInt64 { first < shipments.count ? shipments[first].position - 1 : lastPosition }
    /// Nothing up to this position is lost with the process.
    var durable: UInt64 { max(settled, spilled) }
    /// What is to be sent now.
    var head: Shipment? { first < shipments.count ? shipments[first] : nil }

    mutating func offer(_ body: [UInt8], count: Int) -> Offer {
        guard body.count <= capacity else { return .tooLarge }
        guard queuedBytes + body.count <= capacity else { return .full }
        lastPosition += 1
        queuedBytes += body.count
        shipments.append(Shipment(position: lastPosition, body: body, count: count, size: body.count))
        return .taken(position: lastPosition)
    }

    // MARK: The disk

    /// What is in memory only, oldest first.
    var unspilled: [Shipment] { shipments[first...].filter { !$0.isOnDisk } }

    /// Takes note that everything up to a position rests on disk: its bodies leave the memory.
    mutating func spill(through position: UInt64) {
        for index in shipments.indices.dropFirst(first) where shipments[index].position <= position && !shipments[index].isOnDisk {
            queuedBytes -= shipments[index].size
            diskBytes += shipments[index].size
            shipments[index].body = []
            shipments[index].isOnDisk = true
        }
        spilled = max(spilled, position)
    }

    /// Gives up everything up to a position; returns how many samples or entries that were.
    mutating func drop(through position: UInt64) -> Int {
        var count = 0
        while let head, head.position <= position {
            count += head.count
            removeHead()
        }
        return count
    }

    // MARK: Attempts

    /// Takes note of how sending a shipment went; one that was given up meanwhile is of no interest any more.
    mutating func finish(_ attempt: Attempt, of position: UInt64) -> Verdict {
        head?.position == position ? finish(attempt) : .settled
    }

    /// Takes note of how sending the head went.
    mutating func finish(_ attempt: Attempt) -> Verdict {
        precondition(first < shipments.count, "an attempt had a shipment")
        switch attempt {
        case .answered(200..<300, _, _, _):
            removeHead()
            return .settled
        case .answered(let status, let retryAfter, _, let text) where status == 429 || status == 408 || status >= 500:
            let asked = retryAfter.map { min($0, Self.longestRetryAfter) }
            return .retry(after: max(pause(), asked ?? .zero), reason: Self.reason(status, text))
        case .unanswered(let cause): return .retry(after: pause(), reason: cause)
        case .answered(let status, _, let written, let text):
            // Sent again it would be refused again, and all that follows would wait behind it.
            let count = max(0, shipments[first].count - (written ?? 0))
            removeHead()
            return .dropped(count: count, reason: Self.reason(status, text))
        }
    }

    private mutating func removeHead() {
        attempts = 0
        if shipments[first].isOnDisk { diskBytes -= shipments[first].size } else { queuedBytes -= shipments[first].size }
        shipments[first].body = []
        first += 1
        // Moved down only when as many are gone as are left, so that each moves but once.
        if first * 2 >= shipments.count {
            shipments.removeFirst(first)
            first = 0
        }
    }

    /// Doubles with each attempt, from half of the step on by chance, so that agents do not come back all at once.
    private mutating func pause() -> Duration {
        let step = min(Self.shortestPause * (1 << min(attempts, 16)), Self.longestPause)
        attempts += 1
        return step / 2 + .milliseconds(Int64.random(in: 0...(step / 2).wholeMilliseconds, using: &random))
    }

    private static func reason(_ status: Int, _ text: String) -> String { text.isEmpty ? "status \(status)" : "status \(status): \(text)" }
}
