import Bytes
import Telemetry

/// A deletion: series by matchers, a closed window of time, and everything that was written before it.
struct Tombstone: Hashable, Sendable {
    var number: UInt64
    var matchers: [LabelMatcher]
    var start: Int64
    var end: Int64

    func encode(into writer: inout ByteWriter) {
        writer.appendVarint(number)
        writer.appendZigzag(start)
        writer.appendZigzag(end)
        writer.appendVarint(UInt64(matchers.count))
        for matcher in matchers {
            writer.appendLengthPrefixed(matcher.name)
            writer.appendLengthPrefixed(matcher.operation.rawValue)
            writer.appendLengthPrefixed(matcher.value)
        }
    }

    init(number: UInt64, matchers: [LabelMatcher], start: Int64, end: Int64) {
        self.number = number
        self.matchers = matchers
        self.start = start
        self.end = end
    }

    init(_ reader: inout ByteReader) throws(CorruptBytes) {
        number = try reader.readVarint()
        start = try reader.readZigzag()
        end = try reader.readZigzag()
        matchers = []
        for _ in 0..<(try reader.readCount(limit: reader.remaining)) {
            let name = try reader.readLengthPrefixedString()
            let operation = LabelMatcher.Operation(rawValue: try reader.readLengthPrefixedString())
            let value = try reader.readLengthPrefixedString()
            guard let operation, let matcher = try? LabelMatcher(name, operation, value), start <= end else {
                throw CorruptBytes("tombstone", offset: reader.offset, expected: "a matcher that compiles and times in order")
            }
            matchers.append(matcher)
        }
    }
}
