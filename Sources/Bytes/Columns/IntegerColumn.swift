private import CPosix

/// A column of integers, differenced so that it is small and split into byte planes so that a general codec squeezes it.
///
/// A column is self-describing: order of differencing and plane count, shift, first value (and first difference for order 2), then the
/// planes: all lowest bytes, all second bytes, and so on of the zigzagged residuals. A column whose residuals are all zero has no plane.
/// Arithmetic wraps, so every sequence of 64-bit integers survives.
/// - Source: `docs/formats/columns.md`.
package enum IntegerColumn {
    /// How often neighbours are subtracted: 0 = differences to the first value, 1 = deltas, 2 = deltas of deltas.
    typealias Order = UInt8

    package static func encode(_ values: [Int64], into output: inout [UInt8]) {
        let count = values.count
        if count == 0 { return }
        let order = bestOrder(values)
        unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { residuals in
            unsafe values.withUnsafeBufferPointer { unsafe subtract($0, order: order, into: residuals) }
            var all: UInt64 = 0
            for index in 0..<count { unsafe all |= residuals[index] }
            // Zigzag moves the sign into bit 0, so common zero bits are looked for in the plain differences.
            let shift = all == 0 ? 0 : UInt8(truncatingIfNeeded: all.trailingZeroBitCount)
            var widest: UInt64 = 0
            for index in 0..<count {
                let residual = unsafe Varint.zigzag(Int64(bitPattern: residuals[index]) &>> Int64(shift))
                unsafe residuals[index] = residual
                widest |= residual
            }
            let width = (71 &- widest.leadingZeroBitCount) / 8
            output.append(order | UInt8(width) << 2)
            output.append(shift)
            Varint.append(Varint.zigzag(values[0]), to: &output)
            if order == 2 { Varint.append(Varint.zigzag(count > 1 ? values[1] &- values[0] : 0), to: &output) }
            unsafe BytePlanes.append(UnsafeBufferPointer(residuals), width: width, to: &output)
        }
    }

    /// Decodes `count` values and moves past the column.
    package static func decode(
        _ bytes: [UInt8], at offset: inout Int, end: Int, count: Int, into values: inout [Int64]
    ) throws(CorruptBytes) {
        if count == 0 { return }
        let header = try Header(bytes, at: offset, end: end, count: count)
        offset = header.planes + header.width * count
        let base = values.count
        values.append(contentsOf: repeatElement(0, count: count))
        unsafe values.withUnsafeMutableBufferPointer { values in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                let target = unsafe values.baseAddress! + base
                unsafe BytePlanes.gather(bytes.baseAddress! + header.planes, count: count, width: header.width, into: target)
                unsafe add(target, count: count, order: header.order, shift: header.shift, first: header.first, firstDelta: header.firstDelta)
            }
        }
    }

    /// Decodes `count` values, divided by `divisor`, to `target...` of an array that has room for them, and moves past the column.
    ///
    /// - Returns: whether some value is below the one before it.
    static func decode(
        _ bytes: [UInt8], at offset: inout Int, end: Int, count: Int, dividedBy divisor: Double, into values: inout [Double], at target: Int
    ) throws(CorruptBytes) -> Bool {
        if count == 0 { return false }
        precondition(target >= 0 && target + count <= values.count, "a decoded column has its room")
        let header = try Header(bytes, at: offset, end: end, count: count)
        offset = header.planes + header.width * count
        return unsafe values.withUnsafeMutableBufferPointer { values in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe csystem_decode_decimals(
                    bytes.baseAddress! + header.planes, count, UInt32(header.width), UInt32(header.order), UInt32(header.shift), header.first,
                    header.firstDelta, divisor, values.baseAddress! + target) != 0
            }
        }
    }

    /// What stands before the planes, checked.
    private struct Header {
        let order: Order
        let width: Int
        let shift: Int64
        let first: Int64
        let firstDelta: Int64
        /// Where the planes begin; all of them lie before `end`.
        let planes: Int

        init(_ bytes: [UInt8], at offset: Int, end: Int, count: Int) throws(CorruptBytes) {
            var reader = ByteReader(bytes, range: offset..<end)
            let header = try reader.readUInt8()
            let shift = try reader.readUInt8()
            order = header & 3
            width = Int(header >> 2)
            guard order <= 2, width <= 8, shift < 64 else {
                throw CorruptBytes("integer column", offset: offset, expected: "order up to 2, up to 8 planes, shift below 64")
            }
            self.shift = Int64(shift)
            first = try reader.readZigzag()
            firstDelta = order == 2 ? try reader.readZigzag() : 0
            planes = reader.offset
            guard reader.remaining >= width * count else {
                throw CorruptBytes("integer column", offset: reader.offset, expected: "\(width) planes of \(count) bytes")
            }
        }
    }

    /// The order whose residuals have the fewest bits in sum.
    private static func bestOrder(_ values: [Int64]) -> Order {
        var bits = (0, 0, 0)
        let first = values[0]
        var previous = first
        var previousDelta: Int64 = 0
        var index = 1
        while index < values.count {
            let value = values[index]
            let delta = value &- previous
            bits.0 &+= 64 &- Varint.zigzag(value &- first).leadingZeroBitCount
            bits.1 &+= 64 &- Varint.zigzag(delta).leadingZeroBitCount
            if index > 1 { bits.2 &+= 64 &- Varint.zigzag(delta &- previousDelta).leadingZeroBitCount }
            previous = value
            previousDelta = delta
            index &+= 1
        }
        if bits.1 <= bits.0 && bits.1 <= bits.2 { return 1 }
        return bits.0 <= bits.2 ? 0 : 2
    }

    private static func subtract(
        _ values: UnsafeBufferPointer<Int64>, order: Order, into residuals: UnsafeMutableBufferPointer<UInt64>
    ) {
        unsafe residuals[0] = 0
        var index = 1
        let count = values.count
        switch order {
        case 0:
            let first = unsafe values[0]
            while index < count {
                unsafe residuals[index] = UInt64(bitPattern: values[index] &- first)
                index &+= 1
            }
        case 1:
            while index < count {
                unsafe residuals[index] = UInt64(bitPattern: values[index] &- values[index &- 1])
                index &+= 1
            }
        default:
            if count > 1 { unsafe residuals[1] = 0 }
            index = 2
            while index < count {
                let delta = unsafe values[index] &- values[index &- 1]
                unsafe residuals[index] = UInt64(bitPattern: delta &- (values[index &- 1] &- values[index &- 2]))
                index &+= 1
            }
        }
    }

    private static func add(
        _ values: UnsafeMutablePointer<Int64>, count: Int, order: Order, shift: Int64, first: Int64, firstDelta: Int64
    ) {
        var index = 0
        switch order {
        case 0:
            while index < count {
                unsafe values[index] = first &+ Varint.unzigzag(UInt64(bitPattern: values[index])) &<< shift
                index &+= 1
            }
        case 1:
            var value = first
            while index < count {
                unsafe value &+= Varint.unzigzag(UInt64(bitPattern: values[index])) &<< shift
                unsafe values[index] = value
                index &+= 1
            }
        default:
            unsafe values[0] = first
            var value = first
            var delta = firstDelta
            index = 1
            while index < count {
                unsafe delta &+= Varint.unzigzag(UInt64(bitPattern: values[index])) &<< shift
                value &+= delta
                unsafe values[index] = value
                index &+= 1
            }
        }
    }
}

