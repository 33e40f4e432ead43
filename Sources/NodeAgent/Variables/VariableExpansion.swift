/// Replaces `$(NAME)` in values, commands and arguments.
///
/// `$$` stands for a dollar; a reference to an unknown name, or one that is not closed, stays as it is written.
/// - Source: Kubernetes `third_party/forked/golang/expansion`.
enum VariableExpansion {
    static func expand(_ text: String, _ value: (String) -> String?) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "$"), index + 1 < bytes.count else {
                result.append(bytes[index])
                index += 1
                continue
            }
            switch bytes[index + 1] {
            case UInt8(ascii: "$"):
                result.append(UInt8(ascii: "$"))
                index += 2
            case UInt8(ascii: "("):
                guard let close = bytes[(index + 2)...].firstIndex(of: UInt8(ascii: ")")) else {
                    result += [UInt8(ascii: "$"), UInt8(ascii: "(")]
                    index += 2
                    continue
                }
                let name = String(decoding: bytes[(index + 2)..<close], as: UTF8.self)
                if let value = value(name) {
                    result.append(contentsOf: value.utf8)
                } else {
                    result.append(contentsOf: bytes[index...close])
                }
                index = close + 1
            default:
                result += [bytes[index], bytes[index + 1]]
                index += 2
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
