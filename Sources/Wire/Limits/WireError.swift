package import Bytes

/// A body that cannot be taken at all.
package struct WireError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// Not the protocol's form: HTTP 400.
        case malformed
        /// Over a limit: HTTP 413.
        case tooLarge
        /// A form this process does not speak: HTTP 415.
        case unsupported
    }

    package var code: Code
    /// One line: what cannot be read, where, and why.
    package var description: String
    /// Where in the (decompressed) body, if known.
    package var offset: Int?

    package init(_ code: Code, _ description: String, offset: Int? = nil) {
        self.code = code
        self.description = description
        self.offset = offset
    }

    package init(_ corrupt: CorruptBytes, in what: String) {
        self.init(.malformed, "cannot decode \(what): \(corrupt)", offset: corrupt.offset)
    }

    package init(_ json: JSONError, in what: String) {
        self.init(.malformed, "cannot decode \(what): \(json)", offset: json.offset)
    }
}

/// What became of a body that was well-formed.
package struct WireOutcome: Equatable, Sendable {
    package var samples = 0
    package var histograms = 0
    package var exemplars = 0
    package var entries = 0
    package var refusedSeries = 0
    package var refusedItems = 0
    /// The first few reasons, each naming its series.
    package private(set) var reasons: [String] = []

    /// More reasons than that would only fill logs.
    private static let reasonLimit = 10

    package init() {}

    package var isComplete: Bool { refusedSeries == 0 && refusedItems == 0 }

    /// Counts one series as refused, with what it held.
    mutating func refuse(_ reason: String, items: Int) {
        refusedSeries += 1
        refusedItems += items
        addReason(reason)
    }

    package mutating func addReason(_ reason: String) {
        if reasons.count < Self.reasonLimit { reasons.append(reason) }
    }
}
