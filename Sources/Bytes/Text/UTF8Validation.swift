/// Whether bytes are UTF-8, and text from bytes that perhaps are not.
package enum UTF8Validation {
    package static func isValid(_ bytes: Span<UInt8>) -> Bool {
        firstInvalidOffset(bytes) == nil
    }

    package static func isValid(_ bytes: [UInt8]) -> Bool { isValid(bytes.span) }

    package static func isValid(_ bytes: [UInt8], range: Range<Int>) -> Bool {
        isValid(bytes.span.extracting(range))
    }

    /// Offset of the first byte that begins no valid sequence; nil when all is valid.
    package static func firstInvalidOffset(_ bytes: Span<UInt8>) -> Int? {
        var index = asciiEnd(bytes, from: 0)
        while index < bytes.count {
            let length = sequenceLength(bytes, at: index)
            if length == 0 { return index }
            index = asciiEnd(bytes, from: index &+ length)
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

    /// The end of the whole words of ASCII that begin at `start`, eight bytes at a time.
    @inline(__always)
    private static func asciiEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            let raw = UnsafeRawBufferPointer(buffer)
            var index = start
            while index &+ 8 <= raw.count {
                if unsafe raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { break }
                index &+= 8
            }
            return index
        }
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
