package import ClusterAPI
package import Environment

/// The API of a server elsewhere, over HTTP.
///
/// `perform` works at once; the events of watches flow while `run` does, and all watches end with it. Who asks is what the server makes of
/// the connection: the `user` of a request is not sent.
package struct RemoteClusterClient: ClusterClient {
    private let fetcher: any Fetcher
    private let clock: any WallClock
    private let form: RequestForm
    private let opened: AsyncStream<OpenWatch>
    private let opening: AsyncStream<OpenWatch>.Continuation

    /// A watch that names no end of its own gets this one, so that a peer that vanished without a word is noticed at last.
    ///
    /// - Source: client-go's reflector takes 5 to 10 minutes.
    private static let watchSeconds = 300
    /// What the server may be late by.
    private static let watchGrace: Duration = .seconds(30)
    private static let errorBodyLimit = 1 << 20

    /// - Parameter server: the server's URL, as in `http://10.0.0.1:9090`.
    /// - Parameter timeout: for a whole answer, and for the head of a watch.
    package init(server: String, fetcher: any Fetcher, clock: any WallClock, timeout: Duration = .seconds(30)) {
        self.fetcher = fetcher
        self.clock = clock
        form = RequestForm(base: server, timeout: timeout)
        (opened, opening) = AsyncStream.makeStream()
    }

    package func perform(_ request: APIRequest) async throws(StatusError) -> APIResponse {
        let outgoing = try form.request(request)
        let answer: FetchResponse
        do {
            answer = try await fetcher.fetch(outgoing)
        } catch {
            throw Self.failure(error)
        }
        return try AnswerForm.response(answer)
    }

    package func watch(_ request: WatchRequest) async throws(StatusError) -> WatchStream {
        let seconds = request.timeoutSeconds ?? Self.watchSeconds
        let outgoing = try form.watch(request, timeoutSeconds: seconds)
        let bytes: FetchStream
        do {
            bytes = try await fetcher.stream(outgoing)
        } catch {
            throw Self.failure(error)
        }
        guard (200..<300).contains(bytes.status) else { throw await Self.refusal(bytes) }
        let (ended, end) = AsyncStream.makeStream(of: Never.self)
        let (stream, source) = WatchStream.make { end.finish() }
        let watch = OpenWatch(
            resource: request.resource, bytes: bytes, source: source, readerHasGone: ended, limit: .seconds(seconds) + Self.watchGrace)
        if case .terminated = opening.yield(watch) { throw .unavailable("the client of the API server has been stopped") }
        return stream
    }

    /// Carries the events of all watches until the task is cancelled. To be called once.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await watch in opened { group.addTask { await watch.run(clock) } }
            group.cancelAll()
        }
        opening.finish()
    }

    private static func failure(_ error: any Error) -> StatusError {
        switch error {
        case is CancellationError: .timeout("the request was cancelled")
        case let error as FetchError: AnswerForm.error(unreachable: error.cause)
        default: AnswerForm.error(unreachable: "\(error)")
        }
    }

    private static func refusal(_ bytes: FetchStream) async -> StatusError {
        var body: [UInt8] = []
        do {
            while body.count < errorBodyLimit, let piece = try await bytes.next() { body += piece }
        } catch {
            // The code alone says enough.
        }
        return AnswerForm.error(FetchResponse(status: bytes.status, headers: bytes.headers, body: body))
    }
}
