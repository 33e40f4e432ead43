import Bytes
import Testing

@Suite("Time zones")
struct TimeZoneRulesTests {
    /// 2026-MM-DDThh:mm:00Z.
    private static func at(_ text: String) -> Int64 { Timestamp(rfc3339: text + ":00Z")!.seconds }

    @Test(
        "POSIX rules give the offset, on both halves of the earth",
        arguments: [
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-01-15T12:00", 3600), ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59", 3600),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00", 7200), ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T00:59", 7200),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00", 3600), ("EST5EDT,M3.2.0,M11.1.0", "2026-07-01T12:00", -14400),
            ("EST5EDT,M3.2.0,M11.1.0", "2026-12-01T12:00", -18000), ("<+0330>-3:30", "2026-07-01T12:00", 12600),
            ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00", 39600), ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-07-01T00:00", 36000),
        ])
    func posix(text: String, time: String, offset: Int) throws {
        #expect(try #require(TimeZoneRules(posix: text)).offset(at: Self.at(time)) == offset)
    }

    @Test("what is no rule is refused", arguments: ["", "CE", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/3x"])
    func refused(text: String) { #expect(TimeZoneRules(posix: text) == nil) }

    @Test("a local time that is left out comes later, one that comes twice is the first")
    func local() throws {
        let zone = try #require(TimeZoneRules(posix: "CET-1CEST,M3.5.0,M10.5.0/3"))
        #expect(zone.instant(local: Self.at("2026-03-29T02:30")) == Self.at("2026-03-29T01:30"))
        #expect(zone.instant(local: Self.at("2026-10-25T02:30")) == Self.at("2026-10-25T00:30"))
        #expect(zone.instant(local: Self.at("2026-06-01T12:00")) == Self.at("2026-06-01T10:00"))
    }

    /// A file of two transitions and a rule for afterwards, as the zone compiler writes it.
    private static func file() -> [UInt8] {
        func header(_ counts: [Int32]) -> [UInt8] { Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + counts.flatMap { big(Int64($0), 4) } }
        func big(_ value: Int64, _ size: Int) -> [UInt8] { (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> Int64(8 * $0)) } }
        var bytes = header([0, 0, 0, 0, 1, 4]) + big(0, 4) + [0, 0] + Array("UTC\0".utf8)
        bytes += header([0, 0, 0, 2, 2, 8]) + big(0, 8) + big(1_000_000_000, 8) + [1, 0]
        bytes += big(3600, 4) + [0, 0] + big(7200, 4) + [1, 4] + Array("CET\0EET\0".utf8)
        return bytes + Array("\nCET-1CEST,M3.5.0,M10.5.0/3\n".utf8)
    }

    @Test("a file gives past and future")
    func tzif() throws {
        let zone = try #require(TimeZoneRules(tzif: Self.file()))
        #expect(zone.offset(at: -5) == 3600)
        #expect(zone.offset(at: 5) == 7200)
        #expect(zone.offset(at: Self.at("2026-07-01T12:00")) == 7200)
        #expect(zone.offset(at: Self.at("2026-12-01T12:00")) == 3600)
        #expect([-5, 5, Self.at("2026-07-01T12:00"), Self.at("2026-12-01T12:00")].map { zone.period(at: $0).abbreviation } == ["CET", "EET", "CEST", "CET"])
        #expect(["CET", "CEST", "EET", "PST"].map { zone.offset(abbreviated: $0, at: Self.at("2026-07-01T12:00")) } == [3600, 7200, 7200, nil])
    }

    @Test("a file cut anywhere before its rule is refused")
    func torn() {
        let whole = Self.file()
        for length in 0..<(whole.count - 28) { #expect(TimeZoneRules(tzif: Array(whole[..<length])) == nil, "\(length)") }
    }
}
