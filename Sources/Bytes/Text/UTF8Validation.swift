/// Whether bytes are UTF-8, and text from bytes that perhaps are not.
package enum UTF8Validation {
    package static func isValid(_ bytes: Span<UInt8>) -> Bool {
        var index = 0
        let count = bytes.count
        while index < count {
            let length = sequenceLength(bytes, at: index)
            if length == 0 { return false }
            index &+= length
        }
        return true
    }

    package static func isValid(_ bytes: [UInt8]) -> Bool { isValid(bytes.span) }

    package static func isValid(_ bytes: [UInt8], range: Range<Int>) -> Bool {
        isValid(bytes.span.extracting(range))
    }

    /// Offset of the first byte that begins no valid sequence; nil when all is valid.
    package static func firstInvalidOffset(_ bytes: Span<UInt8>) -> Int? {
        var index = 0
        while index < bytes.count {
            let length = sequenceLength(bytes, at: index)
            if length == 0 { return index }
            index &+= length
        }
        return nil
    }

    /// The text, with U+FFFD in place of each ill-formed part.
    package static func repaired(_ bytes: Span<UInt8>) -> String {
        unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    package static func repaired(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// Bytes of the well-formed sequence at `index`, 0 when there is none (Unicode 15, table 3-7).
    @inline(__always)
    package static func sequenceLength(_ bytes: Span<UInt8>, at index: Int) -> Int {
        let first = bytes[index]
        if first < 0x80 { return 1 }
        let left = bytes.count &- index
        if first < 0xc2 || first > 0xf4 || left < 2 { return 0 }
        let second = bytes[index &+ 1]
        if first < 0xe0 { return second & 0xc0 == 0x80 ? 2 : 0 }
        let lowest: UInt8 = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80
        let highest: UInt8 = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf
        if second < lowest || second > highest || left < 3 || bytes[index &+ 2] & 0xc0 != 0x80 { return 0 }
        if first < 0xf0 { return 3 }
        return left >= 4 && bytes[index &+ 3] & 0xc0 == 0x80 ? 4 : 0
    }
}
