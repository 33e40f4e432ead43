extension [UInt8] {
    /// Appends a borrowed run of bytes with one copy.
    @inline(__always)
    package mutating func append(span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    package init(span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// Appends what `fill` writes into fresh memory of `capacity` bytes: as many as it says it wrote (none when negative).
    @unsafe
    mutating func append(capacity: Int, filledBy fill: (_ room: UnsafeMutableRawBufferPointer) -> Int) {
        let end = count + capacity
        if end > self.capacity { reserveCapacity(Swift.max(end, 2 * self.capacity)) }
        append(addingCapacity: capacity) { span in
            unsafe span.withUnsafeMutableBufferPointer { room, initialized in
                let written = unsafe fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(room)[..<capacity]))
                precondition(written <= capacity, "what was written fits the room given")
                initialized = Swift.max(written, 0)
            }
        }
    }
}

extension [UInt8] {
    /// Appends each of the ranges of `source`: its count as a varint, then its bytes.
    ///
    /// The kernel under every label set that comes in: one growth check, then plain stores.
    package mutating func appendLengthPrefixed(_ ranges: Span<Range<Int>>, of source: Span<UInt8>) {
        var room = 0
        var index = 0
        while index < ranges.count {
            let range = ranges[index]
            precondition(range.lowerBound >= 0 && range.upperBound <= source.count, "a range lies inside its source")
            room &+= Varint.maximumLength &+ range.count
            index &+= 1
        }
        unsafe append(capacity: room) { target in
            unsafe source.withUnsafeBufferPointer { source in
                var place = 0
                var index = 0
                while index < ranges.count {
                    let range = ranges[index]
                    var rest = UInt64(range.count)
                    while rest >= 0x80 {
                        unsafe target[place] = UInt8(truncatingIfNeeded: rest) | 0x80
                        place &+= 1
                        rest &>>= 7
                    }
                    unsafe target[place] = UInt8(truncatingIfNeeded: rest)
                    place &+= 1
                    if !range.isEmpty {
                        unsafe (target.baseAddress! + place).copyMemory(from: source.baseAddress! + range.lowerBound, byteCount: range.count)
                    }
                    place &+= range.count
                    index &+= 1
                }
                return place
            }
        }
    }
}

extension [UInt8] {
    /// Appends a literal without making a String of it.
    @inline(__always)
    package mutating func append(ascii text: StaticString) {
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
