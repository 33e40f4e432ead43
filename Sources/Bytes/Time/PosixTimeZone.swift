/// A time zone as POSIX's variable `TZ` writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixTimeZone: Sendable, Equatable {
    fileprivate enum Day: Sendable, Equatable {
        /// Month, week (5 is the last) and weekday (0 is Sunday).
        case weekday(month: Int, week: Int, day: Int)
        /// Days from 1 on, 29 February never counted.
        case julian(Int)
        /// Days from 0 on, 29 February counted.
        case ofYear(Int)
    }

    struct Summer: Sendable, Equatable {
        var period: TimeZoneRules.Period
        fileprivate var begins: Change
        fileprivate var ends: Change
    }

    fileprivate struct Change: Sendable, Equatable {
        var day: Day
        /// Seconds of local time.
        var time: Int
    }

    let standard: TimeZoneRules.Period
    private(set) var summer: Summer?

    init?(_ text: String) {
        var parser = Parser(rest: Array(text.utf8)[...])
        guard let name = parser.name(), let offset = parser.time() else { return nil }
        standard = TimeZoneRules.Period(offset: -offset, abbreviation: name)
        if parser.rest.isEmpty { return }
        guard let summerName = parser.name() else { return nil }
        var ahead = standard.offset + 3600
        if let first = parser.rest.first, first != UInt8(ascii: ",") {
            guard let given = parser.time() else { return nil }
            ahead = -given
        }
        guard let begins = parser.change(), let ends = parser.change(), parser.rest.isEmpty else { return nil }
        summer = Summer(period: TimeZoneRules.Period(offset: ahead, abbreviation: summerName), begins: begins, ends: ends)
    }

    func period(at seconds: Int64) -> TimeZoneRules.Period {
        guard let summer else { return standard }
        let year = CivilTime(seconds: seconds + Int64(standard.offset)).year
        let begins = Self.instant(summer.begins, year, offset: standard.offset)
        let ends = Self.instant(summer.ends, year, offset: summer.period.offset)
        let isSummer = begins < ends ? seconds >= begins && seconds < ends : seconds >= begins || seconds < ends
        return isSummer ? summer.period : standard
    }

    private static func instant(_ change: Change, _ year: Int, offset: Int) -> Int64 {
        let days: Int64
        switch change.day {
        case .julian(let day): days = CivilTime.days(year: year, month: 1, day: 1) + Int64(day - 1 + (CivilTime.isLeap(year) && day >= 60 ? 1 : 0))
        case .ofYear(let day): days = CivilTime.days(year: year, month: 1, day: 1) + Int64(day)
        case .weekday(let month, let week, let weekday):
            let first = CivilTime.days(year: year, month: month, day: 1)
            let shift = (weekday - CivilTime(seconds: first * 86_400).weekday + 7) % 7
            var day = shift + (week - 1) * 7
            while day >= CivilTime.daysInMonth(year: year, month: month) { day -= 7 }
            days = first + Int64(day)
        }
        return days * 86_400 + Int64(change.time) - Int64(offset)
    }

    private struct Parser {
        var rest: ArraySlice<UInt8>

        mutating func skip(_ byte: UInt8) -> Bool {
            guard rest.first == byte else { return false }
            rest.removeFirst()
            return true
        }

        /// `CET` or `<+03>`.
        mutating func name() -> String? {
            if skip(UInt8(ascii: "<")) {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return nil }
                defer { rest = rest[(end + 1)...] }
                return String(decoding: rest[..<end], as: UTF8.self)
            }
            let letters = rest.prefix { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
            rest = rest.dropFirst(letters.count)
            return letters.count >= 3 ? String(decoding: letters, as: UTF8.self) : nil
        }

        mutating func number() -> Int? {
            let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            guard !digits.isEmpty, digits.count <= 4 else { return nil }
            rest = rest.dropFirst(digits.count)
            return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }

        /// `-1`, `5:30`, `+03:00:00` in seconds.
        mutating func time() -> Int? {
            let isNegative = skip(UInt8(ascii: "-"))
            if !isNegative { _ = skip(UInt8(ascii: "+")) }
            guard let hours = number() else { return nil }
            var seconds = hours * 3600
            for unit in [60, 1] where skip(UInt8(ascii: ":")) {
                guard let part = number() else { return nil }
                seconds += part * unit
            }
            return isNegative ? -seconds : seconds
        }

        /// `,M3.5.0/2`.
        mutating func change() -> Change? {
            guard skip(UInt8(ascii: ",")) else { return nil }
            let day: Day
            if skip(UInt8(ascii: "M")) {
                guard let month = number(), skip(UInt8(ascii: ".")), let week = number(), skip(UInt8(ascii: ".")), let weekday = number(),
                    (1...12).contains(month), (1...5).contains(week), (0...6).contains(weekday)
                else { return nil }
                day = .weekday(month: month, week: week, day: weekday)
            } else if skip(UInt8(ascii: "J")) {
                guard let number = number(), (1...365).contains(number) else { return nil }
                day = .julian(number)
            } else {
                guard let number = number(), number <= 365 else { return nil }
                day = .ofYear(number)
            }
            guard skip(UInt8(ascii: "/")) else { return Change(day: day, time: 7200) }
            return time().map { Change(day: day, time: $0) }
        }
    }
}
