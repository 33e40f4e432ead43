import Synchronization

/// An answer that comes bit by bit: its head at once, its body by `next`.
///
/// The request ends when the body does, when the task that reads is cancelled, or when the last copy of the stream is dropped.
package struct FetchStream: Sendable {
    package let status: Int
    package let headers: [(name: String, value: String)]
    private let read: @Sendable () async throws -> [UInt8]?

    /// - Parameter next: answers the next piece, nil at the end. What it holds is released with the stream, and must end the request then.
    package init(
        status: Int, headers: [(name: String, value: String)] = [], next: @escaping @Sendable () async throws -> [UInt8]?
    ) {
        self.status = status
        self.headers = headers
        read = next
    }

    /// A whole answer as a stream of one piece.
    package init(_ response: FetchResponse) {
        let piece = Piece(response.body)
        self.init(status: response.status, headers: response.headers) { piece.take() }
    }

    /// The next bytes, at least one; nil at the end. One reader at a time.
    ///
    /// - Throws: `FetchError` when the connection broke, `CancellationError` when the reading task was cancelled.
    package func next() async throws -> [UInt8]? { try await read() }
}

private final class Piece: Sendable {
    private let bytes: Mutex<[UInt8]?>

    init(_ bytes: [UInt8]) { self.bytes = Mutex(bytes.isEmpty ? nil : bytes) }

    func take() -> [UInt8]? {
        bytes.withLock { bytes in
            defer { bytes = nil }
            return bytes
        }
    }
}
