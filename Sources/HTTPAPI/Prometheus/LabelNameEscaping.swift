/// Label names in URL paths: `U__` escapes stand for characters that an old-style name cannot have.
///
/// - Source: Prometheus 3 `model.ValueEncodingEscaping`: `U__` begins an escaped name, `_hex_` is a code point, `__` an underscore.
enum LabelNameEscaping {
    static func unescape(_ name: String) -> String {
        guard name.hasPrefix("U__") else { return name }
        var result = ""
        var rest = name.dropFirst(3)
        while let character = rest.first {
            rest = rest.dropFirst()
            guard character == "_" else {
                result.append(character)
                continue
            }
            if rest.first == "_" {
                result.append("_")
                rest = rest.dropFirst()
                continue
            }
            guard let end = rest.firstIndex(of: "_"), let code = UInt32(rest[..<end], radix: 16), let scalar = Unicode.Scalar(code) else {
                return name
            }
            result.unicodeScalars.append(scalar)
            rest = rest[rest.index(after: end)...]
        }
        return result
    }
}
