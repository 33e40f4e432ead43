import Bytes
import ClusterAPI
import QueryLanguage
import Telemetry
import Testing

@testable import Autoscaler

@Suite("Forecasts")
struct SeasonalForecastTests {
    /// A Monday, 00:00 UTC.
    static let monday = Timestamp(seconds: 1_700_438_400)

    /// Quiet nights, busy days from 8 to 18 o'clock, weekends at a fifth when they matter.
    static func load(_ time: Timestamp, hasWeekends: Bool = false) -> Double {
        let civil = CivilTime(time)
        let isWeekend = hasWeekends && (civil.weekday == 0 || civil.weekday == 6)
        return (8..<18).contains(civil.hour) ? (isWeekend ? 20 : 100) : 10
    }

    static func history(days: Int, until end: Timestamp, _ value: (Timestamp) -> Double) -> [(time: Timestamp, value: Double)] {
        (0...(days * 288)).map { index in
            let time = end - .seconds(days * 86_400 - index * 300)
            return (time, value(time))
        }
    }

    /// Minutes of the day: 7:50, 7:30, 12:00, 17:58, 18:05.
    @Test(
        "the rise of the morning is seen before it comes, and not earlier",
        arguments: [(470, 100.0), (450, 10.0), (720, 100.0), (1078, 100.0), (1085, 10.0)] as [(Int, Double)])
    func morning(minute: Int, expected: Double) throws {
        let now = Self.monday + .seconds(minute * 60)
        let model = try SeasonalForecast(Self.history(days: 5, until: now) { Self.load($0) }, horizon: .seconds(900), maximumErrorPercent: 30)
        #expect(model.errorPercent <= 1)
        #expect(model.peak(from: now, horizon: .seconds(900), current: Self.load(now)) == expected)
    }

    @Test("weeks are learned where days do not repeat")
    func weeks() throws {
        // Sunday, five minutes before the hour at which workdays rise.
        let now = Self.monday + .seconds(6 * 86_400 + 8 * 3600 - 300)
        let model = try SeasonalForecast(
            Self.history(days: 15, until: now) { Self.load($0, hasWeekends: true) }, horizon: .seconds(600), maximumErrorPercent: 30)
        #expect(model.peak(from: now, horizon: .seconds(600), current: 10) == 20)
    }

    @Test("a level that has grown stretches what is expected")
    func growth() throws {
        let now = Self.monday + .seconds(7 * 3600 + 55 * 60)
        let model = try SeasonalForecast(Self.history(days: 4, until: now) { Self.load($0) }, horizon: .seconds(600), maximumErrorPercent: 30)
        #expect(model.peak(from: now, horizon: .seconds(600), current: 15) == 150)
        #expect(model.peak(from: now, horizon: .seconds(600), current: 1000) == 200)
    }

    @Test("too little history, and a past that was always off, are refused")
    func refused() {
        #expect(throws: SeasonalForecast.Refusal.tooLittleHistory) { try SeasonalForecast([], horizon: .seconds(600), maximumErrorPercent: 30) }
        #expect(throws: SeasonalForecast.Refusal.tooLittleHistory) {
            try SeasonalForecast(Self.history(days: 1, until: Self.monday) { Self.load($0) }, horizon: .seconds(600), maximumErrorPercent: 30)
        }
        var random = Xoshiro256(seed: 1)
        let noise = Self.history(days: 5, until: Self.monday) { _ in random.nextUnit() < 0.5 ? 1 : 100 }
        let error = #expect(throws: SeasonalForecast.Refusal.self) { try SeasonalForecast(noise, horizon: .seconds(600), maximumErrorPercent: 30) }
        guard case .errorTooLarge(let percent)? = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(percent > 50)
    }

    @Test("a forecast raises the count before the load is there, never lowers it, and says what became of it")
    func policy() throws {
        var rounds = AutoscalerRounds()
        rounds.now = Self.monday + .seconds(7 * 3600 + 55 * 60)
        rounds.putController(replicas: 4)
        var policy = AutoscalerRounds.policy()
        policy.spec.forecast = ReplicaForecast { $0.horizonSeconds = 900 }
        rounds.put(policy)
        let before = try #require(rounds.round(["load": 40]).first)
        #expect(before.record.decision.desired == 4 && before.record.decision.condition("ForecastActive")?.reason == "Learning")
        let lesson = try #require(rounds.core.lessons(now: rounds.now).first)
        #expect(lesson.query == SignalQuery(.promql, "load") && lesson.history == .seconds(14 * 86_400))
        let history = Self.history(days: 5, until: Self.monday + .seconds(7 * 3600)) { Self.load($0) * 4 }
        let series = MatrixSeries(labels: .empty, times: history.map(\.time.milliseconds), values: history.map(\.value))
        rounds.core.learn(lesson, .success(Evaluation(value: .matrix([series]))), now: rounds.now)
        #expect(rounds.core.lessons(now: rounds.now).isEmpty)
        let raised = try #require(rounds.round(["load": 40]).first?.record.decision)
        #expect(raised.desired == 8 && raised.recommended == 40 && raised.condition("ForecastActive")?.reason == "ForecastInUse")
        #expect(raised.proposals.map(\.reading.name) == ["load", "forecast of load"])
        // Nothing is forecast from data that is missing.
        #expect(try #require(rounds.round([:]).first).record.decision.desired == 4)
    }
}
