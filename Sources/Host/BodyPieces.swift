import AsyncHTTPClient
import Environment
import NIOCore

/// The body of an answer, read piece by piece. Dropping it ends the request: async-http-client cancels it with its iterator.
actor BodyPieces {
    /// Taken out while it is being asked.
    private var iterator: HTTPClientResponse.Body.AsyncIterator?
    private let url: String

    init(_ body: HTTPClientResponse.Body, url: String) {
        iterator = body.makeAsyncIterator()
        self.url = url
    }

    func next() async throws -> [UInt8]? {
        guard var asked = iterator else { return nil }
        iterator = nil
        do {
            while let piece = try await asked.next(isolation: self) {
                if piece.readableBytes == 0 { continue }
                iterator = asked
                return Array(piece.readableBytesView)
            }
            return nil
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw FetchError(url: url, cause: "\(error)")
        }
    }
}
