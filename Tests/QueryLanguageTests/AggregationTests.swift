import Bytes
import Telemetry
import Testing

@testable import QueryLanguage

@Suite("Aggregation")
struct AggregationTests {
    @Test("a quantile found by selection is the one of sorted values, NaNs first")
    func quantiles() {
        var random = Xoshiro256(seed: 21)
        for round in 0..<400 {
            let count = Int.random(in: 1...70, using: &random)
            let kinds = round % 4
            let values = (0..<count).map { index -> Double in
                switch kinds {
                case 0: Double.random(in: -1...1, using: &random)
                case 1: Double(Int.random(in: 0...3, using: &random))
                case 2: Bool.random(using: &random) ? .nan : Double(index)
                default: [-.infinity, .infinity, 0, 1].randomElement(using: &random)!
                }
            }
            let sorted = values.sorted { $0 < $1 || ($0.isNaN && !$1.isNaN) }
            for quantile in [0, 0.25, 0.5, 0.9, 1] {
                let rank = quantile * Double(count - 1)
                let (lower, weight) = (Int(rank), rank - rank.rounded(.down))
                let expected = sorted[lower] * (1 - weight) + sorted[min(lower + 1, count - 1)] * weight
                var shuffled = values
                let found = Quantile.of(&shuffled, quantile)
                #expect(found == expected || (found.isNaN && expected.isNaN), "round \(round), quantile \(quantile)")
            }
        }
        var none: [Double] = []
        #expect(Quantile.of(&none, 0.5).isNaN)
        var one = [1.0]
        #expect(Quantile.of(&one, -0.1) == -.infinity && Quantile.of(&one, 1.1) == .infinity && Quantile.of(&one, .nan).isNaN)
    }

    @Test("topk and bottomk keep at each step what a full sort would, however many are kept", arguments: [0, 1, 3, 33, 100])
    func extremes(k: Int) {
        var random = Xoshiro256(seed: 22)
        let steps = 9
        let vector = (0..<90).map { index in
            StepSeries(
                labels: Labels(["__name__": "x", "i": "\(index)"]),
                values: (0..<steps).map { _ in
                    switch Int.random(in: 0..<8, using: &random) {
                    case 0: StepSeries.absent
                    case 1: .nan
                    default: Double(Int.random(in: 0...9, using: &random))
                    }
                })
        }
        let groups = vector.indices.map { $0 % 2 }
        for largest in [true, false] {
            let (kept, ignored) = SeriesSelection.extremes(
                of: vector, groups: groups, groupCount: 2, k: (0..<steps).map { $0 == 4 ? min(k, 1) : k }, largest: largest)
            #expect(!ignored)
            for step in 0..<steps {
                var expected: Set<Labels> = []
                for group in 0..<2 {
                    let present = vector.indices.filter { groups[$0] == group && vector[$0].hasFloat(step) }
                    let sorted = present.sorted { left, right in
                        let (a, b) = (vector[left].values[step], vector[right].values[step])
                        if a == b || (a.isNaN && b.isNaN) { return vector[left].labels < vector[right].labels }
                        return b.isNaN || (largest ? a > b : a < b)
                    }
                    expected.formUnion(sorted.prefix(step == 4 ? min(k, 1) : k).map { vector[$0].labels })
                }
                #expect(Set(kept.filter { $0.hasFloat(step) }.map(\.labels)) == expected, "step \(step)")
            }
        }
    }
}
