package import Bytes
package import QueryLanguage
import Telemetry

/// Learning of signals from stored history, apart from the rounds: it takes longer and is needed seldom.
extension AutoscalerCore {
    /// A signal that is to be learned, with the demands of its policy.
    package struct Lesson: Hashable, Sendable {
        package var query: SignalQuery
        package var history: Duration
        var horizon: Duration
        var maximumErrorPercent: Int

        /// Time between the values to be given, at whole multiples of it.
        package static let step = Duration.seconds(SeasonalForecast.step)
    }

    /// What was learned, or why not, and when.
    struct Knowledge: Sendable {
        var result: Result<SeasonalForecast, SeasonalForecast.Refusal>
        var time: Timestamp
    }

    /// The past changes slowly: what was learned is good for an hour; what could not be asked is asked again earlier.
    private static let lifetime = Duration.seconds(3600)
    private static let retryInterval = Duration.seconds(300)

    /// What is due to be learned.
    package func lessons(now: Timestamp) -> [Lesson] {
        var seen: Set<Lesson> = []
        return scalers.flatMap(\.lessons).filter { lesson in
            guard seen.insert(lesson).inserted else { return false }
            guard let known = knowledge[lesson] else { return true }
            let lifetime = if case .success = known.result { Self.lifetime } else { Self.retryInterval }
            return known.time > now || now - known.time >= lifetime
        }
    }

    package mutating func learn(_ lesson: Lesson, _ answer: Result<Evaluation, QueryError>, now: Timestamp) {
        let wanted = Set(scalers.flatMap(\.lessons))
        knowledge = knowledge.filter { wanted.contains($0.key) }
        var sums: [Int64: Double] = [:]
        if case .success(let evaluation) = answer, case .matrix(let series) = evaluation.value, !evaluation.isPartial {
            for one in series {
                for (time, value) in zip(one.times, one.values) { sums[time, default: 0] += value }
            }
        }
        let samples = sums.sorted { $0.key < $1.key }.map { (time: Timestamp(milliseconds: $0.key), value: $0.value) }
        do throws(SeasonalForecast.Refusal) {
            let model = try SeasonalForecast(samples, horizon: lesson.horizon, maximumErrorPercent: lesson.maximumErrorPercent)
            knowledge[lesson] = Knowledge(result: .success(model), time: now)
        } catch {
            knowledge[lesson] = Knowledge(result: .failure(error), time: now)
        }
    }

    /// What the signals are expected to come to, as readings of their own; none for a signal that is not fresh.
    func forecasts(_ scaler: Scaler, _ readings: [Reading], now: Timestamp) -> [Reading] {
        zip(scaler.signals, readings).compactMap { signal, reading in
            guard let lesson = scaler.lesson(signal), case .success(let model)? = knowledge[lesson]?.result, reading.state == .fresh,
                case .total(let values) = reading.values
            else { return nil }
            let current = Double(values.reduce(Int64(0)) { $0.clampedAdd($1) }) / 1000
            guard let peak = model.peak(from: now, horizon: lesson.horizon, current: current), peak > current else { return nil }
            var forecast = reading
            forecast.name = "forecast of \(signal.name)"
            forecast.values = .total([SignalReader.milli(peak)])
            return forecast
        }
    }

    /// The condition that tells users what became of `spec.forecast`.
    func forecastCondition(_ scaler: Scaler) -> Decision.Condition? {
        guard scaler.forecast != nil else { return nil }
        guard !scaler.lessons.isEmpty else {
            return .init("ForecastActive", false, "NoForecastableSignal", "only signals of PromQL and LogQL are forecast")
        }
        var believed: [String] = []
        for signal in scaler.signals {
            guard let lesson = scaler.lesson(signal) else { continue }
            switch knowledge[lesson]?.result {
            case nil: return .init("ForecastActive", false, "Learning", "the history of signal \(signal.name) has not been read yet")
            case .failure(.tooLittleHistory)?:
                return .init("ForecastActive", false, "TooLittleHistory", "signal \(signal.name) has less than two days of history")
            case .failure(.errorTooLarge(let percent))?:
                return .init(
                    "ForecastActive", false, "ErrorTooLarge",
                    "forecasts of signal \(signal.name) were off by \(percent)% over the last day; \(lesson.maximumErrorPercent)% are allowed")
            case .success(let model)?: believed.append("\(signal.name) (off by \(model.errorPercent)% over the last day)")
            }
        }
        return .init("ForecastActive", true, "ForecastInUse", "learned: \(believed.joined(separator: ", "))")
    }
}

extension Scaler {
    struct Forecast: Sendable, Equatable {
        var horizon: Duration
        var history: Duration
        var maximumErrorPercent: Int
    }

    func lesson(_ signal: Signal) -> AutoscalerCore.Lesson? {
        guard let forecast, case .total(let query) = signal.source else { return nil }
        return .init(query: query, history: forecast.history, horizon: forecast.horizon, maximumErrorPercent: forecast.maximumErrorPercent)
    }

    var lessons: [AutoscalerCore.Lesson] { signals.compactMap { lesson($0) } }
}
