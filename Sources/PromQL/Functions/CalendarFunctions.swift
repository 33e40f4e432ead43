/// Parts of a civil date in UTC, from seconds since the epoch.
enum CalendarFunctions {
    private struct Civil {
        var year: Int
        var month: Int
        var day: Int
        /// Whole days since the epoch.
        var days: Int
        var secondOfDay: Int
    }

    static func named(_ name: String) -> ((Double) -> Double)? {
        let part: (Civil) -> Int
        switch name {
        case "year": part = { $0.year }
        case "month": part = { $0.month }
        case "day_of_month": part = { $0.day }
        case "day_of_week": part = { (($0.days + 4) % 7 + 7) % 7 }
        case "day_of_year": part = { $0.days - days(year: $0.year, month: 1, day: 1) + 1 }
        case "days_in_month":
            part = { date in
                days(year: date.month == 12 ? date.year + 1 : date.year, month: date.month % 12 + 1, day: 1)
                    - days(year: date.year, month: date.month, day: 1)
            }
        case "hour": part = { $0.secondOfDay / 3600 }
        case "minute": part = { $0.secondOfDay / 60 % 60 }
        default: return nil
        }
        return { seconds in
            // What is no time at all is taken for the last one, as Prometheus has it on common machines.
            guard abs(seconds) < 0x1p63 else { return Double(part(lastTime)) }
            return Double(part(civil(Int(seconds))))
        }
    }

    /// - Source: Howard Hinnant, "chrono-compatible low-level date algorithms".
    private static func civil(_ seconds: Int) -> Civil {
        let days = seconds >= 0 || seconds % 86_400 == 0 ? seconds / 86_400 : seconds / 86_400 - 1
        return civil(days: days, secondOfDay: seconds - days * 86_400)
    }

    /// 2^63 seconds after the epoch, one beyond what whole numbers of 64 bits count.
    private static let lastTime = civil(days: 106_751_991_167_300, secondOfDay: 55_808)

    private static func civil(days: Int, secondOfDay: Int) -> Civil {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return Civil(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month, day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, days: days,
            secondOfDay: secondOfDay)
    }

    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
