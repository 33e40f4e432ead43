/// Samples in the order they came, packed for a write-ahead log: series number and time as differences, the value as it is.
///
/// A scrape names consecutive series at one time, so most samples take ten bytes.
/// - Source: `docs/formats/columns.md`.
package enum SampleRun {
    package static func encode(series: [UInt32], times: [Int64], values: [Double], into output: inout [UInt8]) {
        let count = series.count
        precondition(times.count == count && values.count == count, "the columns of a run are equally long")
        Varint.append(UInt64(count), to: &output)
        // Two varints of at most 5 and 10 bytes, and the value.
        unsafe output.append(capacity: count * 23) { room in
            var offset = 0
            var previousSeries: Int64 = -1
            var previousTime: Int64 = 0
            unsafe series.withUnsafeBufferPointer { series in
                unsafe times.withUnsafeBufferPointer { times in
                    unsafe values.withUnsafeBufferPointer { values in
                        var index = 0
                        while index < count {
                            let number = unsafe Int64(series[index])
                            let time = unsafe times[index]
                            unsafe put(Varint.zigzag(number &- previousSeries &- 1), to: room, at: &offset)
                            unsafe put(Varint.zigzag(time &- previousTime), to: room, at: &offset)
                            unsafe room.storeBytes(of: values[index].bitPattern.littleEndian, toByteOffset: offset, as: UInt64.self)
                            offset &+= 8
                            previousSeries = number
                            previousTime = time
                            index &+= 1
                        }
                    }
                }
            }
            return offset
        }
    }

    @inline(__always)
    private static func put(_ value: UInt64, to room: UnsafeMutableRawBufferPointer, at offset: inout Int) {
        var rest = value
        while rest >= 0x80 {
            unsafe room[offset] = UInt8(truncatingIfNeeded: rest) | 0x80
            offset &+= 1
            rest &>>= 7
        }
        unsafe room[offset] = UInt8(truncatingIfNeeded: rest)
        offset &+= 1
    }

    /// Decodes a run over what the arrays held, and moves past it.
    package static func decode(
        _ bytes: [UInt8], at offset: inout Int, end: Int, series: inout [UInt32], times: inout [Int64], values: inout [Double]
    ) throws(CorruptBytes) {
        var reader = ByteReader(bytes, range: offset..<end)
        let count = try reader.readCount(limit: (end - offset) / 10)
        series.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        series.reserveCapacity(count)
        times.reserveCapacity(count)
        values.reserveCapacity(count)
        var number: Int64 = -1
        var time: Int64 = 0
        var index = 0
        while index < count {
            number = number &+ 1 &+ (try reader.readZigzag())
            time &+= try reader.readZigzag()
            guard let next = UInt32(exactly: number) else {
                throw CorruptBytes("sample run", offset: reader.offset, expected: "a series number of 32 bits")
            }
            series.append(next)
            times.append(time)
            values.append(try reader.readDoubleLE())
            index &+= 1
        }
        offset = reader.offset
    }
}
