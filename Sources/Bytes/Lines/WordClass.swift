private import CPosix

/// What characters a word is made of, one bit per class; a byte without a class ends a word.
///
/// Words are runs of ASCII letters, digits, `_` and bytes from 128 on. A word that holds a digit is a variable of its line.
/// - Source: `docs/formats/logs-part.md`; the classes rest on disk as column stamps.
package struct WordClass: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let digit = WordClass(rawValue: 1)
    /// `a` to `f`.
    package static let lowerHex = WordClass(rawValue: 2)
    /// `A` to `F`.
    package static let upperHex = WordClass(rawValue: 4)
    package static let lower = WordClass(rawValue: 8)
    package static let upper = WordClass(rawValue: 16)
    package static let underscore = WordClass(rawValue: 32)
    package static let high = WordClass(rawValue: 64)

    @inline(__always)
    package static func of(_ byte: UInt8) -> WordClass { WordClass(rawValue: rawClass(byte)) }

    /// The class bits of a byte; 0 ends a word.
    @inline(__always)
    static func rawClass(_ byte: UInt8) -> UInt8 { table[Int(byte)] }

    static let table: [UInt8] = (0..<256).map { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): 1
        case UInt8(ascii: "a")...UInt8(ascii: "f"): 2
        case UInt8(ascii: "A")...UInt8(ascii: "F"): 4
        case UInt8(ascii: "g")...UInt8(ascii: "z"): 8
        case UInt8(ascii: "G")...UInt8(ascii: "Z"): 16
        case UInt8(ascii: "_"): 32
        case 128...255: 64
        default: 0
        }
    }

    /// The classes of all bytes, delimiters left out.
    package static func union(_ bytes: some Sequence<UInt8>) -> WordClass {
        WordClass(rawValue: bytes.reduce(0) { $0 | rawClass($1) })
    }

    /// The same of a run of bytes, many at a time.
    static func union(_ bytes: [UInt8], _ range: Range<Int>) -> WordClass {
        WordClass(rawValue: unsafe bytes.span.extracting(range).withUnsafeBufferPointer { unsafe csystem_word_classes($0.baseAddress, $0.count) })
    }

    package static func isWord(_ byte: UInt8) -> Bool { rawClass(byte) != 0 }
}
