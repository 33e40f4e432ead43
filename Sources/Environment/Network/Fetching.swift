/// Outbound HTTP. Real: async-http-client. Simulated: a closure.
package protocol Fetcher: Sendable {
    /// - Throws: `FetchError` when no complete answer came; an answer with an error status is not an error.
    func fetch(_ request: FetchRequest) async throws -> FetchResponse

    /// Opens an answer that is read piece by piece, for as long as it lasts. The request's `timeout` is for the head of the answer only, its
    /// `bodyLimit` does not apply.
    ///
    /// - Throws: `FetchError` when no head came; an answer with an error status is not an error.
    func stream(_ request: FetchRequest) async throws -> FetchStream
}

extension Fetcher {
    /// For a fetcher that knows only whole answers: the answer in one piece.
    package func stream(_ request: FetchRequest) async throws -> FetchStream {
        FetchStream(try await fetch(request))
    }
}

package struct FetchRequest: Sendable {
    package var method: String
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    package var timeout: Duration
    /// Bytes of answer that are read at most.
    package var bodyLimit: Int

    package init(
        _ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [], timeout: Duration = .seconds(10),
        bodyLimit: Int = 64 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.bodyLimit = bodyLimit
    }
}

package struct FetchResponse: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

package struct FetchError: Error, Equatable, Sendable, CustomStringConvertible {
    package var url: String
    package var cause: String

    package init(url: String, cause: String) {
        self.url = url
        self.cause = cause
    }

    package var description: String { "cannot fetch \(url): \(cause)" }
}
