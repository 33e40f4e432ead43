package import Bytes

/// The label set that identifies a series or a log stream, in canonical encoding.
///
/// The encoding is, for each pair in the byte order of the names: varint length and bytes of the name, varint length and bytes of the
/// value. Names are unique and values never empty (a label with an empty value is the same as no label). Equal sets have equal bytes,
/// so equality and hashing never look inside. The hash is `Hash64` of the bytes and rests on disk.
/// - Source: the canonical form is described in `docs/formats/labels.md`.
package struct Labels: Hashable, Sendable {
    /// The canonical encoding.
    package let encoded: [UInt8]
    /// `Hash64` of `encoded`.
    package let hash: UInt64

    package static let empty = Labels(canonical: [])

    /// The name under which a metric's own name is stored as a label.
    package static let metricName = "__name__"

    /// Wraps bytes that are already canonical.
    ///
    /// - Invariant: the caller has validated them; a decoder of foreign bytes goes through `Labels(validating:)`.
    package init(canonical: [UInt8]) {
        encoded = canonical
        hash = Hash64.hash(canonical)
    }

    package init(canonical: [UInt8], hash: UInt64) {
        encoded = canonical
        self.hash = hash
    }

    /// Sorts the pairs, drops those with an empty value, and lets the last of several pairs of one name win.
    package init(_ pairs: some Sequence<(name: String, value: String)>) {
        var builder = LabelsBuilder()
        for (name, value) in pairs { builder.set(name, value) }
        self = builder.labels
    }

    package init(_ pairs: KeyValuePairs<String, String>) {
        self.init(pairs.lazy.map { (name: $0.key, value: $0.value) })
    }

    /// Checks bytes that came from a disk or a wire: lengths, order, uniqueness, no empty name or value.
    package init(validating bytes: [UInt8]) throws(CorruptBytes) {
        var reader = ByteReader(bytes)
        var previous: Range<Int>?
        while !reader.isAtEnd {
            let start = reader.offset
            let name = try reader.readLengthPrefixed()
            let value = try reader.readLengthPrefixed()
            guard !name.isEmpty, !value.isEmpty else {
                throw CorruptBytes("label set", offset: start, expected: "a name and a value that are not empty")
            }
            if let previous, !bytes[previous].lexicographicallyPrecedes(bytes[name]) {
                throw CorruptBytes("label set", offset: start, expected: "names in rising order")
            }
            previous = name
        }
        self.init(canonical: bytes)
    }

    package static func == (left: Labels, right: Labels) -> Bool {
        left.hash == right.hash && left.encoded == right.encoded
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(hash) }

    package var isEmpty: Bool { encoded.isEmpty }

    package var count: Int {
        var count = 0
        forEachRange { _, _ in
            count += 1
            return true
        }
        return count
    }

    /// The pairs in the byte order of their names.
    package var pairs: [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        forEachRange { name, value in
            pairs.append((string(name), string(value)))
            return true
        }
        return pairs
    }

    /// The value of a label, or nil when the set does not have it. Complexity: linear in the encoded bytes, no allocation but the result.
    package subscript(name: String) -> String? {
        valueRange(of: name).map(string)
    }

    package var metricName: String? { self[Labels.metricName] }

    /// Where the value of a label stands in `encoded`.
    package func valueRange(of name: String) -> Range<Int>? {
        var found: Range<Int>?
        let count = name.utf8.count
        forEachRange { nameRange, valueRange in
            guard nameRange.count == count else { return true }
            if encoded[nameRange].elementsEqual(name.utf8) {
                found = valueRange
                return false
            }
            return true
        }
        return found
    }

    /// Visits the byte ranges of each pair within `encoded` until the body returns false.
    package func forEachRange(_ body: (_ name: Range<Int>, _ value: Range<Int>) -> Bool) {
        var offset = 0
        func length() -> Int {
            var value = 0
            var shift = 0
            while true {
                let byte = Int(encoded[offset])
                offset &+= 1
                value |= (byte & 0x7f) << shift
                if byte < 0x80 { return value }
                shift &+= 7
            }
        }
        while offset < encoded.count {
            let nameCount = length()
            let name = offset..<offset + nameCount
            offset = name.upperBound
            let valueCount = length()
            let value = offset..<offset + valueCount
            offset = value.upperBound
            if !body(name, value) { return }
        }
    }

    package func string(_ range: Range<Int>) -> String { String(decoding: encoded[range], as: UTF8.self) }
}

extension Labels: Comparable {
    /// Orders by the first differing pair: name first, then value; a prefix comes first.
    package static func < (left: Labels, right: Labels) -> Bool {
        // As long as all parts are equal both encodings are at the same offset.
        let (mine, other) = (left.encoded.span, right.encoded.span)
        var offset = 0
        while offset < mine.count {
            guard offset < other.count else { return false }
            var (place, otherPlace) = (offset, offset)
            let (count, otherCount) = (length(mine, &place), length(other, &otherPlace))
            let order = ByteSearch.compare(
                mine.extracting(place..<place + count), other.extracting(otherPlace..<otherPlace + otherCount))
            if order != 0 { return order < 0 }
            offset = place + count
        }
        return offset < other.count
    }

    @inline(__always)
    private static func length(_ bytes: Span<UInt8>, _ offset: inout Int) -> Int {
        var value = 0
        var shift = 0
        while true {
            let byte = Int(bytes[offset])
            offset &+= 1
            value |= (byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
    }
}

extension Labels: CustomStringConvertible {
    /// `{app="web",pod="web-1"}`, as both languages write a selector.
    package var description: String {
        "{" + pairs.map { "\($0.name)=\"\(Self.escape($0.value))\"" }.joined(separator: ",") + "}"
    }

    static func escape(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
