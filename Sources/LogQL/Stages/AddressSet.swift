import Bytes

/// An address, a range `a-b` or a prefix `a/n` of IPv4 or IPv6.
struct AddressSet: Sendable {
    /// An address as a 128-bit number; IPv4 stands for itself, not mapped.
    struct Address: Comparable, Sendable {
        var isV6: Bool
        var high: UInt64
        var low: UInt64

        static func < (left: Address, right: Address) -> Bool { (left.high, left.low) < (right.high, right.low) }

        init?(_ text: ArraySlice<UInt8>) {
            if text.contains(UInt8(ascii: ":")) {
                guard let words = Self.words(text) else { return nil }
                isV6 = true
                high = words[0..<4].reduce(0) { $0 << 16 | UInt64($1) }
                low = words[4..<8].reduce(0) { $0 << 16 | UInt64($1) }
            } else {
                guard let value = Self.dotted(text) else { return nil }
                isV6 = false
                high = 0
                low = UInt64(value)
            }
        }

        init(isV6: Bool, high: UInt64, low: UInt64) {
            self.isV6 = isV6
            self.high = high
            self.low = low
        }

        private static func dotted(_ text: ArraySlice<UInt8>) -> UInt32? {
            let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            guard parts.count == 4 else { return nil }
            var value: UInt32 = 0
            for part in parts {
                guard part.count <= 3, part.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = DecimalNumber.parseInt64(part), number < 256
                else { return nil }
                value = value << 8 | UInt32(number)
            }
            return value
        }

        private static func words(_ text: ArraySlice<UInt8>) -> [UInt16]? {
            func group(_ text: ArraySlice<UInt8>) -> [UInt16]? {
                if text.isEmpty { return [] }
                var words: [UInt16] = []
                let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
                for (index, part) in parts.enumerated() {
                    if index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                        guard let value = dotted(part) else { return nil }
                        words += [UInt16(value >> 16), UInt16(value & 0xffff)]
                        continue
                    }
                    guard !part.isEmpty, part.count <= 4, let word = UInt16(String(decoding: part, as: UTF8.self), radix: 16) else { return nil }
                    words.append(word)
                }
                return words
            }
            var gap: Int?
            var index = text.startIndex
            while index + 1 < text.endIndex {
                if text[index] == UInt8(ascii: ":"), text[index + 1] == UInt8(ascii: ":") {
                    gap = index
                    break
                }
                index += 1
            }
            guard let gap else {
                guard let words = group(text), words.count == 8 else { return nil }
                return words
            }
            guard let head = group(text[..<gap]), let tail = group(text[(gap + 2)...]), head.count + tail.count < 8 else { return nil }
            return head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
        }
    }

    let first: Address
    let last: Address

    init?(_ text: String) {
        let bytes = Array(text.utf8)
        if let dash = bytes.firstIndex(of: UInt8(ascii: "-")) {
            guard let first = Address(bytes[..<dash]), let last = Address(bytes[(dash + 1)...]), first.isV6 == last.isV6, first <= last
            else { return nil }
            (self.first, self.last) = (first, last)
        } else if let slash = bytes.firstIndex(of: UInt8(ascii: "/")) {
            guard let address = Address(bytes[..<slash]), let length = DecimalNumber.parseInt64(bytes[(slash + 1)...]), length >= 0,
                length <= (address.isV6 ? 128 : 32)
            else { return nil }
            let bits = UInt64(address.isV6 ? length : length + 96)
            let highMask: UInt64 = address.isV6 ? (bits >= 64 ? .max : ~(UInt64.max >> bits)) : .max
            let lowMask: UInt64 = bits <= 64 ? 0 : ~(UInt64.max >> (bits - 64))
            first = Address(isV6: address.isV6, high: address.high & highMask, low: address.low & lowMask)
            last = Address(isV6: address.isV6, high: address.high | ~highMask, low: address.low | (address.isV6 ? ~lowMask : ~lowMask & 0xffff_ffff))
        } else {
            guard let address = Address(bytes[...]) else { return nil }
            (first, last) = (address, address)
        }
    }

    func contains(_ address: Address) -> Bool { address.isV6 == first.isV6 && first <= address && address <= last }

    /// Whether an address of the set stands anywhere in the text, as a word of its characters.
    func isFound(in text: [UInt8], _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            guard Self.isAddressByte(text[index]) else {
                index += 1
                continue
            }
            let start = index
            var hasMark = false
            while index < range.upperBound, Self.isAddressByte(text[index]) {
                hasMark = hasMark || text[index] == UInt8(ascii: ".") || text[index] == UInt8(ascii: ":")
                index += 1
            }
            guard hasMark, index - start >= 2 else { continue }
            if matches(text[start..<index]) { return true }
        }
        return false
    }

    /// A word may carry a port (`10.0.0.1:80`) or end in a colon or a full stop.
    private func matches(_ word: ArraySlice<UInt8>) -> Bool {
        if let address = Address(word) { return contains(address) }
        var end = word.endIndex
        while end > word.startIndex {
            end -= 1
            guard word[end] == UInt8(ascii: ":") || word[end] == UInt8(ascii: ".") else { continue }
            if let address = Address(word[..<end]) { return contains(address) }
        }
        return false
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
    }
}
