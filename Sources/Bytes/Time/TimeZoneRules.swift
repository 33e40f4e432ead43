/// The offsets of a time zone from UTC, past and future, as the zone database has them.
///
/// - Source: RFC 9636 (TZif) and POSIX's `TZ` variable for the times after the last transition.
package struct TimeZoneRules: Sendable, Equatable {
    /// Times in seconds since the epoch from which the period of the same index holds; sorted.
    private var transitions: [Int64] = []
    private var periods: [Period] = []
    /// Before the first transition.
    private var first = Period(offset: 0, abbreviation: "UTC")
    /// After the last.
    private var rule: PosixTimeZone?

    /// What holds from one transition to the next.
    package struct Period: Sendable, Equatable {
        /// Seconds that local time is ahead of UTC.
        package var offset: Int
        /// `CEST`; of zones without a name of their own `+03`.
        package var abbreviation: String

        package init(offset: Int, abbreviation: String) {
            self.offset = offset
            self.abbreviation = abbreviation
        }
    }

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
    package func offset(at seconds: Int64) -> Int { period(at: seconds).offset }

    package func period(at seconds: Int64) -> Period {
        if let rule, transitions.last.map({ seconds >= $0 }) ?? true { return rule.period(at: seconds) }
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? first : periods[low - 1]
    }

    /// Seconds that local time is ahead of UTC while the zone has the abbreviation, at the instant if it has it then; nil when it never has it.
    package func offset(abbreviated name: String, at seconds: Int64) -> Int? {
        let now = period(at: seconds)
        if now.abbreviation == name { return now.offset }
        let known = rule.map { [$0.standard] + ($0.summer.map { [$0.period] } ?? []) } ?? []
        return (known + periods.reversed() + [first]).first { $0.abbreviation == name }?.offset
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
        let types = (0..<header.types).map { _ -> (offset: Int, name: Int) in
            let offset = Int(reader.int32())
            reader.place += 1
            return (offset, Int(reader.byte()))
        }
        guard kinds.allSatisfy({ $0 < types.count }), types.allSatisfy({ $0.name < header.characters }) else { return false }
        let names = reader.bytes[reader.place..<reader.place + header.characters]
        let found = types.map { type in
            Period(offset: type.offset, abbreviation: String(decoding: names.dropFirst(type.name).prefix { $0 != 0 }, as: UTF8.self))
        }
        periods = kinds.map { found[$0] }
        first = found[0]
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
