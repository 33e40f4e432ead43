import Bytes

/// Gives every pod a loopback address of its own.
///
/// A process pod shares the host's network; with an address of its own it can bind the same port as its neighbours. All of 127/8 is local
/// without any set-up. The address follows from the pod's uid, so an agent that lost everything would choose the same one again unless
/// it is taken.
struct PodAddresses: Sendable {
    /// The range, as the first address and how many follow; the network and broadcast ends are left out.
    let first: UInt32
    let count: UInt32
    private var owners: [UInt32: String] = [:]
    private var addresses: [String: UInt32] = [:]

    /// - Parameter range: `127.16.0.0/12`.
    init?(range: String) {
        let parts = range.split(separator: "/")
        guard parts.count == 2, let base = Self.parse(parts[0]), let prefix = UInt32(parts[1]), (8...30).contains(prefix) else { return nil }
        let size = UInt32(1) << (32 - prefix)
        first = (base & ~(size - 1)) + 1
        count = size - 2
    }

    /// The pod's address, chosen when it has none yet; nil when the range is full.
    mutating func address(of uid: String) -> String? {
        if let address = addresses[uid] { return Self.text(address) }
        let start = UInt32(truncatingIfNeeded: Hash64.hash(uid)) % count
        for step in 0..<count {
            let candidate = first + (start + step) % count
            if owners[candidate] == nil {
                take(candidate, uid)
                return Self.text(candidate)
            }
        }
        return nil
    }

    /// Keeps an address that a pod is known to have; false when it is outside the range or another pod has it.
    @discardableResult
    mutating func keep(_ text: String, for uid: String) -> Bool {
        guard let address = Self.parse(text[...]), address >= first, address - first < count, owners[address] == nil, addresses[uid] == nil
        else { return false }
        take(address, uid)
        return true
    }

    mutating func release(_ uid: String) {
        if let address = addresses.removeValue(forKey: uid) { owners[address] = nil }
    }

    private mutating func take(_ address: UInt32, _ uid: String) {
        owners[address] = uid
        addresses[uid] = address
    }

    static func parse(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part) else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    static func text(_ address: UInt32) -> String {
        "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
    }
}
