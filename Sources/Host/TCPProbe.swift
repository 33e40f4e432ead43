import NIOCore
import NIOPosix

/// Whether something listens: makes a TCP connection and closes it.
package enum TCPProbe {
    /// - Throws: when no connection was made in time.
    package static func connect(host: String, port: Int, timeout: Duration) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.nanoseconds(timeout.components.seconds * 1_000_000_000 + timeout.components.attoseconds / 1_000_000_000))
            .connect(host: host, port: port).get()
        try? await channel.close().get()
    }
}
