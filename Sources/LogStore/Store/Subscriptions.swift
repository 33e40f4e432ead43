import Telemetry

/// Who wants to be told about new entries of which streams. Selectors are matched once per stream, not per append.
struct Subscriptions {
    struct News {
        var signal: FreshnessSignal
        var newest: Int64
    }

    private struct Weak {
        weak var signal: FreshnessSignal?
        var matchers: [LabelMatcher]
    }

    private var signals: [UInt64: Weak] = [:]
    private var next: UInt64 = 0
    /// Identifiers of subscriptions per stream.
    private var streams: [UInt32: [UInt64]] = [:]

    var isEmpty: Bool { signals.isEmpty }

    mutating func add(_ signal: FreshnessSignal, _ matchers: [LabelMatcher], streams selected: [UInt32]) {
        dropDead()
        signals[next] = Weak(signal: signal, matchers: matchers)
        for number in selected { streams[number, default: []].append(next) }
        next += 1
    }

    /// A stream has come into being.
    mutating func note(stream: UInt32, _ labels: Labels) {
        for id in signals.keys.sorted() where signals[id]!.matchers.allSatisfy({ $0.matches(labels) }) {
            streams[stream, default: []].append(id)
        }
    }

    mutating func forget(stream: UInt32) { streams[stream] = nil }

    /// What a batch tells each subscription: the newest time among its streams.
    func news(_ numbers: [UInt32], _ newest: [Int64]) -> [News] {
        var times: [UInt64: Int64] = [:]
        for (position, number) in numbers.enumerated() where number != .max {
            for id in streams[number] ?? [] { times[id] = max(times[id] ?? .min, newest[position]) }
        }
        return times.keys.sorted().compactMap { id in
            signals[id]?.signal.map { News(signal: $0, newest: times[id]!) }
        }
    }

    private mutating func dropDead() {
        let dead = Set(signals.filter { $0.value.signal == nil }.keys)
        if dead.isEmpty { return }
        for id in dead { signals[id] = nil }
        for number in Array(streams.keys) {
            streams[number]!.removeAll { dead.contains($0) }
            if streams[number]!.isEmpty { streams[number] = nil }
        }
    }

    /// All subscriptions, so that a closing store can end their waits.
    var live: [FreshnessSignal] { signals.keys.sorted().compactMap { signals[$0]?.signal } }
}
