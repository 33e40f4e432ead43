import QueryLanguage
import Telemetry

/// Unites series that have come to the same labels but live at different steps.
struct SeriesUnion {
    let steps: Int
    private(set) var series: [StepSeries] = []
    private var numbers: [Labels: Int] = [:]

    init(steps: Int) { self.steps = steps }

    /// - Throws: when two series have a sample at the same step.
    mutating func add(_ item: StepSeries, labels: Labels, place: Range<Int>?) throws(QueryError) {
        guard let number = numbers[labels] else {
            numbers[labels] = series.count
            series.append(item)
            series[series.count - 1].labels = labels
            return
        }
        series[number].newestInput = max(series[number].newestInput, item.newestInput)
        series[number].dropsName = series[number].dropsName || item.dropsName
        for step in 0..<steps {
            guard let value = StepValue(item, step) else { continue }
            if series[number].hasSample(step) {
                throw QueryError(.execution, "vector cannot contain metrics with the same labelset", range: place)
            }
            series[number].set(step, value)
        }
    }
}

/// Compares text as people number things: `node-2` before `node-10`.
enum NaturalOrder {
    /// - Returns: negative, zero or positive.
    static func compare(_ left: String, _ right: String) -> Int {
        let a = Array(left.utf8)
        let b = Array(right.utf8)
        func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
        var i = 0
        var j = 0
        while i < a.count, j < b.count {
            if isDigit(a[i]), isDigit(b[j]) {
                let startI = i
                let startJ = j
                while i < a.count, isDigit(a[i]) { i += 1 }
                while j < b.count, isDigit(b[j]) { j += 1 }
                let left = a[startI..<i].drop { $0 == UInt8(ascii: "0") }
                let right = b[startJ..<j].drop { $0 == UInt8(ascii: "0") }
                if left.count != right.count { return left.count - right.count }
                if left != right { return left.lexicographicallyPrecedes(right) ? -1 : 1 }
                continue
            }
            if a[i] != b[j] { return Int(a[i]) - Int(b[j]) }
            i += 1
            j += 1
        }
        return (a.count - i) - (b.count - j)
    }
}
