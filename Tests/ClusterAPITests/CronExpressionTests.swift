import Bytes
import ClusterAPI
import Testing

@Suite("Cron expressions")
struct CronExpressionTests {
    private func time(_ text: String) -> Timestamp { Timestamp(rfc3339: text + ":00Z")! }

    /// 2026-11-27 is a Friday.
    @Test(
        "the last and the next start",
        arguments: [
            ("0 8 * * *", "2026-11-27T12:00", "2026-11-27T08:00", "2026-11-28T08:00"),
            ("*/15 * * * *", "2026-11-27T12:20", "2026-11-27T12:15", "2026-11-27T12:30"),
            ("30 6-8 * * mon-fri", "2026-11-29T12:00", "2026-11-27T08:30", "2026-11-30T06:30"),
            ("0 0 1 * *", "2026-11-27T12:00", "2026-11-01T00:00", "2026-12-01T00:00"),
            ("0 0 29 feb *", "2027-01-01T00:00", nil, nil),
            ("0 0 13 * 5", "2026-11-27T12:00", "2026-11-27T00:00", "2026-12-04T00:00"),
            ("0 12 * * 7", "2026-11-27T12:00", "2026-11-22T12:00", "2026-11-29T12:00"),
            ("5,50 23 * * *", "2026-11-27T23:10", "2026-11-27T23:05", "2026-11-27T23:50"),
            ("0 12 * * *", "2026-11-27T12:00", "2026-11-27T12:00", "2026-11-28T12:00"),
        ])
    func starts(text: String, now: String, last: String?, next: String?) throws {
        let cron = try CronExpression(text)
        #expect(cron.lastStart(before: time(now), within: .seconds(60 * 86_400), in: .utc) == last.map(time))
        #expect(cron.nextStart(after: time(now), in: .utc) == next.map(time))
    }

    @Test("a start further back than asked for does not count")
    func reach() throws {
        let cron = try CronExpression("0 8 * * *")
        #expect(cron.lastStart(before: time("2026-11-27T09:00"), within: .seconds(3600), in: .utc) == nil)
        #expect(cron.lastStart(before: time("2026-11-27T08:59"), within: .seconds(3600), in: .utc) == time("2026-11-27T08:00"))
    }

    @Test("the time zone is that of the expression, over a change of clocks")
    func zone() throws {
        let zone = try #require(TimeZoneRules(posix: "CET-1CEST,M3.5.0,M10.5.0/3"))
        let cron = try CronExpression("30 2 * * *")
        #expect(cron.nextStart(after: time("2026-03-28T12:00"), in: zone) == time("2026-03-29T01:30"))
        #expect(cron.nextStart(after: time("2026-03-29T12:00"), in: zone) == time("2026-03-30T00:30"))
        #expect(cron.lastStart(before: time("2026-10-25T12:00"), within: .seconds(86_400), in: zone) == time("2026-10-25T00:30"))
    }

    @Test(
        "what is none is refused with its field",
        arguments: [
            ("0 8 * *", "five fields"), ("60 8 * * *", "minute"), ("0 24 * * *", "hour"), ("0 0 0 * *", "day of month"), ("0 0 * 13 *", "month"),
            ("0 0 * * 8", "day of week"), ("0 9-8 * * *", "hour"), ("*/0 * * * *", "step"), ("0 8 * * mo", "day of week"), ("1,,2 * * * *", "minute"),
            ("soon", "five fields"), ("-1 * * * *", "minute"), ("99999999999999999999 * * * *", "minute"),
        ])
    func refused(text: String, part: String) {
        let error = #expect(throws: CronExpression.Malformed.self) { try CronExpression(text) }
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }
}
