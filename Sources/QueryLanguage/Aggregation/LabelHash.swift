package import Telemetry

/// The hash by which Prometheus samples series in `limit_ratio`, so that both choose the same ones.
///
/// - Source: xxHash 64 (specification 0.1.1, seed 0) of Prometheus' default label encoding: for each pair the length and bytes of the name and
///   of the value; a length from 255 on is the byte 255 and three bytes, lowest first.
package enum LabelHash {
    private static let prime1: UInt64 = 0x9e37_79b1_85eb_ca87
    private static let prime2: UInt64 = 0xc2b2_ae3d_27d4_eb4f
    private static let prime3: UInt64 = 0x1656_67b1_9e37_79f9
    private static let prime4: UInt64 = 0x85eb_ca77_c2b2_ae63
    private static let prime5: UInt64 = 0x27d4_eb2f_1656_67c5

    package static func of(_ labels: Labels) -> UInt64 {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(labels.encoded.count + 8)
        func append(_ range: Range<Int>) {
            if range.count < 255 {
                bytes.append(UInt8(range.count))
            } else {
                bytes.append(255)
                for shift in [0, 8, 16] { bytes.append(UInt8(truncatingIfNeeded: range.count >> shift)) }
            }
            bytes += labels.encoded[range]
        }
        labels.forEachRange { name, value in
            append(name)
            append(value)
            return true
        }
        return hash(bytes)
    }

    static func hash(_ bytes: [UInt8]) -> UInt64 {
        var index = 0
        func word(_ length: Int) -> UInt64 {
            var value: UInt64 = 0
            for offset in 0..<length { value |= UInt64(bytes[index + offset]) << UInt64(8 * offset) }
            index += length
            return value
        }
        func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
        func round(_ lane: UInt64, _ input: UInt64) -> UInt64 { rotate(lane &+ input &* prime2, 31) &* prime1 }
        var result: UInt64
        if bytes.count >= 32 {
            var lanes = [prime1 &+ prime2, prime2, 0, 0 &- prime1]
            while bytes.count - index >= 32 {
                for lane in 0..<4 { lanes[lane] = round(lanes[lane], word(8)) }
            }
            result = rotate(lanes[0], 1) &+ rotate(lanes[1], 7) &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
            for lane in lanes { result = (result ^ round(0, lane)) &* prime1 &+ prime4 }
        } else {
            result = prime5
        }
        result = result &+ UInt64(bytes.count)
        while bytes.count - index >= 8 { result = rotate(result ^ round(0, word(8)), 27) &* prime1 &+ prime4 }
        if bytes.count - index >= 4 { result = rotate(result ^ (word(4) &* prime1), 23) &* prime2 &+ prime3 }
        while index < bytes.count { result = rotate(result ^ (word(1) &* prime5), 11) &* prime1 }
        result = (result ^ result >> 33) &* prime2
        result = (result ^ result >> 29) &* prime3
        return result ^ result >> 32
    }
}
