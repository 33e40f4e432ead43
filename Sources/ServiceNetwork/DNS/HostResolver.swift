/// The host's own resolver configuration.
///
/// - Source: resolv.conf(5).
package enum HostResolver {
    /// The name servers that a `resolv.conf` names, at most three as the C library has it; those with IPv6 addresses are left out.
    package static func nameServers(_ text: String) -> [SocketAddress] {
        var servers: [SocketAddress] = []
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 2, words[0] == "nameserver", let address = SocketAddress(String(words[1]), port: 53) else { continue }
            servers.append(address)
        }
        return Array(servers.prefix(3))
    }
}
