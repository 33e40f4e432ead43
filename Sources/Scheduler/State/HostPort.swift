/// A port of the host that a container claims.
package struct HostPort: Hashable, Sendable {
    /// Empty or `0.0.0.0`: every address.
    package var address: String
    package var transport: String
    package var port: Int

    package init(address: String = "", transport: String = "TCP", port: Int) {
        self.address = address == "0.0.0.0" || address == "::" ? "" : address
        self.transport = transport
        self.port = port
    }

    /// Whether both cannot be had on one node.
    package func conflicts(with other: HostPort) -> Bool {
        port == other.port && transport == other.transport
            && (address == other.address || address.isEmpty || other.address.isEmpty)
    }
}
