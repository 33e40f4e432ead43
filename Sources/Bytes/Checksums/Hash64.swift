/// The 64-bit hash that identifies label sets, log streams and words; it rests on disk and never changes.
///
/// Two words at a time are folded through a 64 × 64 → 128-bit product (the wyhash family). Fast and well spread from 8 to 300 bytes; no
/// defence against someone who chooses inputs to collide, so whoever looks up by it compares the bytes too.
/// - Source: `docs/formats/hash64.md`, with test vectors.
package enum Hash64 {
    // Odd; four bits set in every byte; any two differ in 32 bits.
    private static let key0: UInt64 = 0x590f_274d_cad2_55c5
    private static let key1: UInt64 = 0xe26a_59e4_0f4d_59c5
    private static let key2: UInt64 = 0xcc27_5cc6_e136_9c2d
    private static let key3: UInt64 = 0xe893_4d17_4e4e_a693

    /// Folds two words into one; also what combines two hashes into one, in order.
    @inline(__always)
    package static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    package static func hash(_ bytes: Span<UInt8>, seed: UInt64 = 0) -> UInt64 {
        unsafe bytes.withUnsafeBufferPointer { unsafe hash(UnsafeRawBufferPointer($0), seed: seed) }
    }

    package static func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe hash($0, seed: seed) }
    }

    package static func hash(_ bytes: [UInt8], range: Range<Int>, seed: UInt64 = 0) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe hash(UnsafeRawBufferPointer(rebasing: $0[range]), seed: seed) }
    }

    package static func hash(_ bytes: ArraySlice<UInt8>, seed: UInt64 = 0) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe hash($0, seed: seed) }
    }

    package static func hash(_ text: String, seed: UInt64 = 0) -> UInt64 {
        var text = text
        return text.withUTF8 { unsafe hash(UnsafeRawBufferPointer($0), seed: seed) }
    }

    static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        let count = bytes.count
        var state = seed ^ key0
        var a: UInt64 = 0
        var b: UInt64 = 0
        if count <= 16 {
            if count >= 4 {
                let middle = (count &>> 3) &<< 2
                a = unsafe word32(bytes, 0) &<< 32 | word32(bytes, middle)
                b = unsafe word32(bytes, count &- 4) &<< 32 | word32(bytes, count &- 4 &- middle)
            } else if count > 0 {
                a = unsafe UInt64(bytes[0]) &<< 16 | UInt64(bytes[count &>> 1]) &<< 8 | UInt64(bytes[count &- 1])
            }
        } else {
            var offset = 0
            if count > 48 {
                // Three independent products a step keep the multiplier busy.
                var second = state
                var third = state
                while count &- offset > 48 {
                    state = unsafe mix(word64(bytes, offset) ^ key1, word64(bytes, offset &+ 8) ^ state)
                    second = unsafe mix(word64(bytes, offset &+ 16) ^ key2, word64(bytes, offset &+ 24) ^ second)
                    third = unsafe mix(word64(bytes, offset &+ 32) ^ key3, word64(bytes, offset &+ 40) ^ third)
                    offset &+= 48
                }
                state ^= second ^ third
            }
            while count &- offset > 16 {
                state = unsafe mix(word64(bytes, offset) ^ key1, word64(bytes, offset &+ 8) ^ state)
                offset &+= 16
            }
            a = unsafe word64(bytes, count &- 16)
            b = unsafe word64(bytes, count &- 8)
        }
        let product = (a ^ key1).multipliedFullWidth(by: b ^ state)
        return mix(product.low ^ key0 ^ UInt64(count), product.high ^ key1)
    }

    @inline(__always)
    private static func word64(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    private static func word32(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(UInt32(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
}
