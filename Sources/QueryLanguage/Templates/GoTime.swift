package import Bytes

/// What a time is shown in.
package enum GoZone: Sendable {
    /// Seconds east of UTC; a zone that only a number named has an empty name.
    case fixed(name: String, seconds: Int)
    case rules(TimeZoneRules)

    package static let utc = GoZone.rules(.utc)

    /// A zone of the machine's database, or `+02:00`, which Loki does not know; UTC for everything else, as Loki has it.
    init(name: String) {
        if let rules = ZoneDatabase.rules(name) {
            self = .rules(rules)
        } else {
            let seconds = GoZone.seconds(Array(name.utf8)[...])
            self = seconds.map { .fixed(name: "", seconds: $0) } ?? .utc
        }
    }

    func period(at seconds: Int64) -> TimeZoneRules.Period {
        switch self {
        case .fixed(let name, let offset): TimeZoneRules.Period(offset: offset, abbreviation: name)
        case .rules(let rules): rules.period(at: seconds)
        }
    }

    /// The instant of seconds on a clock of the zone.
    func instant(local: Int64) -> Int64 {
        switch self {
        case .fixed(_, let offset): local - Int64(offset)
        case .rules(let rules): rules.instant(local: local)
        }
    }

    /// `+02:00` and `-0700` as seconds east of UTC.
    static func seconds(_ text: ArraySlice<UInt8>) -> Int? {
        let digits = text.filter { $0 >= 0x30 && $0 <= 0x39 }.map { Int($0) - 0x30 }
        let colons = text.filter { $0 == UInt8(ascii: ":") }.count
        guard let sign = text.first, sign == 0x2b || sign == 0x2d, 1 + digits.count + colons == text.count, [2, 4, 6].contains(digits.count) else { return nil }
        let parts = (0..<3).map { $0 * 2 < digits.count ? digits[$0 * 2] * 10 + digits[$0 * 2 + 1] : 0 }
        let seconds = parts[0] * 3600 + parts[1] * 60 + parts[2]
        return sign == 0x2d ? -seconds : seconds
    }
}

/// An instant with the zone that it is shown in, as Go's `time.Time`; years are not bounded by what nanoseconds in 64 bits reach.
package struct GoTime: Sendable {
    /// Since 1970, and what of a second is behind them.
    package var seconds: Int64
    package var nanosecond: Int
    package var zone: GoZone

    package init(seconds: Int64, nanosecond: Int = 0, zone: GoZone = .utc) {
        self.seconds = seconds
        self.nanosecond = nanosecond
        self.zone = zone
    }

    package init(_ time: Timestamp) {
        self.init(seconds: time.seconds, nanosecond: Int(time.nanoseconds &- time.seconds &* 1_000_000_000))
    }

    /// The first instant of the year 1.
    static let zero = GoTime(seconds: -62_135_596_800)

    /// Wraps around where it does not fit, as Go's does.
    var nanoseconds: Int64 { seconds &* 1_000_000_000 &+ Int64(nanosecond) }
    var milliseconds: Int64 { seconds &* 1000 &+ Int64(nanosecond / 1_000_000) }

    var period: TimeZoneRules.Period { zone.period(at: seconds) }

    /// The calendar and the clock of the zone.
    var civil: CivilTime { CivilTime(seconds: seconds + Int64(period.offset), nanosecond: nanosecond) }

    var dayOfYear: Int {
        let civil = civil
        return Int(CivilTime.days(year: civil.year, month: civil.month, day: civil.day) - CivilTime.days(year: civil.year, month: 1, day: 1)) + 1
    }

    func moved(to zone: GoZone) -> GoTime { GoTime(seconds: seconds, nanosecond: nanosecond, zone: zone) }

    func isBefore(_ other: GoTime) -> Bool { (seconds, nanosecond) < (other.seconds, other.nanosecond) }

    static func + (time: GoTime, duration: Duration) -> GoTime {
        let sum = GoTime(Timestamp(nanoseconds: Int64(time.nanosecond)) + duration)
        return GoTime(seconds: time.seconds + sum.seconds, nanosecond: sum.nanosecond, zone: time.zone)
    }

    static func - (time: GoTime, other: GoTime) -> Duration {
        .seconds(time.seconds - other.seconds) + .nanoseconds(time.nanosecond - other.nanosecond)
    }
}
