/// Numbers as decimal text, both ways, in the exact forms of Prometheus, Loki and Kubernetes (Go's `strconv`).
package enum DecimalNumber {
    // MARK: Integers

    package static func append(_ value: Int64, to bytes: inout [UInt8]) {
        if value < 0 { bytes.append(0x2d) }
        append(value.magnitude, to: &bytes)
    }

    package static func append(_ value: Int, to bytes: inout [UInt8]) {
        append(Int64(value), to: &bytes)
    }

    package static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        if value < 10 {
            bytes.append(0x30 &+ UInt8(truncatingIfNeeded: value))
            return
        }
        let count = digitCount(value)
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0x30, count: count))
        var rest = value
        var index = start &+ count
        var span = bytes.mutableSpan
        while rest > 0 {
            let quotient = rest / 10
            index &-= 1
            span[index] = 0x30 &+ UInt8(truncatingIfNeeded: rest &- quotient &* 10)
            rest = quotient
        }
    }

    private static func digitCount(_ value: UInt64) -> Int {
        var count = 1
        var bound: UInt64 = 10
        while value >= bound {
            count &+= 1
            if count == 20 { return count }
            bound &*= 10
        }
        return count
    }

    // MARK: Parsing integers

    /// An optionally signed decimal integer that fits, and nothing else.
    package static func parseInt64(_ text: Span<UInt8>) -> Int64? {
        var index = 0
        var isNegative = false
        if text.count > 0, text[0] == 0x2d || text[0] == 0x2b {
            isNegative = text[0] == 0x2d
            index = 1
        }
        guard index < text.count else { return nil }
        var value: UInt64 = 0
        while index < text.count {
            let digit = text[index] &- 0x30
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            if overflow || carry { return nil }
            value = sum
            index &+= 1
        }
        if isNegative {
            return value <= UInt64(Int64.max) + 1 ? Int64(truncatingIfNeeded: 0 &- value) : nil
        }
        return Int64(exactly: value)
    }

    package static func parseInt64(_ text: ArraySlice<UInt8>) -> Int64? { parseInt64(text.span) }
    package static func parseInt64(_ text: [UInt8]) -> Int64? { parseInt64(text.span) }
    package static func parseInt64(_ text: String) -> Int64? { parseInt64(Array(text.utf8).span) }
}
