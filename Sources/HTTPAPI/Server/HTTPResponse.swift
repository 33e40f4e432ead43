/// What a route answers.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Sent in chunks while it is made. The closure is cancelled when the client goes away.
        case stream(@Sendable (any BodyWriter) async throws -> Void)
    }

    package var status: Int
    package var fields: HTTPFields
    package var body: Body

    package init(status: Int = 200, contentType: String? = nil, body: [UInt8] = []) {
        self.status = status
        fields = HTTPFields()
        self.body = .bytes(body)
        if let contentType { fields["content-type"] = contentType }
    }

    package init(status: Int = 200, contentType: String, stream: @escaping @Sendable (any BodyWriter) async throws -> Void) {
        self.status = status
        fields = HTTPFields()
        fields["content-type"] = contentType
        body = .stream(stream)
    }

    package static func text(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    package static func json(_ bytes: [UInt8]) -> HTTPResponse { json(200, bytes) }

    package static func json(_ status: Int, _ bytes: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "application/json", body: bytes)
    }
}

/// Takes the pieces of a streamed body. Real implementations: the connection, and the collector of the route tests.
package protocol BodyWriter: Sendable {
    /// Sends one piece. Suspends while the client is slow. - Throws: `CancellationError` when the client has gone.
    func write(_ bytes: [UInt8]) async throws
}

/// Answers requests. Routes never see a socket.
package typealias Responder = @Sendable (HTTPRequest) async -> HTTPResponse

/// A WebSocket that a route has agreed to.
package struct WebSocketAgreement: Sendable {
    /// The sub-protocol chosen among those the client offered; nil when it offered none.
    package var subprotocol: String?
    package var run: @Sendable (any WebSocketConnection) async throws -> Void

    package init(subprotocol: String?, run: @escaping @Sendable (any WebSocketConnection) async throws -> Void) {
        self.subprotocol = subprotocol
        self.run = run
    }
}

/// An open WebSocket. Real implementations: the connection, and the pair of the route tests.
package protocol WebSocketConnection: Sendable {
    /// The next whole message; nil after the peer closed. Pings are answered below.
    func receive() async throws -> WebSocketMessage?
    func send(_ message: WebSocketMessage) async throws
    /// Sends a close frame.
    func close(code: UInt16) async
}

package enum WebSocketMessage: Sendable, Equatable {
    case text([UInt8])
    case binary([UInt8])

    package var bytes: [UInt8] {
        switch self {
        case .text(let bytes), .binary(let bytes): bytes
        }
    }
}
