package import Environment

/// Where agents open their node channels: `/skysail/v1/nodes/NAME/channel`, a WebSocket of binary messages.
package struct NodeChannelAPI: Sendable {
    /// Carries a node's connection until it ends.
    private let serve: @Sendable (_ node: String, MessageConnection) async -> Void

    package init(serve: @escaping @Sendable (_ node: String, MessageConnection) async -> Void) { self.serve = serve }

    package func addRoutes(to router: inout Router) {
        let serve = serve
        router.upgrade(path: "/skysail/v1/nodes/:node/channel") { _, match in
            let node = match["node"]
            return WebSocketAgreement(subprotocol: nil) { socket in
                // Both the peer and the server's side may end it: the queue's end is the one that `serve` sees.
                let inbox = MessageQueue()
                await withDiscardingTaskGroup { group in
                    group.addTask {
                        // A peer that sends text is no agent.
                        while case .binary(let bytes)? = try? await socket.receive() {
                            do { try inbox.put(bytes) } catch { break }
                        }
                        inbox.finish()
                    }
                    await serve(
                        node,
                        MessageConnection(
                            receive: { await inbox.next() }, send: { try await socket.send(.binary($0)) }, close: { inbox.finish() }))
                    group.cancelAll()
                }
            }
        }
        router.on(.get, path: "/skysail/v1/nodes/:node/channel") { _, _ in .text(426, "this is a node channel: it takes WebSockets alone\n") }
    }
}
