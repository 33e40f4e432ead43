import Bytes

/// The aligned windows of time into which a flush divides its samples.
enum TimeWindows {
    /// A flush makes at most this many blocks: samples that are strewn over centuries get wider windows.
    static let countLimit: Int64 = 64

    static func covering(_ times: ClosedRange<Int64>, span: Int64) -> [ClosedRange<Int64>] {
        var length = span
        while times.upperBound / length - times.lowerBound / length >= countLimit { length *= 2 }
        var windows: [ClosedRange<Int64>] = []
        var start = Timestamp.floor(times.lowerBound, to: length)
        while start <= times.upperBound {
            windows.append(start...start + (length - 1))
            start += length
        }
        return windows
    }
}
