private import CPosix

/// Where the words of a text lie and where its digits do, one bit a byte: the next word, digit or end is found by counting zeros instead of
/// looking at bytes one by one.
///
/// - Invariant: bits behind the text are zero, and so is one more number, so that looking for a word's end always ends.
struct WordMasks {
    private let words: [UInt64]
    private let digits: [UInt64]

    /// `bytes` are `count` bytes of a text.
    init(_ bytes: RawBytes, count: Int) {
        let blocks = (count + 63) / 64
        var digits: [UInt64] = []
        words = unsafe [UInt64](unsafeUninitializedCapacity: blocks + 1) { words, initialized in
            digits = unsafe [UInt64](unsafeUninitializedCapacity: blocks + 1) { digits, initialized in
                if count > 0 {
                    unsafe csystem_word_masks(bytes.buffer(0, count).baseAddress!, count, words.baseAddress!, digits.baseAddress!)
                }
                unsafe (digits.baseAddress! + blocks).initialize(to: 0)
                initialized = blocks + 1
            }
            unsafe (words.baseAddress! + blocks).initialize(to: 0)
            initialized = blocks + 1
        }
        self.digits = digits
    }

    /// Calls `body` with the masks in place, for loops that ask many times.
    @inline(__always)
    func withCursor<Result>(_ body: (Cursor) -> Result) -> Result {
        unsafe words.withUnsafeBytes { words in
            unsafe digits.withUnsafeBytes { digits in
                body(unsafe Cursor(words: RawBytes(words.baseAddress!), digits: RawBytes(digits.baseAddress!)))
            }
        }
    }

    /// - Precondition of all its calls: places lie in the text, or are its end.
    struct Cursor {
        fileprivate let words: RawBytes
        fileprivate let digits: RawBytes

        /// The first digit from `start` on, or `end` when there is none before.
        @inline(__always)
        func digit(from start: Int, to end: Int) -> Int { Self.first(digits, from: start, to: end, flipped: 0) }

        /// The first byte of a word from `start` on, or `end` when there is none before.
        @inline(__always)
        func word(from start: Int, to end: Int) -> Int { Self.first(words, from: start, to: end, flipped: 0) }

        /// Where the word that `place` belongs to ends, `end` at most.
        @inline(__always)
        func wordEnd(from place: Int, to end: Int) -> Int { Self.first(words, from: place, to: end, flipped: .max) }

        /// Where the word that `place` belongs to begins, `start` at least.
        @inline(__always)
        func wordStart(at place: Int, from start: Int) -> Int {
            var block = place &>> 6
            // Bytes before `place` that are in no word.
            var mask = ~words.load(block &* 8, as: UInt64.self) & (1 &<< UInt64(truncatingIfNeeded: place & 63) &- 1)
            while mask == 0 {
                if block &<< 6 <= start { return start }
                block &-= 1
                mask = ~words.load(block &* 8, as: UInt64.self)
            }
            return max(start, block &<< 6 &+ 64 &- mask.leadingZeroBitCount)
        }

        @inline(__always)
        private static func first(_ masks: RawBytes, from start: Int, to end: Int, flipped: UInt64) -> Int {
            if start >= end { return end }
            var block = start &>> 6
            var mask = (masks.load(block &* 8, as: UInt64.self) ^ flipped) & (.max &<< UInt64(truncatingIfNeeded: start & 63))
            while mask == 0 {
                block &+= 1
                if block &<< 6 >= end { return end }
                mask = masks.load(block &* 8, as: UInt64.self) ^ flipped
            }
            return min(end, block &<< 6 &+ mask.trailingZeroBitCount)
        }
    }
}
