import Bytes

extension TemplateFunctions {
    mutating func addTimes() {
        @Sendable func time(_ value: TemplateValue) throws(TemplateError) -> Timestamp {
            guard case .time(let time) = value else { throw TemplateError("expected a time; got \(Literals.quote(value.text))") }
            return time
        }
        add("date", 2...2) { a throws(TemplateError) in
            if case .integer(let seconds) = a[1], seconds.magnitude < 9_000_000_000 { return .string(GoTime.format(Timestamp(seconds: seconds), layout: a[0].text)) }
            return .string(GoTime.format(try time(a[1]), layout: a[0].text))
        }
        add("unixEpoch", 1...1) { a throws(TemplateError) in .string(String(GoTime.seconds(try time(a[0])))) }
        add("unixEpochMillis", 1...1) { a throws(TemplateError) in .string(String(try time(a[0]).milliseconds)) }
        add("unixEpochNanos", 1...1) { a throws(TemplateError) in .string(String(try time(a[0]).nanoseconds)) }
        // What is no time in the layout is Go's zero time, and what is no zone is UTC: neither is an error there.
        add("toDate", 2...2) { a throws(TemplateError) in .time(GoTime.parse(a[1].text, layout: a[0].text) ?? GoTime.zero) }
        add("toDateInZone", 3...3) { a throws(TemplateError) in
            let zone = GoTime.zoneOffset(a[1].text).map(GoTime.Zone.fixed) ?? .rules(ZoneDatabase.rules(a[1].text) ?? .utc)
            return .time(GoTime.parse(a[2].text, layout: a[0].text, zone: zone) ?? GoTime.zero)
        }
        add("unixToTime", 1...1) { a throws(TemplateError) in
            // The number of digits says the unit: days, seconds, milliseconds, microseconds, nanoseconds.
            let digits = a[0].text
            guard let value = Int64(digits) else { throw TemplateError("unable to parse time \(Literals.quote(digits))") }
            let factors: [Int: Int64] = [5: 86_400_000_000_000, 10: 1_000_000_000, 13: 1_000_000, 16: 1000, 19: 1]
            guard let factor = factors[digits.utf8.count] else { throw TemplateError("unable to parse time \(Literals.quote(digits)): not a Unix time") }
            return .time(Timestamp(nanoseconds: value &* factor))
        }
    }
}

/// Times in Go's layouts, which spell the reference time `Mon Jan 2 15:04:05 MST 2006`; all times are in UTC.
enum GoTime {
    /// What holds where a text names no zone.
    enum Zone {
        /// Seconds east of UTC.
        case fixed(Int)
        case rules(TimeZoneRules)
    }

    /// Go's zero time, the first instant of the year 1, which nanoseconds since 1970 do not reach: the least time stands for it.
    static let zero = Timestamp(nanoseconds: .min)
    private static let zeroSeconds: Int64 = -62_135_596_800

