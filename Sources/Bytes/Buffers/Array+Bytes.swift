extension [UInt8] {
    /// Appends a borrowed run of bytes with one copy.
    @inline(__always)
    package mutating func append(span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    package init(span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// Appends `capacity` zero bytes, lets `fill` overwrite them, and keeps as many as it says it wrote (none when negative).
    @unsafe
    mutating func append(capacity: Int, filledBy fill: (_ room: UnsafeMutableRawBufferPointer) -> Int) {
        let start = count
        let end = start + capacity
        if end > self.capacity { reserveCapacity(Swift.max(end, 2 * self.capacity)) }
        append(contentsOf: repeatElement(0, count: capacity))
        let written = unsafe withUnsafeMutableBytes {
            unsafe fill(UnsafeMutableRawBufferPointer(rebasing: $0[start..<end]))
        }
        precondition(written <= capacity, "what was written fits the room given")
        removeLast(capacity - Swift.max(written, 0))
    }
}

extension [UInt8] {
    /// Appends a literal without making a String of it.
    @inline(__always)
    package mutating func append(ascii text: StaticString) {
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
