import Bytes

/// Health, readiness, flush, reload and our own metrics.
package struct OperationsAPI: Sendable {
    package var isReady: @Sendable () -> Bool
    /// Brings both stores to their resting form.
    package var flush: @Sendable () async throws -> Void
    package var reload: @Sendable () async throws -> Void
    /// Exposition text of our own metrics.
    package var metrics: @Sendable () async -> [UInt8]

    package init(
        isReady: @escaping @Sendable () -> Bool, flush: @escaping @Sendable () async throws -> Void,
        reload: @escaping @Sendable () async throws -> Void, metrics: @escaping @Sendable () async -> [UInt8]
    ) {
        self.isReady = isReady
        self.flush = flush
        self.reload = reload
        self.metrics = metrics
    }

    package func addRoutes(to router: inout Router) {
        let operations = self
        router.on(.get, path: "/-/healthy", isLight: true) { _, _ in .text(200, "Skysail is Healthy.\n") }
        for path in ["/-/ready", "/ready"] {
            router.on(.get, path: path) { _, _ in
                operations.isReady() ? .text(200, "Skysail is Ready.\n") : .text(503, "Service Unavailable\n")
            }
        }
        for path in ["/healthz", "/livez", "/readyz"] {
            router.on(.get, path: path) { _, _ in operations.isReady() ? .text(200, "ok") : .text(503, "not ready") }
        }
        router.on(.post, .put, path: "/-/flush") { _, _ in await Self.perform("flushed", operations.flush) }
        router.on(.post, .put, path: "/-/reload") { _, _ in await Self.perform("reloaded", operations.reload) }
        router.on(.post, .put, path: "/-/quit") { _, _ in
            // As Prometheus answers without its lifecycle flag: a process that anybody may end over HTTP is none that an operator wants.
            .text(403, "Stopping over HTTP is not enabled: send SIGTERM to the process.\n")
        }
        router.on(.get, path: "/metrics") { _, _ in
            HTTPResponse(contentType: "text/plain; version=0.0.4; charset=utf-8", body: await operations.metrics())
        }
    }

    private static func perform(_ done: String, _ work: @Sendable () async throws -> Void) async -> HTTPResponse {
        do {
            try await work()
            return .text(200, done + "\n")
        } catch {
            return .text(500, "\(error)\n")
        }
    }
}
