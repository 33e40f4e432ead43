import ClusterAPI

/// The node channel of a server without nodes.
struct NoNodes: NodeChannel {
    func logs(_ container: ContainerTarget, _ options: LogOptions) async throws(StatusError) -> ByteStream { throw refusal(container.node) }

    func exec(_ container: ContainerTarget, _ options: ExecOptions) async throws(StatusError) -> ExecSession { throw refusal(container.node) }

    func stats(node: String) async throws(StatusError) -> [UInt8] { throw refusal(node) }

    private func refusal(_ node: String) -> StatusError { .unavailable("no agent is connected for node \(node)") }
}