/// Splits words into planes of equal bytes and joins them again.
@safe
enum BytePlanes {
    static func append(_ words: UnsafeBufferPointer<UInt64>, width: Int, to output: inout [UInt8]) {
        let count = words.count
        unsafe output.append(capacity: width * count) { room in
            var plane = 0
            while plane < width {
                let target = unsafe room.baseAddress! + plane &* count
                let shift = UInt64(plane &* 8)
                var index = 0
                while index < count {
                    unsafe target.storeBytes(of: UInt8(truncatingIfNeeded: words[index] &>> shift), toByteOffset: index, as: UInt8.self)
                    index &+= 1
                }
                plane &+= 1
            }
            return width * count
        }
    }

    /// Writes the joined words over `target`, which holds zeros.
    static func gather(_ planes: UnsafePointer<UInt8>, count: Int, width: Int, into target: UnsafeMutablePointer<Int64>) {
        var index = 0
        // One and two planes are by far the most frequent: one pass for both.
        switch width {
        case 0: return
        case 1:
            while index < count {
                unsafe target[index] = Int64(planes[index])
                index &+= 1
            }
        case 2:
            let second = unsafe planes + count
            while index < count {
                unsafe target[index] = Int64(planes[index]) | Int64(second[index]) &<< 8
                index &+= 1
            }
        case 3:
            let second = unsafe planes + count
            let third = unsafe second + count
            while index < count {
                unsafe target[index] = Int64(planes[index]) | Int64(second[index]) &<< 8 | Int64(third[index]) &<< 16
                index &+= 1
            }
        default:
            var plane = 0
            while plane < width {
                let source = unsafe planes + plane &* count
                let shift = Int64(plane &* 8)
                index = 0
                while index < count {
                    unsafe target[index] |= Int64(source[index]) &<< shift
                    index &+= 1
                }
                plane &+= 1
            }
        }
    }
}
