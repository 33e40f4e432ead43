package import Bytes
package import Environment
import Synchronization

/// The machine's zone database, each zone read once.
package final class TimeZoneFiles: Sendable {
    private let fileSystem: any FileSystem
    private let folder: String
    private let known = Mutex<[String: TimeZoneRules]>([:])

    package init(fileSystem: any FileSystem, folder: String = "/usr/share/zoneinfo") {
        self.fileSystem = fileSystem
        self.folder = folder
    }

    /// nil for a name that is not in the database; that is asked again, since the database may be installed later.
    package func rules(_ name: String) -> TimeZoneRules? {
        if name == "UTC" { return .utc }
        if let rules = known.withLock({ $0[name] }) { return rules }
        let isName = name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.first != "." && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_+-".contains($0)) }
        }
        guard isName, let bytes = try? fileSystem.contents("\(folder)/\(name)"), let rules = TimeZoneRules(tzif: bytes) else { return nil }
        known.withLock { $0[name] = rules }
        return rules
    }
}
