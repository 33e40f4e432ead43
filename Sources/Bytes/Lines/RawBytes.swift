/// Bytes at an address without bounds checks, for the line kernels of this folder only.
///
/// - Invariant: lives inside one `withUnsafe…` body; every index was derived from ends that the kernel's entry has checked.
@safe
struct RawBytes {
    private let base: UnsafeMutableRawPointer

    @unsafe
    init(_ pointer: UnsafeRawPointer) { unsafe base = UnsafeMutableRawPointer(mutating: pointer) }

    @unsafe
    init(_ pointer: UnsafeMutableRawPointer) { unsafe base = pointer }

    @inline(__always)
    subscript(_ index: Int) -> UInt8 {
        get { unsafe base.load(fromByteOffset: index, as: UInt8.self) }
        nonmutating set { unsafe base.storeBytes(of: newValue, toByteOffset: index, as: UInt8.self) }
    }

    @inline(__always)
    func load<Value: BitwiseCopyable>(_ index: Int, as type: Value.Type) -> Value {
        unsafe base.loadUnaligned(fromByteOffset: index, as: type)
    }

    @inline(__always)
    func store<Value: BitwiseCopyable>(_ value: Value, at index: Int) {
        unsafe base.storeBytes(of: value, toByteOffset: index, as: Value.self)
    }

    /// Copies exactly `count` bytes; runs of variables are short, so the length is split by hand instead of calling memcpy.
    @inline(__always)
    func copy(from source: RawBytes, at start: Int, count: Int, to index: Int) {
        if count >= 8 {
            if count > 64 {
                unsafe (base + index).copyMemory(from: source.base + start, byteCount: count)
                return
            }
            var done = 0
            while done &+ 8 <= count {
                store(source.load(start &+ done, as: UInt64.self), at: index &+ done)
                done &+= 8
            }
            store(source.load(start &+ count &- 8, as: UInt64.self), at: index &+ count &- 8)
        } else if count >= 4 {
            store(source.load(start, as: UInt32.self), at: index)
            store(source.load(start &+ count &- 4, as: UInt32.self), at: index &+ count &- 4)
        } else if count >= 2 {
            store(source.load(start, as: UInt16.self), at: index)
            store(source.load(start &+ count &- 2, as: UInt16.self), at: index &+ count &- 2)
        } else if count == 1 {
            self[index] = source[start]
        }
    }

    @inline(__always)
    func isEqual(at start: Int, to other: RawBytes, at otherStart: Int, count: Int) -> Bool {
        if count >= 8 {
            var done = 0
            while done &+ 8 <= count {
                if load(start &+ done, as: UInt64.self) != other.load(otherStart &+ done, as: UInt64.self) { return false }
                done &+= 8
            }
            return load(start &+ count &- 8, as: UInt64.self) == other.load(otherStart &+ count &- 8, as: UInt64.self)
        }
        return word(start, count: count) == other.word(otherStart, count: count)
    }

    /// Up to eight bytes as a number, shorter runs with zeros above.
    ///
    /// Lengths of short runs cannot be predicted, so nothing is decided by them: the eight bytes up to the run's end are read and shifted.
    @inline(__always)
    func word(_ start: Int, count: Int) -> UInt64 {
        if count >= 8 { return load(start, as: UInt64.self) }
        if count == 0 { return 0 }
        if start &+ count >= 8 {
            return load(start &+ count &- 8, as: UInt64.self) &>> UInt64(truncatingIfNeeded: (8 &- count) &* 8)
        }
        // At the very beginning there are no eight bytes up to the end.
        var value: UInt64 = 0
        var index = count
        while index > 0 {
            index &-= 1
            value = value &<< 8 | UInt64(self[start &+ index])
        }
        return value
    }

    @unsafe
    func buffer(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: base + start, count: end - start)
    }
}
