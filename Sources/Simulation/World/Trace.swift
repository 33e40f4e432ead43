import Bytes

/// What happened, line by line: a hash over all of it, and the last lines for who must understand a failure.
package struct Trace: Sendable {
    private static let keptCount = 400

    /// Equal for two runs only if every line of both is equal.
    package private(set) var hash: UInt64 = 0
    package private(set) var lineCount = 0
    private var kept: [String] = []
    private let origin: Timestamp

    init(origin: Timestamp) { self.origin = origin }

    mutating func add(_ time: Timestamp, _ text: String) {
        let line = "\(Self.seconds(time - origin)) \(text)"
        var chained = ByteWriter(capacity: line.utf8.count + 8)
        chained.appendUInt64LE(hash)
        chained.append(utf8: line)
        hash = Hash64.hash(chained.bytes)
        lineCount += 1
        kept.append(line)
        if kept.count > Self.keptCount * 2 { kept.removeFirst(Self.keptCount) }
    }

    /// The last lines, oldest first.
    package var tail: [String] { Array(kept.suffix(Self.keptCount)) }

    /// `12.345` for a virtual time since the start.
    static func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }
}
