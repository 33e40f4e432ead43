import HTTPAPI
import Logging

/// Runs a server over real sockets while the body works with its port.
func serving<Value>(
    _ router: Router, bodyLimit: Int = 1 << 20, _ body: (_ port: Int) async throws -> Value
) async throws -> Value {
    var configuration = HTTPServer.Configuration(host: "127.0.0.1", port: 0)
    configuration.bodyLimit = bodyLimit
    let server = HTTPServer(configuration: configuration, router: router, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run { continuation.yield($0) } }
        defer { group.cancelAll() }
        var iterator = ports.makeAsyncIterator()
        return try await body(await iterator.next() ?? 0)
    }
}
