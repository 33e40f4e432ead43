import Bytes

/// `a.b[0]["c d"]`: where a value lies in a JSON object.
struct JSONPath: Sendable {
    enum Step: Sendable, Equatable {
        case key([UInt8])
        case index(Int)
    }

    let steps: [Step]

    init?(_ text: String) {
        let bytes = Array(text.utf8)
        var steps: [Step] = []
        var index = 0
        func isWord(_ byte: UInt8) -> Bool {
            byte == 0x5f || byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a || byte == 0x2d || byte >= 0x80
        }
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "[") {
                guard let close = Self.bracket(bytes, index, &steps) else { return nil }
                index = close + 1
                continue
            }
            if bytes[index] == UInt8(ascii: ".") {
                guard !steps.isEmpty else { return nil }
                index += 1
            } else if !steps.isEmpty {
                return nil
            }
            let start = index
            while index < bytes.count, isWord(bytes[index]) { index += 1 }
            guard index > start else { return nil }
            steps.append(.key(Array(bytes[start..<index])))
        }
        guard !steps.isEmpty else { return nil }
        self.steps = steps
    }

    private static func bracket(_ bytes: [UInt8], _ open: Int, _ steps: inout [Step]) -> Int? {
        var index = open + 1
        guard index < bytes.count else { return nil }
        if bytes[index] == UInt8(ascii: "\"") {
            var key: [UInt8] = []
            index += 1
            while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
                key.append(bytes[index])
                index += 1
            }
            guard index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "]") else { return nil }
            steps.append(.key(key))
            return index + 1
        }
        guard let close = bytes[index...].firstIndex(of: UInt8(ascii: "]")), let number = DecimalNumber.parseInt64(bytes[index..<close]),
            number >= 0
        else { return nil }
        steps.append(.index(Int(number)))
        return close
    }

    /// Moves the reader to the value; false when it is not there.
    func seek(_ reader: inout JSONReader) throws(JSONError) -> Bool {
        for step in steps {
            switch step {
            case .key(let key):
                guard try reader.peek() == .object else { return false }
                try reader.beginObject()
                var isFound = false
                while let name = try reader.nextKey() {
                    if name.hasEscapes ? Array(reader.string(name).utf8) == key : reader.bytes[name.range].elementsEqual(key) {
                        isFound = true
                        break
                    }
                    _ = try reader.skipValue()
                }
                if !isFound { return false }
            case .index(let wanted):
                guard try reader.peek() == .array else { return false }
                try reader.beginArray()
                var number = 0
                while true {
                    guard try reader.nextElement() else { return false }
                    if number == wanted { break }
                    _ = try reader.skipValue()
                    number += 1
                }
            }
        }
        return true
    }
}
