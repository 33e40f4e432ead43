import Environment
import Synchronization

/// The simulated twin of outbound HTTP: answers by a closure and keeps what was asked.
final class ScriptedFetcher: Fetcher {
    private let answer: @Sendable (_ attempt: Int, FetchRequest) throws -> FetchStream
    private let asked = Mutex<[FetchRequest]>([])

    init(_ answer: @escaping @Sendable (_ attempt: Int, FetchRequest) throws -> FetchStream) { self.answer = answer }

    /// Always the same answer.
    convenience init(_ status: Int = 200, headers: [(name: String, value: String)] = [], body: String = "{}") {
        self.init { _, _ in FetchStream(FetchResponse(status: status, headers: headers, body: Array(body.utf8))) }
    }

    var requests: [FetchRequest] { asked.withLock { $0 } }

    func fetch(_ request: FetchRequest) async throws -> FetchResponse {
        let stream = try await stream(request)
        var body: [UInt8] = []
        while let piece = try await stream.next() { body += piece }
        return FetchResponse(status: stream.status, headers: stream.headers, body: body)
    }

    func stream(_ request: FetchRequest) async throws -> FetchStream {
        let attempt = asked.withLock { asked in
            asked.append(request)
            return asked.count
        }
        return try answer(attempt, request)
    }
}
