import Bytes

/// What a signal is likely to come to, by what it was at the same time of earlier days or weeks.
///
/// The baseline of a time is the mean of the same time on the days before (or weeks, when those told the last day better); it is stretched by how the
/// present stands to its own baseline. How far it was off over the last day is kept: a forecast that fails by its own past is not believed.
struct SeasonalForecast: Sendable, Equatable {
    enum Refusal: Error, Equatable, Sendable {
        case tooLittleHistory
        case errorTooLarge(percent: Int)
    }

    /// Time between the values that are learned.
    static let step: Int64 = 300
    private static let day = 86_400 / step
    private static let week = 7 * day
    /// Seasons that are looked back at most.
    private static let longestLook = 7
    /// A season tells nothing of a level that is altogether another one.
    private static let stretch = 0.5...2.0

    /// Values at whole steps, the last one at `end`; nil where nothing is known.
    private let values: [Double?]
    private let end: Int64
    private let season: Int64
    /// The mean error over the last day, in percent of the mean value.
    let errorPercent: Int

    /// - Parameter samples: any order, at least two days of them.
    init(_ samples: [(time: Timestamp, value: Double)], horizon: Duration, maximumErrorPercent: Int) throws(Refusal) {
        let known = samples.filter { $0.value.isFinite }
        guard let first = known.map({ $0.time.seconds }).min(), let last = known.map({ $0.time.seconds }).max() else { throw .tooLittleHistory }
        let (start, end) = (first / Self.step, last / Self.step)
        guard end - start >= 2 * Self.day else { throw .tooLittleHistory }
        var values = [Double?](repeating: nil, count: Int(end - start) + 1)
        for sample in known { values[Int(sample.time.seconds / Self.step - start)] = sample.value }
        let ahead = max(1, horizon.components.seconds / Self.step)
        var best: (season: Int64, percent: Double)?
        for season in [Self.day, Self.week] where end - start >= 2 * season {
            guard let percent = Self.error(values, season: season, ahead: ahead) else { continue }
            if best.map({ percent < $0.percent }) ?? true { best = (season, percent) }
        }
        guard let best else { throw .tooLittleHistory }
        let percent = Int(min(best.percent.rounded(.up), 100_000))
        guard percent <= maximumErrorPercent else { throw .errorTooLarge(percent: percent) }
        (self.values, self.end, season, errorPercent) = (values, end, best.season, percent)
    }

    /// The highest value that is to be expected from now until the horizon; nil when the past says nothing of it.
    func peak(from now: Timestamp, horizon: Duration, current: Double) -> Double? {
        let place = now.seconds / Self.step
        guard let present = baseline(place) else { return nil }
        let factor = Self.factor(current, over: present)
        let last = (now + horizon).seconds / Self.step
        return (place...max(place, last)).compactMap { baseline($0) }.max().map { $0 * factor }
    }

    private func baseline(_ place: Int64) -> Double? {
        Self.baseline(values, at: Int(place - end) + values.count - 1, before: values.count, season: season)
    }

    private static func factor(_ value: Double, over baseline: Double) -> Double {
        baseline > 0 && value >= 0 ? min(max(value / baseline, stretch.lowerBound), stretch.upperBound) : 1
    }

    /// The mean of the same time in earlier seasons, of which only what lies before `limit` is known.
    private static func baseline(_ values: [Double?], at index: Int, before limit: Int, season: Int64) -> Double? {
        var (sum, count) = (0.0, 0)
        for back in 1...longestLook {
            let place = index - back * Int(season)
            if place < 0 { break }
            if place < limit, let value = values[place] {
                sum += value
                count += 1
            }
        }
        return count > 0 ? sum / Double(count) : nil
    }

    /// How far forecasts of the last day, each made `ahead` steps before, were off what came.
    private static func error(_ values: [Double?], season: Int64, ahead: Int64) -> Double? {
        var (missed, total) = (0.0, 0.0)
        for index in max(0, values.count - Int(day))..<values.count {
            let made = index - Int(ahead)
            guard made >= 0, let actual = values[index], let present = values[made],
                let then = baseline(values, at: made, before: made, season: season), let expected = baseline(values, at: index, before: made, season: season)
            else { continue }
            missed += abs(expected * factor(present, over: then) - actual)
            total += abs(actual)
        }
        return total > 0 ? missed / total * 100 : nil
    }
}
