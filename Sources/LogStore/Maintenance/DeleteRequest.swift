package import Bytes
package import Telemetry

/// An order to delete entries of some streams and times, and, with filters, only some lines.
package struct DeleteRequest: Sendable {
    /// Rises with every request.
    package let id: UInt64
    package let matchers: [LabelMatcher]
    /// First nanosecond, inclusive.
    package let start: Int64
    /// End, exclusive.
    package let end: Int64
    /// Lines that pass all of them are deleted; none means all lines.
    package let filters: [LineFilter]
    package let createdAt: Timestamp
    let tests: [(test: LineTest, isNegated: Bool)]

    init(id: UInt64, matchers: [LabelMatcher], start: Int64, end: Int64, filters: [LineFilter], createdAt: Timestamp) {
        self.id = id
        self.matchers = matchers
        self.start = start
        self.end = end
        self.filters = filters
        self.createdAt = createdAt
        tests = filters.map { (LineTest($0.test), $0.isNegated) }
    }

    func overlaps(_ minTime: Int64, _ maxTime: Int64) -> Bool { start <= maxTime && minTime < end }

    func concerns(_ labels: Labels) -> Bool { matchers.allSatisfy { $0.matches(labels) } }
}
