private import CPosix

/// CRC-32C (Castagnoli), the checksum of every section and record that rests on disk.
///
/// - Source: RFC 3720, appendix B.4. Uses the CPU's instruction where there is one.
package enum CRC32C {
    /// Continues from `seed`, the checksum of the bytes before; 0 to begin.
    package static func checksum(_ bytes: Span<UInt8>, seed: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBufferPointer { unsafe csystem_crc32c(seed, $0.baseAddress, $0.count) }
    }

    package static func checksum(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
        checksum(bytes.span, seed: seed)
    }

    package static func checksum(_ bytes: [UInt8], range: Range<Int>, seed: UInt32 = 0) -> UInt32 {
        checksum(bytes.span.extracting(range), seed: seed)
    }

    package static func checksum(_ bytes: ArraySlice<UInt8>, seed: UInt32 = 0) -> UInt32 {
        checksum(bytes.span, seed: seed)
    }

    /// The table-driven form, to compare with.
    static func portableChecksum(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBufferPointer { unsafe csystem_crc32c_portable(seed, $0.baseAddress, $0.count) }
    }
}
