import ClusterAPI
import DequeModule

/// Requests in the order they were asked for, of which only so many are under way.
struct RequestBacklog: Sendable {
    private let limit: Int
    private var waiting: Deque<(RequestID?, APIRequest)> = []
    private var inFlight = 0

    init(limit: Int) {
        precondition(limit > 0, "some request must be allowed")
        self.limit = limit
    }

    /// Appends a request; one without an id is answered to nobody.
    mutating func append(_ id: RequestID?, _ request: APIRequest) { waiting.append((id, request)) }

    /// The next request to be sent, if another may be under way.
    mutating func next() -> (RequestID?, APIRequest)? {
        guard inFlight < limit, let first = waiting.popFirst() else { return nil }
        inFlight += 1
        return first
    }

    mutating func finishOne() {
        precondition(inFlight > 0, "only what was sent can be answered")
        inFlight -= 1
    }
}
