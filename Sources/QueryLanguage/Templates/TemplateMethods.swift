import Bytes

/// What can be asked of a time or a length of time by a name behind it: `(.Time).Format "2006"`.
///
/// - Source: the methods of Go's `time.Time` and `time.Duration`.
enum TemplateMethods {
    static func call(_ name: String, of value: TemplateValue, _ arguments: [TemplateValue], _ offset: Int) throws(TemplateError) -> TemplateValue {
        let found: TemplateValue?
        switch value {
        case .time(let time): found = try self.time(name, time, arguments)
        case .duration(let duration): found = arguments.isEmpty ? self.duration(name, duration) : nil
        default: found = nil
        }
        guard let found else { throw TemplateError("can't evaluate \(name) with \(arguments.count) arguments on \(value.text)", offset: offset) }
        return found
    }

    private static func time(_ name: String, _ time: GoTime, _ arguments: [TemplateValue]) throws(TemplateError) -> TemplateValue? {
        switch (name, arguments.first) {
        case ("Format", .string(let layout)?): return .string(time.text(in: layout))
        case ("Add", .duration(let duration)?): return .time(time + duration)
        case ("Sub", .time(let other)?): return .duration(time - other)
        case ("Before", .time(let other)?): return .bool(time.isBefore(other))
        case ("After", .time(let other)?): return .bool(other.isBefore(time))
        case ("Equal", .time(let other)?): return .bool(!time.isBefore(other) && !other.isBefore(time))
        case (_, .some): return nil
        default: return part(name, time)
        }
    }

    private static func part(_ name: String, _ time: GoTime) -> TemplateValue? {
        let civil = time.civil
        return switch name {
        case "Unix": .integer(time.seconds)
        case "UnixMilli": .integer(time.milliseconds)
        case "UnixMicro": .integer(time.seconds &* 1_000_000 &+ Int64(time.nanosecond / 1000))
        case "UnixNano": .integer(time.nanoseconds)
        case "Year": .integer(Int64(civil.year))
        case "Month": .string(time.text(in: "January"))
        case "Day": .integer(Int64(civil.day))
        case "YearDay": .integer(Int64(time.dayOfYear))
        case "Weekday": .string(time.text(in: "Monday"))
        case "Hour": .integer(Int64(civil.hour))
        case "Minute": .integer(Int64(civil.minute))
        case "Second": .integer(Int64(civil.second))
        case "Nanosecond": .integer(Int64(civil.nanosecond))
        case "UTC", "Local": .time(time.moved(to: .utc))
        case "IsZero": .bool(time.seconds == GoTime.zero.seconds && time.nanosecond == 0)
        case "String": .string(TemplateValue.time(time).text)
        default: nil
        }
    }

    private static func duration(_ name: String, _ duration: Duration) -> TemplateValue? {
        switch name {
        case "Seconds": .number(duration.inSeconds)
        case "Minutes": .number(duration.inSeconds / 60)
        case "Hours": .number(duration.inSeconds / 3600)
        case "Milliseconds": .integer(duration.wholeMilliseconds)
        case "Nanoseconds": .integer(duration.saturatedNanoseconds)
        case "String": .string(GoDuration.text(duration))
        default: nil
        }
    }
}

/// A length of time as Go prints it: `1h2m3.5s`, `250ms`.
enum GoDuration {
    static func text(_ duration: Duration) -> String {
        let nanoseconds = duration.saturatedNanoseconds
        if nanoseconds == 0 { return "0s" }
        let sign = nanoseconds < 0 ? "-" : ""
        let magnitude = nanoseconds.magnitude
        if magnitude < 1_000_000_000 {
            let (unit, name): (UInt64, String) = magnitude < 1000 ? (1, "ns") : magnitude < 1_000_000 ? (1000, "µs") : (1_000_000, "ms")
            return sign + decimal(magnitude, unit) + name
        }
        let seconds = magnitude / 1_000_000_000
        var text = sign
        if seconds >= 3600 { text += "\(seconds / 3600)h" }
        if seconds >= 60 { text += "\(seconds / 60 % 60)m" }
        return text + decimal(magnitude % 60_000_000_000, 1_000_000_000) + "s"
    }

    private static func decimal(_ value: UInt64, _ unit: UInt64) -> String {
        let fraction = value % unit
        if fraction == 0 { return "\(value / unit)" }
        var digits = String(unit + fraction).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(value / unit).\(digits)"
    }
}
