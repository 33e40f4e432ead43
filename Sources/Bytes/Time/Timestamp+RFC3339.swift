/// The proleptic Gregorian calendar in UTC.
///
/// - Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": days are counted in eras of 400 years that start on 1 March.
package struct CivilTime: Hashable, Sendable {
    package var year: Int
    package var month: Int
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int
    package var nanosecond: Int
    /// 0 is Sunday.
    package var weekday: Int

    package init(_ timestamp: Timestamp) {
        self.init(seconds: timestamp.seconds, nanosecond: Int(timestamp.nanoseconds &- timestamp.seconds &* 1_000_000_000))
    }

    /// Splits seconds since the epoch, also far outside the years of `Timestamp`.
    package init(seconds: Int64, nanosecond: Int = 0) {
        let days = Timestamp.floorDivide(seconds, by: 86_400)
        let ofDay = Int(seconds - days * 86_400)
        (hour, minute, second) = (ofDay / 3600, ofDay / 60 % 60, ofDay % 60)
        self.nanosecond = nanosecond
        weekday = Int(((days % 7) + 11) % 7)

        let shifted = days + 719_468
        let era = Timestamp.floorDivide(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    /// Days from the epoch to a date of the proleptic Gregorian calendar.
    package static func days(year: Int, month: Int, day: Int) -> Int64 {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = Timestamp.floorDivide(shiftedYear, by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        return era * 146_097 + (yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear) - 719_468
    }

    package static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    package static func daysInMonth(year: Int, month: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Timestamp {
    /// How many digits follow the second in text.
    package enum FractionDigits: Sendable {
        case none, milliseconds, microseconds, nanoseconds
        /// As many as needed, without trailing zeros (Go's `RFC3339Nano`).
        case shortest
    }

    /// Renders `2026-11-24T01:59:08Z`.
    package func rfc3339(_ fraction: FractionDigits = .none) -> String {
        let civil = CivilTime(self)
        var text: [UInt8] = []
        text.reserveCapacity(32)
        Self.append(civil.year, width: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(civil.month, width: 2, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(civil.day, width: 2, to: &text)
        text.append(UInt8(ascii: "T"))
        Self.append(civil.hour, width: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        Self.append(civil.minute, width: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        Self.append(civil.second, width: 2, to: &text)
        switch fraction {
        case .none: break
        case .milliseconds: Self.appendFraction(civil.nanosecond / 1_000_000, width: 3, to: &text)
        case .microseconds: Self.appendFraction(civil.nanosecond / 1000, width: 6, to: &text)
        case .nanoseconds: Self.appendFraction(civil.nanosecond, width: 9, to: &text)
        case .shortest where civil.nanosecond != 0:
            Self.appendFraction(civil.nanosecond, width: 9, to: &text)
            while text.last == UInt8(ascii: "0") { text.removeLast() }
        case .shortest: break
        }
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads `2026-11-24T01:59:08.123+01:00`; nil when the text is not RFC 3339 or outside the representable years.
    package init?(rfc3339 text: some StringProtocol) {
        self.init(rfc3339: Array(text.utf8)[...])
    }

    package init?(rfc3339 bytes: ArraySlice<UInt8>) {
        var cursor = bytes.startIndex
        func digits(_ count: Int) -> Int? {
            guard bytes.endIndex - cursor >= count else { return nil }
            var value = 0
            for byte in bytes[cursor..<cursor + count] {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            cursor += count
            return value
        }
        func skip(_ wanted: UInt8...) -> Bool {
            guard cursor < bytes.endIndex, wanted.contains(bytes[cursor]) else { return false }
            cursor += 1
            return true
        }
        guard let year = digits(4), skip(UInt8(ascii: "-")), let month = digits(2), skip(UInt8(ascii: "-")), let day = digits(2),
            skip(UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")), let hour = digits(2), skip(UInt8(ascii: ":")),
            let minute = digits(2), skip(UInt8(ascii: ":")), let second = digits(2),
            (1...12).contains(month), day >= 1, day <= CivilTime.daysInMonth(year: year, month: month),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var nanosecond = 0
        if skip(UInt8(ascii: "."), UInt8(ascii: ",")) {
            var scale = 100_000_000
            let start = cursor
            while cursor < bytes.endIndex, bytes[cursor] >= UInt8(ascii: "0"), bytes[cursor] <= UInt8(ascii: "9") {
                nanosecond += Int(bytes[cursor] - UInt8(ascii: "0")) * scale
                scale /= 10
                cursor += 1
            }
            guard cursor > start else { return nil }
        }
        var offsetSeconds = 0
        if !skip(UInt8(ascii: "Z"), UInt8(ascii: "z")) {
            let isWest = cursor < bytes.endIndex && bytes[cursor] == UInt8(ascii: "-")
            guard skip(UInt8(ascii: "+"), UInt8(ascii: "-")), let hours = digits(2), skip(UInt8(ascii: ":")), let minutes = digits(2),
                hours < 24, minutes < 60
            else { return nil }
            offsetSeconds = (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
        }
        guard cursor == bytes.endIndex else { return nil }
        let seconds =
            CivilTime.days(year: year, month: month, day: day) * 86_400 + Int64(hour * 3600 + minute * 60 + second - offsetSeconds)
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return nil }
        self.init(nanoseconds: product.saturatingAdd(Int64(nanosecond)))
    }

    private static func append(_ value: Int, width: Int, to text: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    private static func appendFraction(_ value: Int, width: Int, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "."))
        append(value, width: width, to: &text)
    }
}
