package import Bytes

/// Recurring minutes as cron writes them: minute, hour, day of month, month, day of week.
///
/// - Source: POSIX crontab, with names of months and days and steps (`*/5`) as Vixie's cron has them: where both days are restricted, either one
///   suffices.
package struct CronExpression: Sendable, Equatable {
    package struct Malformed: Error, Equatable, Sendable {
        package var message: String
    }

    // Sets of values as bits.
    private let minutes: UInt64
    private let hours: UInt64
    private let monthDays: UInt64
    private let months: UInt64
    private let weekdays: UInt64
    private let restrictsMonthDays: Bool
    private let restrictsWeekdays: Bool

    /// Further back no start is looked for.
    private static let longestSearchDays = 400

    /// - Throws: with the field that cannot be read.
    package init(_ text: String) throws(Malformed) {
        let fields = text.split { $0 == " " || $0 == "\t" }.map(String.init)
        guard fields.count == 5 else { throw Malformed(message: "must be a cron expression of five fields") }
        minutes = try Self.field(fields[0], "minute", 0...59)
        hours = try Self.field(fields[1], "hour", 0...23)
        monthDays = try Self.field(fields[2], "day of month", 1...31)
        months = try Self.field(
            fields[3], "month", 1...12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], firstName: 1)
        let days = try Self.field(fields[4], "day of week", 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"], firstName: 0)
        // 7 is Sunday too.
        weekdays = days | (days >> 7 & 1)
        restrictsMonthDays = !fields[2].hasPrefix("*")
        restrictsWeekdays = !fields[4].hasPrefix("*")
    }

    private static func field(
        _ text: String, _ name: String, _ range: ClosedRange<Int>, names: [String] = [], firstName: Int = 0
    ) throws(Malformed) -> UInt64 {
        func value(_ word: some StringProtocol) throws(Malformed) -> Int {
            if let index = names.firstIndex(of: word.lowercased()) { return index + firstName }
            guard word.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(word), range.contains(number) else {
                throw Malformed(message: "the \(name) \"\(word)\" must be between \(range.lowerBound) and \(range.upperBound)")
            }
            return number
        }
        var bits: UInt64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            var bounds = range
            if pieces[0] != "*" {
                let ends = pieces[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
                let low = try value(ends[0])
                let high = ends.count > 1 ? try value(ends[1]) : pieces.count > 1 ? range.upperBound : low
                guard low <= high else { throw Malformed(message: "the \(name) \"\(part)\" must not end before it begins") }
                bounds = low...high
            }
            var step = 1
            if pieces.count > 1 {
                guard let given = Int(pieces[1]), given > 0 else { throw Malformed(message: "the step of the \(name) \"\(part)\" must be greater than 0") }
                step = given
            }
            for number in stride(from: bounds.lowerBound, through: bounds.upperBound, by: step) { bits |= 1 << UInt64(number) }
        }
        return bits
    }

    /// The last start at or before an instant, and not more than `reach` before it; nil when there is none.
    package func lastStart(before now: Timestamp, within reach: Duration, in zone: TimeZoneRules) -> Timestamp? {
        let local = now.seconds + Int64(zone.offset(at: now.seconds))
        let today = Self.day(ofLocal: local)
        let earliest = now - reach
        for back in 0...Self.longestSearchDays {
            let day = today - Int64(back)
            if Timestamp(seconds: (day + 2) * 86_400) < earliest { return nil }
            for minute in matchingMinutes(ofDay: day).reversed() {
                let start = Timestamp(seconds: zone.instant(local: day * 86_400 + Int64(minute) * 60))
                if start <= now { return start > earliest ? start : nil }
            }
        }
        return nil
    }

    /// The next start after an instant; nil when there is none within more than a year.
    package func nextStart(after now: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
        let local = now.seconds + Int64(zone.offset(at: now.seconds))
        for ahead in 0...Self.longestSearchDays {
            let day = Self.day(ofLocal: local) + Int64(ahead)
            for minute in matchingMinutes(ofDay: day) {
                let start = Timestamp(seconds: zone.instant(local: day * 86_400 + Int64(minute) * 60))
                if start > now { return start }
            }
        }
        return nil
    }

    private static func day(ofLocal seconds: Int64) -> Int64 { (seconds - ((seconds % 86_400) + 86_400) % 86_400) / 86_400 }

    private func matchingMinutes(ofDay day: Int64) -> [Int] {
        let civil = CivilTime(seconds: day * 86_400)
        func has(_ bits: UInt64, _ value: Int) -> Bool { bits >> UInt64(value) & 1 == 1 }
        guard has(months, civil.month) else { return [] }
        let (isMonthDay, isWeekday) = (has(monthDays, civil.day), has(weekdays, civil.weekday))
        let isDay = restrictsMonthDays && restrictsWeekdays ? isMonthDay || isWeekday : isMonthDay && isWeekday
        guard isDay else { return [] }
        return (0..<24).filter { has(hours, $0) }.flatMap { hour in (0..<60).filter { has(minutes, $0) }.map { hour * 60 + $0 } }
    }
}
