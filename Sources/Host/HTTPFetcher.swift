import AsyncHTTPClient
package import Environment
import NIOCore
import NIOHTTP1

/// Outbound HTTP through async-http-client.
package struct HTTPFetcher: Fetcher {
    private let client: HTTPClient

    package init() {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.httpVersion = .http1Only
        // Waiting for a connection must not hide that a peer is slow.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 512
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    package func fetch(_ request: FetchRequest) async throws -> FetchResponse {
        do {
            let answer = try await execute(request)
            var body: [UInt8] = []
            for try await piece in answer.body {
                guard body.count + piece.readableBytes <= request.bodyLimit else {
                    throw FetchError(url: request.url, cause: "the answer is over \(request.bodyLimit) bytes")
                }
                body.append(contentsOf: piece.readableBytesView)
            }
            return FetchResponse(
                status: Int(answer.status.code), headers: answer.headers.map { (name: $0.name, value: $0.value) }, body: body)
        } catch let error as FetchError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw FetchError(url: request.url, cause: "\(error)")
        }
    }

    package func stream(_ request: FetchRequest) async throws -> FetchStream {
        do {
            let answer = try await execute(request)
            let pieces = BodyPieces(answer.body, url: request.url)
            return FetchStream(status: Int(answer.status.code), headers: answer.headers.map { (name: $0.name, value: $0.value) }) {
                try await pieces.next()
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw FetchError(url: request.url, cause: "\(error)")
        }
    }

    /// Sends the request and waits for the head of the answer.
    private func execute(_ request: FetchRequest) async throws -> HTTPClientResponse {
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        if !request.body.isEmpty { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
        let timeout = TimeAmount.nanoseconds(
            request.timeout.components.seconds * 1_000_000_000 + request.timeout.components.attoseconds / 1_000_000_000)
        return try await client.execute(outgoing, timeout: timeout)
    }

    /// Closes the connections; the fetcher is not used afterwards.
    package func shutdown() async { try? await client.shutdown() }
}
