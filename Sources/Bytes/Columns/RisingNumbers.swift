/// Rising numbers as varints of their differences: posting lists.
package enum RisingNumbers {
    package static func encode(_ numbers: [UInt32], into output: inout [UInt8]) {
        var previous: UInt32 = 0
        for number in numbers {
            Varint.append(UInt64(number &- previous), to: &output)
            previous = number
        }
    }

    /// Decodes a list whose bytes were checked before; numbers that are not there are left out.
    package static func decode(_ bytes: [UInt8], at start: Int, count: Int) -> [UInt32] {
        precondition(start >= 0 && start <= bytes.count, "a list begins inside its bytes")
        let limit = bytes.count
        return unsafe [UInt32](unsafeUninitializedCapacity: count) { list, written in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                var offset = start
                var number: UInt32 = 0
                while written < count {
                    var difference: UInt32 = 0
                    var shift: UInt32 = 0
                    var byte: UInt8 = 0x80
                    while byte >= 0x80 {
                        if offset >= limit { return }
                        byte = unsafe bytes[offset]
                        difference |= UInt32(byte & 0x7f) &<< shift
                        shift &+= 7
                        offset &+= 1
                    }
                    number &+= difference
                    unsafe list.initializeElement(at: written, to: number)
                    written &+= 1
                }
            }
        }
    }
}