    static func seconds(_ time: Timestamp) -> Int64 { time == zero ? zeroSeconds : time.seconds }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]
    private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// Longest first where one begins another.
    private static let elements = [
        "January", "Jan", "Monday", "Mon", "MST", "2006", "Z07:00", "Z0700", "-07:00", "-0700", "-07", "002", "01", "02", "03", "04", "05", "06",
        "15", "PM", "pm", "_2", "1", "2", "3", "4", "5",
    ]

    private enum Piece {
        case literal(UInt8)
        case element(String)
        /// `.000` or `.999`: digits, and whether zeros at the end are cut.
        case fraction(Int, cuts: Bool)
    }

    private static func pieces(_ layout: String) -> [Piece] {
        let text = Array(layout.utf8)
        var pieces: [Piece] = []
        var index = 0
        outer: while index < text.count {
            if text[index] == UInt8(ascii: ".") || text[index] == UInt8(ascii: ","), index + 1 < text.count, text[index + 1] == 0x30 || text[index + 1] == 0x39 {
                var end = index + 1
                while end < text.count, text[end] == text[index + 1] { end += 1 }
                if end == text.count || text[end] < 0x30 || text[end] > 0x39 {
                    pieces.append(.fraction(end - index - 1, cuts: text[index + 1] == 0x39))
                    index = end
                    continue
                }
            }
            for element in elements where text[index...].starts(with: element.utf8) {
                pieces.append(.element(element))
                index += element.utf8.count
                continue outer
            }
            pieces.append(.literal(text[index]))
            index += 1
        }
        return pieces
    }

    private static func padded(_ value: Int, _ width: Int, _ pad: Character = "0") -> String {
        let text = String(value)
        return String(repeating: pad, count: max(0, width - text.count)) + text
    }

    static func format(_ time: Timestamp, layout: String) -> String {
        let civil = time == zero ? CivilTime(seconds: zeroSeconds) : CivilTime(time)
        var bytes: [UInt8] = []
        for piece in pieces(layout) {
            switch piece {
            case .literal(let byte): bytes.append(byte)
            case .fraction(let count, let cuts):
                var digits = padded(civil.nanosecond, 9).prefix(count)
                if cuts { while digits.last == "0" { digits.removeLast() } }
                if !digits.isEmpty { bytes += Array(("." + digits).utf8) }
            case .element(let element): bytes += Array(text(of: element, civil).utf8)
            }
        }
        return UTF8Validation.repaired(bytes[...])
    }

    private static func text(of element: String, _ civil: CivilTime) -> String {
        let hour12 = civil.hour % 12 == 0 ? 12 : civil.hour % 12
        switch element {
        case "2006": return padded(civil.year, 4)
        case "06": return padded(civil.year % 100, 2)
        case "January": return months[civil.month - 1]
        case "Jan": return String(months[civil.month - 1].prefix(3))
        case "01": return padded(civil.month, 2)
        case "1": return String(civil.month)
        case "Monday": return days[civil.weekday % 7]
        case "Mon": return String(days[civil.weekday % 7].prefix(3))
        case "02": return padded(civil.day, 2)
        case "2": return String(civil.day)
        case "_2": return padded(civil.day, 2, " ")
        case "002":
            let day = CivilTime.days(year: civil.year, month: civil.month, day: civil.day) - CivilTime.days(year: civil.year, month: 1, day: 1)
            return padded(Int(day) + 1, 3)
        case "15": return padded(civil.hour, 2)
        case "03": return padded(hour12, 2)
        case "3": return String(hour12)
        case "04": return padded(civil.minute, 2)
        case "4": return String(civil.minute)
        case "05": return padded(civil.second, 2)
        case "5": return String(civil.second)
        case "PM": return civil.hour < 12 ? "AM" : "PM"
        case "pm": return civil.hour < 12 ? "am" : "pm"
        case "MST": return "UTC"
        case "Z07:00", "Z0700": return "Z"
        case "-07:00": return "+00:00"
        case "-07": return "+00"
        default: return "+0000"
        }
    }

    /// Seconds east of UTC of a zone: UTC, or `+02:00`; nil for names that need a database of zones.
    static func zoneOffset(_ name: String) -> Int? {
        if name == "UTC" || name == "GMT" || name == "Z" || name == "" || name == "Local" { return 0 }
        let digits = name.utf8.filter { $0 >= 0x30 && $0 <= 0x39 }.map { Int($0) - 0x30 }
        guard let sign = name.utf8.first, sign == 0x2b || sign == 0x2d, digits.count == 4 else { return nil }
        let seconds = (digits[0] * 10 + digits[1]) * 3600 + (digits[2] * 10 + digits[3]) * 60
        return sign == 0x2d ? -seconds : seconds
    }

    /// - Parameter zone: what holds where the text says none.
    static func parse(_ text: String, layout: String, zone: Zone = .fixed(0)) -> Timestamp? {
        let bytes = Array(text.utf8)
        var index = 0
        var (year, month, day, hour, minute, second, nanosecond) = (1970, 1, 1, 0, 0, 0, 0)
        var offset: Int?
        var isAfternoon: Bool?
        func number(_ widest: Int, _ narrowest: Int) -> Int? {
            while narrowest == 1, index < bytes.count, bytes[index] == 0x20 { index += 1 }
            let start = index
            while index < bytes.count, index - start < widest, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
            return index - start >= narrowest ? Int(DecimalNumber.parseInt64(bytes[start..<index]) ?? 0) : nil
        }
        func word(_ names: [String], _ length: Int?) -> Int? {
            for (place, name) in names.enumerated() {
                let short = length.map { String(name.prefix($0)) } ?? name
                guard index + short.utf8.count <= bytes.count,
                    bytes[index..<index + short.utf8.count].elementsEqual(short.utf8, by: { $0 | 0x20 == $1 | 0x20 })
                else { continue }
                index += short.utf8.count
                return place
            }
            return nil
        }
        func fraction() {
            guard index + 1 < bytes.count, bytes[index] == 0x2e || bytes[index] == 0x2c, bytes[index + 1] >= 0x30, bytes[index + 1] <= 0x39 else { return }
            index += 1
            var scale = 100_000_000
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 {
                nanosecond += Int(bytes[index] - 0x30) * scale
                scale /= 10
                index += 1
            }
        }
        for piece in pieces(layout) {
            switch piece {
            case .literal(let byte):
                guard index < bytes.count, bytes[index] == byte else { return nil }
                index += 1
            case .fraction: fraction()
            case .element(let element):
                var value: Int? = 0
                switch element {
                case "2006": value = number(4, 4); year = value ?? 0
                case "06": value = number(2, 2); year = 2000 + (value ?? 0) - ((value ?? 0) >= 69 ? 100 : 0)
                case "January", "Jan": value = word(months, element == "Jan" ? 3 : nil); month = (value ?? 0) + 1
                case "Monday", "Mon": value = word(days, element == "Mon" ? 3 : nil)
                case "01": value = number(2, 2); month = value ?? 1
                case "1": value = number(2, 1); month = value ?? 1
                case "02": value = number(2, 2); day = value ?? 1
                case "2", "_2": value = number(2, 1); day = value ?? 1
                case "002": value = number(3, 3); day = value ?? 1
                case "15", "03": value = number(2, 2); hour = value ?? 0
                case "3": value = number(2, 1); hour = value ?? 0
                case "04": value = number(2, 2); minute = value ?? 0
                case "4": value = number(2, 1); minute = value ?? 0
                case "05": value = number(2, 2); second = value ?? 0; fraction()
                case "5": value = number(2, 1); second = value ?? 0; fraction()
                case "PM", "pm": value = word(["AM", "PM"], nil); isAfternoon = value == 1
                case "MST": value = word(["UTC", "GMT"], nil)
                default: value = readZone(bytes, &index, &offset)
                }
                if value == nil { return nil }
            }
        }
        guard index == bytes.count, (1...12).contains(month), (1...366).contains(day), hour < 24, minute < 60, second < 60 else { return nil }
        if let isAfternoon { hour = hour % 12 + (isAfternoon ? 12 : 0) }
        let days = CivilTime.days(year: year, month: month, day: 1) + Int64(day - 1)
        let local = days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        let seconds: Int64
        switch (offset, zone) {
        case (let offset?, _), (nil, .fixed(let offset)): seconds = local - Int64(offset)
        case (nil, .rules(let rules)): seconds = rules.instant(local: local)
        }
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? nil : Timestamp(nanoseconds: product + Int64(nanosecond))
    }

    private static func readZone(_ bytes: [UInt8], _ index: inout Int, _ offset: inout Int?) -> Int? {
        guard index < bytes.count else { return nil }
        if bytes[index] == UInt8(ascii: "Z") {
            index += 1
            offset = 0
            return 0
        }
        let end = min(bytes.count, index + 6)
        let hasColon = index + 3 < end && bytes[index + 3] == UInt8(ascii: ":")
        let length = hasColon ? 6 : 5
        guard index + length <= bytes.count,
            let seconds = zoneOffset(String(decoding: bytes[index..<index + length], as: UTF8.self))
        else { return nil }
        index += length
        offset = seconds
        return 0
    }
}
