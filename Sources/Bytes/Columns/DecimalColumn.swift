/// A column of floating-point numbers that are mostly decimals in disguise: counters, byte counts, seconds with nine digits.
///
/// Values are stored as integers times a power of ten when that gives back the very same bits; the few that do not fit (NaN payloads,
/// infinities, negative zero) stand beside as exceptions. A column of true floating-point numbers is stored as XORs of neighbours. Both
/// forms are bit-exact.
/// - Source: `docs/formats/columns.md`.
package enum DecimalColumn {
    private enum Form: UInt8 {
        case constant = 0, decimal, xor
    }

    /// Ten to this power scales nanoseconds to seconds with three digits to spare; beyond, numbers are hardly decimals.
    private static let exponentLimit = 12
    private static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12]
    /// Integers up to here are exact in a Double.
    private static let integerLimit = 9_007_199_254_740_992.0

    /// - Parameter hint: the exponent of a similar column, tried first; the one found is left in it.
    package static func encode(_ values: [Double], hint: inout Int, into output: inout [UInt8]) {
        let count = values.count
        if count == 0 { return }
        let first = values[0].bitPattern
        if values.allSatisfy({ $0.bitPattern == first }) {
            output.append(Form.constant.rawValue)
            append(first, to: &output)
            return
        }
        var integers: [Int64] = []
        var exceptions: [Int] = []
        if scale(values, hint: &hint, integers: &integers, exceptions: &exceptions) {
            output.append(Form.decimal.rawValue)
            output.append(UInt8(hint))
            Varint.append(UInt64(exceptions.count), to: &output)
            var previous = 0
            for index in exceptions {
                Varint.append(UInt64(index - previous), to: &output)
                append(values[index].bitPattern, to: &output)
                previous = index
            }
            IntegerColumn.encode(integers, into: &output)
        } else {
            output.append(Form.xor.rawValue)
            encodeXOR(values, into: &output)
        }
    }

    /// What decoding saw of a column's values without looking for it; false where it did not see.
    package struct Traits: Sendable {
        /// No value is a NaN.
        package var holdsNumbers: Bool
        /// No value is below the one before it.
        package var neverFalls: Bool

        package init(holdsNumbers: Bool, neverFalls: Bool) {
            self.holdsNumbers = holdsNumbers
            self.neverFalls = neverFalls
        }
    }

    /// Decodes `count` values to `target...` of an array that has room for them, and moves past the column.
    ///
    /// - Returns: traits that the values certainly have.
    @discardableResult
    package static func decode(
        _ bytes: [UInt8], at offset: inout Int, end: Int, count: Int, scratch: inout [Int64], into values: inout [Double], at target: Int
    ) throws(CorruptBytes) -> Traits {
        if count == 0 { return Traits(holdsNumbers: true, neverFalls: true) }
        precondition(target >= 0 && target + count <= values.count, "a decoded column has its room")
        var reader = ByteReader(bytes, range: offset..<end)
        guard let form = Form(rawValue: try reader.readUInt8()) else {
            throw CorruptBytes("value column", offset: offset, expected: "form 0, 1 or 2")
        }
        switch form {
        case .constant:
            let value = try reader.readDoubleLE()
            for index in target..<target + count { values[index] = value }
            offset = reader.offset
            return Traits(holdsNumbers: !value.isNaN, neverFalls: true)
        case .decimal:
            let exponent = Int(try reader.readUInt8())
            guard exponent <= exponentLimit else {
                throw CorruptBytes("value column", offset: offset, expected: "an exponent up to \(exponentLimit)")
            }
            let exceptionCount = try reader.readCount(limit: count)
            let exceptions = reader.offset
            for _ in 0..<exceptionCount {
                _ = try reader.readCount(limit: count)
                _ = try reader.readDoubleLE()
            }
            offset = reader.offset
            let falls = try IntegerColumn.decode(
                bytes, at: &offset, end: end, count: count, dividedBy: powers[exponent], into: &values, at: target)
            if exceptionCount == 0 { return Traits(holdsNumbers: true, neverFalls: !falls) }
            reader = ByteReader(bytes, range: exceptions..<end)
            var index = 0
            for _ in 0..<exceptionCount {
                index += try reader.readCount(limit: count)
                guard index < count else { throw CorruptBytes("value column", offset: reader.offset, expected: "an index below \(count)") }
                values[target + index] = try reader.readDoubleLE()
            }
            return Traits(holdsNumbers: false, neverFalls: false)
        case .xor:
            let shift = try reader.readUInt8()
            let width = Int(try reader.readUInt8())
            guard shift < 64, width <= 8, reader.remaining >= width * count else {
                throw CorruptBytes("value column", offset: offset, expected: "at most 8 planes of \(count) bytes")
            }
            let planes = reader.offset
            offset = planes + width * count
            scratch.removeAll(keepingCapacity: true)
            scratch.append(contentsOf: repeatElement(0, count: count))
            unsafe scratch.withUnsafeMutableBufferPointer { scratch in
                unsafe bytes.withUnsafeBufferPointer {
                    unsafe BytePlanes.gather($0.baseAddress! + planes, count: count, width: width, into: scratch.baseAddress!)
                }
            }
            var bits: UInt64 = 0
            for index in 0..<count {
                bits ^= UInt64(bitPattern: scratch[index]) &<< UInt64(shift)
                values[target + index] = Double(bitPattern: bits)
            }
            return Traits(holdsNumbers: false, neverFalls: false)
        }
    }

    private static func append(_ bits: UInt64, to output: inout [UInt8]) {
        var writer = ByteWriter()
        swap(&writer.bytes, &output)
        writer.appendUInt64LE(bits)
        swap(&writer.bytes, &output)
    }

    /// Finds the smallest exponent that fits nearly all values; false when too many do not fit any.
    private static func scale(_ values: [Double], hint: inout Int, integers: inout [Int64], exceptions: inout [Int]) -> Bool {
        let allowed = values.count / 16 + 1
        // Start low: an exponent that is too high wastes digits in every sample.
        var exponent = 0
        integers.reserveCapacity(values.count)
        if hint > 0 && hint <= exponentLimit {
            // The neighbour's exponent is right in most cases; it is confirmed as the smallest by one value that needs it.
            let needed = values.prefix(8).contains { fits($0, exponent: hint) && !fits($0, exponent: hint - 1) }
            if needed { exponent = hint }
        }
        attempt: while true {
            integers.removeAll(keepingCapacity: true)
            exceptions.removeAll(keepingCapacity: true)
            let power = powers[exponent]
            var previous: Int64 = 0
            var index = 0
            while index < values.count {
                let value = values[index]
                let scaled = exponent == 0 ? value : (value * power).rounded()
                if abs(scaled) <= integerLimit {
                    let integer = Int64(scaled)
                    let back = exponent == 0 ? Double(integer) : Double(integer) / power
                    if back.bitPattern == value.bitPattern {
                        integers.append(integer)
                        previous = integer
                        index &+= 1
                        continue
                    }
                }
                if let larger = exponent < exponentLimit && value.isFinite
                    ? (exponent + 1...exponentLimit).first(where: { fits(value, exponent: $0) }) : nil
                {
                    exponent = larger
                    continue attempt
                }
                exceptions.append(index)
                if exceptions.count > allowed { return false }
                integers.append(previous)
                index &+= 1
            }
            hint = exponent
            return true
        }
    }

    private static func fits(_ value: Double, exponent: Int) -> Bool {
        let power = powers[exponent]
        let scaled = (value * power).rounded()
        guard abs(scaled) <= integerLimit else { return false }
        return (Double(Int64(scaled)) / power).bitPattern == value.bitPattern
    }

    private static func encodeXOR(_ values: [Double], into output: inout [UInt8]) {
        let count = values.count
        unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { words in
            var previous: UInt64 = 0
            var all: UInt64 = 0
            for index in 0..<count {
                let bits = values[index].bitPattern
                unsafe words[index] = bits ^ previous
                all |= bits ^ previous
                previous = bits
            }
            let shift = all.trailingZeroBitCount & 63
            for index in 0..<count { unsafe words[index] &>>= UInt64(shift) }
            let width = (71 &- (all &>> UInt64(shift)).leadingZeroBitCount) / 8
            output.append(UInt8(shift))
            output.append(UInt8(width))
            unsafe BytePlanes.append(UnsafeBufferPointer(words), width: width, to: &output)
        }
    }
}
