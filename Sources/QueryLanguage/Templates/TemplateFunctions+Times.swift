import Bytes

extension TemplateFunctions {
    mutating func addTimes() {
        @Sendable func time(_ value: TemplateValue) throws(TemplateError) -> GoTime {
            guard case .time(let time) = value else { throw TemplateError("expected a time; got \(Literals.quote(value.text))") }
            return time
        }
        // The zone of the machine, which is UTC here, whatever zone the time carries.
        add("date", 2...2) { a throws(TemplateError) in
            if case .integer(let seconds) = a[1] { return .string(GoTime(seconds: seconds).text(in: a[0].text)) }
            return .string(try time(a[1]).moved(to: .utc).text(in: a[0].text))
        }
        add("unixEpoch", 1...1) { a throws(TemplateError) in .string(String(try time(a[0]).seconds)) }
        add("unixEpochMillis", 1...1) { a throws(TemplateError) in .string(String(try time(a[0]).milliseconds)) }
        add("unixEpochNanos", 1...1) { a throws(TemplateError) in .string(String(try time(a[0]).nanoseconds)) }
        // What is no time in the layout is Go's zero time, and what is no zone is UTC: neither is an error there.
        add("toDate", 2...2) { a throws(TemplateError) in .time(GoTime(a[1].text, layout: a[0].text) ?? .zero) }
        add("toDateInZone", 3...3) { a throws(TemplateError) in .time(GoTime(a[2].text, layout: a[0].text, zone: GoZone(name: a[1].text)) ?? .zero) }
        add("unixToTime", 1...1) { a throws(TemplateError) in
            // The number of digits says the unit: days, seconds, milliseconds, microseconds, nanoseconds.
            let digits = a[0].text
            guard let value = Int64(digits) else { throw TemplateError("unable to parse time \(Literals.quote(digits))") }
            let factors: [Int: Int64] = [5: 86_400_000_000_000, 10: 1_000_000_000, 13: 1_000_000, 16: 1000, 19: 1]
            guard let factor = factors[digits.utf8.count] else { throw TemplateError("unable to parse time \(Literals.quote(digits)): not a Unix time") }
            return .time(GoTime(Timestamp(nanoseconds: value &* factor)))
        }
    }
}
