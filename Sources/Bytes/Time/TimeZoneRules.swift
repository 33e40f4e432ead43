/// The offsets of a time zone from UTC, past and future, as the zone database has them.
///
/// - Source: RFC 9636 (TZif) and POSIX's `TZ` variable for the times after the last transition.
package struct TimeZoneRules: Sendable, Equatable {
    /// Times in seconds since the epoch from which the offset of the same index holds; sorted.
    private var transitions: [Int64] = []
    private var offsets: [Int] = []
    /// Before the first transition.
    private var firstOffset = 0
    /// After the last.
    private var rule: PosixTimeZone?

    package static let utc = TimeZoneRules()

    private init() {}

    /// A zone of one rule, as POSIX writes it; nil when the text is none.
    package init?(posix text: String) {
        guard let rule = PosixTimeZone(text) else { return nil }
        self.rule = rule
    }

    /// Reads a file of the zone database; nil when it is none.
    package init?(tzif bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        guard let first = reader.header() else { return nil }
        if first.version >= UInt8(ascii: "2") {
            reader.place += first.bodyLength(timeSize: 4)
            guard let second = reader.header(), readBody(second, timeSize: 8, &reader) else { return nil }
            let footer = String(decoding: bytes.dropFirst(reader.place), as: UTF8.self).split(separator: "\n")
            rule = footer.first.flatMap { PosixTimeZone(String($0)) }
        } else {
            guard readBody(first, timeSize: 4, &reader) else { return nil }
        }
    }

    /// Seconds that local time is ahead of UTC.
    package func offset(at seconds: Int64) -> Int {
        if let rule, transitions.last.map({ seconds >= $0 }) ?? true { return rule.offset(at: seconds) }
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? firstOffset : offsets[low - 1]
    }

    /// The instant of a local time given as seconds on a clock without a zone. What comes twice is the first; what is left out, when clocks are
    /// set forward, comes as much later.
    package func instant(local: Int64) -> Int64 {
        let before = local - Int64(offset(at: local - 86_400))
        if before + Int64(offset(at: before)) == local { return before }
        let after = local - Int64(offset(at: local + 86_400))
        return after + Int64(offset(at: after)) == local ? after : before
    }

    private mutating func readBody(_ header: Header, timeSize: Int, _ reader: inout Reader) -> Bool {
        guard header.types > 0, reader.bytes.count - reader.place >= header.bodyLength(timeSize: timeSize) else { return false }
        for _ in 0..<header.times { transitions.append(timeSize == 8 ? reader.int64() : Int64(reader.int32())) }
        let kinds = (0..<header.times).map { _ in Int(reader.byte()) }
        var types: [Int] = []
        for _ in 0..<header.types {
            types.append(Int(reader.int32()))
            reader.place += 2
        }
        guard kinds.allSatisfy({ $0 < types.count }) else { return false }
        offsets = kinds.map { types[$0] }
        firstOffset = types[0]
        reader.place += header.characters + header.leaps * (timeSize + 4) + header.standards + header.universals
        return true
    }

    private struct Header {
        var version: UInt8
        var universals: Int
        var standards: Int
        var leaps: Int
        var times: Int
        var types: Int
        var characters: Int

        func bodyLength(timeSize: Int) -> Int { times * (timeSize + 1) + types * 6 + characters + leaps * (timeSize + 4) + standards + universals }
    }

    private struct Reader {
        var bytes: [UInt8]
        var place = 0

        mutating func byte() -> UInt8 {
            defer { place += 1 }
            return bytes[place]
        }

        mutating func int32() -> Int32 { Int32(truncatingIfNeeded: (0..<4).reduce(Int64(0)) { value, _ in value << 8 | Int64(byte()) }) }

        mutating func int64() -> Int64 { (0..<8).reduce(Int64(0)) { value, _ in value << 8 | Int64(byte()) } }

        mutating func header() -> Header? {
            guard bytes.count - place >= 44, bytes[place..<place + 4].elementsEqual("TZif".utf8) else { return nil }
            let version = bytes[place + 4]
            place += 20
            let counts = (0..<6).map { _ in Int(int32()) }
            guard counts.allSatisfy({ $0 >= 0 && $0 < 1 << 20 }) else { return nil }
            return Header(
                version: version, universals: counts[0], standards: counts[1], leaps: counts[2], times: counts[3], types: counts[4],
                characters: counts[5])
        }
    }
}
