package import ClusterAPI
package import Environment

/// The cluster client of actors in the server's own process.
package struct LocalClusterClient: ClusterClient {
    private let server: APIServer
    private let clock: any WallClock
    private let user: UserIdentity?

    /// - Parameter user: who asks, when it is not whom the requests name.
    package init(server: APIServer, clock: any WallClock, user: UserIdentity? = nil) {
        self.server = server
        self.clock = clock
        self.user = user
    }

    package func perform(_ request: APIRequest) async throws(StatusError) -> APIResponse {
        var request = request
        if let user { request.user = user }
        return try await server.perform(request, now: clock.now())
    }

    package func watch(_ request: WatchRequest) async throws(StatusError) -> WatchStream {
        var request = request
        if let user { request.user = user }
        return try server.watch(request, now: clock.now())
    }
}
