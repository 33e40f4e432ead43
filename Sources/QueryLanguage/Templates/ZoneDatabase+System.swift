import Bytes
import Glibc
import Synchronization

/// The machine's database of time zones, for templates: a zone is read once.
package enum ZoneDatabase {
    private static let folder = "/usr/share/zoneinfo"
    /// Names of zones come from queries, so only so many are remembered.
    private static let limit = 64
    private static let known = Mutex<[String: TimeZoneRules]>([:])

    /// Whether the machine has the database at all.
    package static var isPresent: Bool { rules("Europe/London") != nil }

    /// nil for a name that is not in the database; that is asked again, since the database may be installed later.
    static func rules(_ name: String) -> TimeZoneRules? {
        if name.isEmpty || name == "UTC" || name == "Local" { return .utc }
        if let rules = known.withLock({ $0[name] }) { return rules }
        let isName = name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.first != "." && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_+-".contains($0)) }
        }
        guard isName, let rules = TimeZoneRules(tzif: contents("\(folder)/\(name)")) else { return nil }
        known.withLock { known in
            if known.count >= limit { known.removeAll() }
            known[name] = rules
        }
        return rules
    }

    /// The bytes of a small file; none when it cannot be read.
    private static func contents(_ path: String) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while bytes.count < 1 << 20 {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return bytes
    }
}
