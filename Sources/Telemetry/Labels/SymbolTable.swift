import Bytes

/// The distinct strings of one answer, numbered, so that grouping and matching compare numbers.
///
/// The strings stand one behind the other in one array: a symbol costs no allocation of its own, and becomes a `String` only where somebody
/// wants one.
/// - Ownership: built by one writer, then shared as an immutable value.
package struct SymbolTable: Sendable {
    /// All strings as UTF-8, without anything between them.
    package private(set) var bytes: [UInt8] = []
    private var ends: [Int] = []
    private var numbers = NumberTable()

    package init() {}

    package var count: Int { ends.count }

    package subscript(symbol: UInt32) -> String { String(decoding: bytes[range(symbol)], as: UTF8.self) }

    /// Where the bytes of a symbol stand in `bytes`.
    package func range(_ symbol: UInt32) -> Range<Int> { (symbol == 0 ? 0 : ends[Int(symbol) - 1])..<ends[Int(symbol)] }

    /// The number of a string that the table has.
    package func symbol(of string: String) -> UInt32? {
        let text = string.utf8.span
        return find(text, Hash64.hash(text)).map { UInt32($0) }
    }

    package mutating func insert(_ string: String) -> UInt32 { insert(string.utf8.span) }

    /// - Parameter string: UTF-8.
    package mutating func insert(_ string: Span<UInt8>) -> UInt32 {
        let hash = Hash64.hash(string)
        if let number = find(string, hash) { return UInt32(number) }
        numbers.insert(hash, ends.count)
        bytes.append(span: string)
        ends.append(bytes.count)
        return UInt32(ends.count - 1)
    }

    private func find(_ string: Span<UInt8>, _ hash: UInt64) -> Int? {
        let count = string.count
        return numbers.find(hash) { number in
            let range = range(UInt32(truncatingIfNeeded: number))
            return range.count == count && ByteSearch.compare(bytes.span.extracting(range), string) == 0
        }
    }
}

/// A string compared by its bytes: Swift's own `==` would merge names that differ only in Unicode composition.
package struct ByteExact: Hashable, Comparable, Sendable {
    package let string: String

    package init(_ string: String) { self.string = string }

    package static func == (left: ByteExact, right: ByteExact) -> Bool { ByteSearch.compare(left.string.utf8.span, right.string.utf8.span) == 0 }

    package static func < (left: ByteExact, right: ByteExact) -> Bool {
        ByteSearch.compare(left.string.utf8.span, right.string.utf8.span) < 0
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(Hash64.hash(string.utf8.span))
    }
}

/// The label sets of many series as one flat column of symbols: name, value, name, value …, sorted by name within a series.
package struct LabelColumn: Sendable {
    package var symbols = SymbolTable()
    private var flat: [UInt32] = []
    private var ends: [Int] = []

    package init() {}

    package var count: Int { ends.count }

    package mutating func append(_ labels: Labels) {
        labels.forEachRange { name, value in
            flat.append(symbols.insert(labels.encoded.span.extracting(name)))
            flat.append(symbols.insert(labels.encoded.span.extracting(value)))
            return true
        }
        ends.append(flat.count)
    }

    /// Appends a set whose names and values are already symbols of this table, in the byte order of the names.
    package mutating func append(symbolPairs: [UInt32]) {
        precondition(symbolPairs.count % 2 == 0, "a label set is pairs of symbols")
        flat.append(contentsOf: symbolPairs)
        ends.append(flat.count)
    }

    /// The symbols of one series: name and value in turn.
    package subscript(series: Int) -> ArraySlice<UInt32> {
        flat[(series == 0 ? 0 : ends[series - 1])..<ends[series]]
    }

    package func value(of name: UInt32, series: Int) -> UInt32? {
        let pairs = self[series]
        var index = pairs.startIndex
        while index < pairs.endIndex {
            if pairs[index] == name { return pairs[index + 1] }
            index += 2
        }
        return nil
    }

    /// The label set in canonical form, for results.
    package func labels(_ series: Int) -> Labels {
        let pairs = self[series]
        var writer = ByteWriter(capacity: pairs.count * 12)
        for symbol in pairs { writer.appendLengthPrefixed(symbols.bytes[symbols.range(symbol)]) }
        return Labels(canonical: writer.bytes)
    }
}
