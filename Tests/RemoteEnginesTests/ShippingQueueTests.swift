import Environment
import Testing

@testable import RemoteEngines

@Suite("Shipping queue")
struct ShippingQueueTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var status: Int
        var retryAfter: Duration?
        var written: Int?
        var isRetried: Bool
        var dropped: Int
        var testDescription: String { "\(status)" }
    }

    @Test("2xx settles, 5xx, 408 and 429 are sent again, other statuses are dropped and counted", arguments: [
        Case(status: 200, isRetried: false, dropped: 0),
        Case(status: 204, isRetried: false, dropped: 0),
        Case(status: 308, isRetried: false, dropped: 5),
        Case(status: 400, isRetried: false, dropped: 5),
        Case(status: 400, written: 3, isRetried: false, dropped: 2),
        Case(status: 413, isRetried: false, dropped: 5),
        Case(status: 415, isRetried: false, dropped: 5),
        Case(status: 408, isRetried: true, dropped: 0),
        Case(status: 429, retryAfter: .seconds(9), isRetried: true, dropped: 0),
        Case(status: 500, isRetried: true, dropped: 0),
        Case(status: 503, retryAfter: .seconds(2), isRetried: true, dropped: 0),
    ])
    func verdicts(_ one: Case) {
        var queue = ShippingQueue(capacity: 100, seed: 1)
        #expect(queue.offer([1, 2, 3], count: 5) == .taken(position: 1))
        let verdict = queue.finish(.answered(status: one.status, retryAfter: one.retryAfter, written: one.written, text: ""))
        switch verdict {
        case .settled: #expect(!one.isRetried && one.dropped == 0)
        case .dropped(let count, let reason):
            #expect(count == one.dropped)
            #expect(reason == "status \(one.status)")
        case .retry(let pause, _):
            #expect(one.isRetried)
            #expect(pause >= one.retryAfter ?? .milliseconds(50))
        }
        #expect(queue.settled == (one.isRetried ? 0 : 1))
        #expect(queue.queuedBytes == (one.isRetried ? 3 : 0))
    }

    @Test("pauses grow to thirty seconds, and begin anew behind a success")
    func pauses() {
        var queue = ShippingQueue(capacity: 100, seed: 7)
        _ = queue.offer([1], count: 1)
        _ = queue.offer([2], count: 1)
        var pauses: [Duration] = []
        for _ in 0..<20 {
            guard case .retry(let pause, _) = queue.finish(.unanswered(cause: "refused")) else { return }
            pauses.append(pause)
        }
        #expect(pauses[0] <= .milliseconds(100))
        #expect(pauses.suffix(8).allSatisfy { $0 >= .seconds(15) && $0 <= .seconds(30) })
        #expect(queue.finish(.answered(status: 204, retryAfter: nil, written: nil, text: "")) == .settled)
        guard case .retry(let pause, _) = queue.finish(.unanswered(cause: "refused")) else { return }
        #expect(pause <= .milliseconds(100))
    }

    @Test("order is kept, and the bound counts what is in flight")
    func order() {
        var queue = ShippingQueue(capacity: 10, seed: 1)
        var sent: [UInt8] = []
        for byte in UInt8(0)..<50 {
            while case .full = queue.offer([byte, 0, 0, 0], count: 1) {
                sent.append(queue.head!.body[0])
                _ = queue.finish(.answered(status: 200, retryAfter: nil, written: nil, text: ""))
            }
            #expect(queue.queuedBytes <= 10)
        }
        #expect(queue.offer([UInt8](repeating: 0, count: 11), count: 1) == .tooLarge)
        while let head = queue.head {
            sent.append(head.body[0])
            _ = queue.finish(.answered(status: 200, retryAfter: nil, written: nil, text: ""))
        }
        #expect(sent == Array(0..<50))
        #expect(queue.settled == 50 && queue.queuedBytes == 0)
    }
}
