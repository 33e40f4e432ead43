/// `host:port`, also `[::1]:port`.
struct HostAndPort {
    var host: String
    var port: String

    /// nil when there is not exactly one port. - Source: Go `net.SplitHostPort`.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard !host.contains("["), !host.contains("]") else { return nil }
        } else if host.contains(":") || host.contains("[") || host.contains("]") {
            return nil
        }
        self.host = String(host)
        port = String(text[text.index(after: colon)...])
    }

    /// The first label of a host name, the port kept; addresses stay whole.
    static func withoutDomain(_ text: String) -> String {
        let split = HostAndPort(text)
        let host = split?.host ?? text
        let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
        if isAddress { return text }
        let name = String(host.prefix { $0 != "." })
        return split.map { "\(name):\($0.port)" } ?? name
    }
}
