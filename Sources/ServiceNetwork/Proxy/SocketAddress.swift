/// An IPv4 address and a port, in the order of the host.
package struct SocketAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var address: UInt32
    package var port: UInt16

    package init(_ address: UInt32, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    /// - Parameter text: `127.0.0.1`.
    package init?(_ text: String, port: Int) {
        guard let address = Self.address(text), let port = UInt16(exactly: port), port > 0 else { return nil }
        self.init(address, port)
    }

    package static func < (left: SocketAddress, right: SocketAddress) -> Bool {
        (left.address, left.port) < (right.address, right.port)
    }

    package var description: String { "\(Self.text(address)):\(port)" }

    package static func address(_ text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part) else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    package static func text(_ address: UInt32) -> String {
        "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
    }
}
