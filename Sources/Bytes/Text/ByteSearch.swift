private import CPosix

/// Exact substring search over bytes.
package enum ByteSearch {
    /// Offset of the first occurrence of `needle` at or after `start`; an empty needle is found at `start`.
    package static func firstRange(of needle: Span<UInt8>, in haystack: Span<UInt8>, from start: Int = 0) -> Int? {
        precondition(start >= 0 && start <= haystack.count, "a search starts inside its haystack")
        let found = unsafe haystack.withUnsafeBufferPointer { all in
            unsafe needle.withUnsafeBufferPointer { part in
                let rest = unsafe UnsafeBufferPointer(rebasing: all[start...])
                return unsafe csystem_memmem(rest.baseAddress, rest.count, part.baseAddress, part.count)
            }
        }
        return found < 0 ? nil : start + found
    }

    package static func firstRange(of needle: [UInt8], in haystack: Span<UInt8>, from start: Int = 0) -> Int? {
        firstRange(of: needle.span, in: haystack, from: start)
    }

    package static func firstRange(of needle: [UInt8], in haystack: [UInt8], from start: Int = 0) -> Int? {
        firstRange(of: needle.span, in: haystack.span, from: start)
    }

    /// The same within `range`; the offset counts from the start of `haystack`.
    package static func firstRange(of needle: [UInt8], in haystack: [UInt8], range: Range<Int>) -> Int? {
        guard let found = firstRange(of: needle.span, in: haystack.span.extracting(range)) else { return nil }
        return range.lowerBound + found
    }

    package static func contains(_ needle: [UInt8], in haystack: Span<UInt8>) -> Bool {
        firstRange(of: needle.span, in: haystack) != nil
    }

    package static func contains(_ needle: [UInt8], in haystack: [UInt8]) -> Bool {
        firstRange(of: needle.span, in: haystack.span) != nil
    }

    /// How many times `needle` occurs without overlap; an empty needle never counts.
    package static func count(of needle: [UInt8], in haystack: Span<UInt8>) -> Int {
        guard !needle.isEmpty else { return 0 }
        var found = 0
        var start = 0
        while let hit = firstRange(of: needle.span, in: haystack, from: start) {
            found += 1
            start = hit + needle.count
        }
        return found
    }

    package static func firstIndex(of byte: UInt8, in haystack: Span<UInt8>, from start: Int = 0) -> Int? {
        precondition(start >= 0 && start <= haystack.count, "a search starts inside its haystack")
        let found = unsafe haystack.withUnsafeBufferPointer { all in
            let rest = unsafe UnsafeBufferPointer(rebasing: all[start...])
            return unsafe csystem_memchr(rest.baseAddress, rest.count, byte)
        }
        return found < 0 ? nil : start + found
    }

    package static func firstIndex(of byte: UInt8, in haystack: [UInt8], from start: Int = 0) -> Int? {
        firstIndex(of: byte, in: haystack.span, from: start)
    }

    package static func lastIndex(of byte: UInt8, in haystack: Span<UInt8>) -> Int? {
        let found = unsafe haystack.withUnsafeBufferPointer { unsafe csystem_memrchr($0.baseAddress, $0.count, byte) }
        return found < 0 ? nil : found
    }

    package static func lastIndex(of byte: UInt8, in haystack: [UInt8]) -> Int? {
        lastIndex(of: byte, in: haystack.span)
    }

    // MARK: Comparing parts of one text

    /// Below, at or above zero as the left bytes come before, equal or follow the right ones.
    package static func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int {
        unsafe left.withUnsafeBufferPointer { left in
            unsafe right.withUnsafeBufferPointer { right in
                let shared = min(left.count, right.count)
                let (mine, other) = (UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
                var index = 0
                while index &+ 8 <= shared {
                    let a = unsafe mine.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    let b = unsafe other.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    if a != b { return UInt64(bigEndian: a) < UInt64(bigEndian: b) ? -1 : 1 }
                    index &+= 8
                }
                while index < shared {
                    let (a, b) = unsafe (left[index], right[index])
                    if a != b { return a < b ? -1 : 1 }
                    index &+= 1
                }
                return left.count &- right.count
            }
        }
    }

    /// Orders two ranges of `bytes` as byte strings: negative, zero or positive.
    package static func compare(_ bytes: Span<UInt8>, _ a: Range<Int>, _ b: Range<Int>) -> Int {
        precondition(
            a.lowerBound >= 0 && a.upperBound <= bytes.count && b.lowerBound >= 0 && b.upperBound <= bytes.count,
            "a range lies inside its source")
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            let shared = min(a.count, b.count)
            var index = 0
            while index < shared {
                let left = unsafe bytes[a.lowerBound &+ index]
                let right = unsafe bytes[b.lowerBound &+ index]
                if left != right { return left < right ? -1 : 1 }
                index &+= 1
            }
            return a.count &- b.count
        }
    }

    package static func equal(_ bytes: Span<UInt8>, _ a: Range<Int>, _ b: Range<Int>) -> Bool {
        a.count == b.count && compare(bytes, a, b) == 0
    }

    /// Whether a range of `bytes` holds exactly this text.
    package static func equal(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        var index = 0
        while index < text.utf8CodeUnitCount {
            if unsafe bytes[range.lowerBound &+ index] != text.utf8Start[index] { return false }
            index &+= 1
        }
        return true
    }

    // MARK: ASCII letters in either case

    @inline(__always)
    package static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// As `firstRange`, taking ASCII letters of either case as equal; `needle` may have any case.
    ///
    /// - Complexity: one pass over the haystack, in which places that have two rare bytes of the needle are compared.
    package static func firstRangeIgnoringCase(
        of needle: Span<UInt8>, in haystack: Span<UInt8>, from start: Int = 0
    ) -> Int? {
        if needle.count == 0 { return start }
        guard start <= haystack.count - needle.count else { return nil }
        precondition(start >= 0, "a search starts inside its haystack")
        var isLower = true
        var index = 0
        while index < needle.count {
            if lowercased(needle[index]) != needle[index] { isLower = false }
            index &+= 1
        }
        if !isLower {
            var folded: [UInt8] = []
            folded.reserveCapacity(needle.count)
            for index in 0..<needle.count { folded.append(lowercased(needle[index])) }
            return firstRangeIgnoringCase(of: folded.span, in: haystack, from: start)
        }
        let found = unsafe haystack.withUnsafeBufferPointer { all in
            unsafe needle.withUnsafeBufferPointer { part in
                let rest = unsafe UnsafeBufferPointer(rebasing: all[start...])
                return unsafe csystem_memmem_folded(rest.baseAddress, rest.count, part.baseAddress, part.count)
            }
        }
        return found < 0 ? nil : start + found
    }

    package static func firstRangeIgnoringCase(
        of needle: [UInt8], in haystack: Span<UInt8>, from start: Int = 0
    ) -> Int? {
        firstRangeIgnoringCase(of: needle.span, in: haystack, from: start)
    }

    package static func containsIgnoringCase(_ needle: [UInt8], in haystack: Span<UInt8>) -> Bool {
        firstRangeIgnoringCase(of: needle.span, in: haystack) != nil
    }

    package static func containsIgnoringCase(_ needle: [UInt8], in haystack: [UInt8]) -> Bool {
        firstRangeIgnoringCase(of: needle.span, in: haystack.span) != nil
    }
}
