import Bytes

/// What plain scalars mean in YAML 1.1 as Go's `yaml.v2` reads it, which is what kubectl uses.
enum YAMLScalar {
    private static let words: [String: DocumentNode.Value] = {
        var words: [String: DocumentNode.Value] = ["": .null, "~": .null, "null": .null, "Null": .null, "NULL": .null]
        for word in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] { words[word] = .bool(true) }
        for word in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] { words[word] = .bool(false) }
        return words
    }()

    private static let unwritable: Set<String> = [
        ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF",
    ]

    /// Nil for infinities and NaN, which JSON lacks.
    static func resolve(_ text: String) -> DocumentNode.Value? {
        if let word = words[text] { return word }
        if unwritable.contains(text) { return nil }
        guard let first = text.utf8.first, first == 0x2b || first == 0x2d || first == 0x2e || (0x30...0x39).contains(first) else {
            return .string(text)
        }
        let digits = text.filter { $0 != "_" }
        if let integer = integer(digits) { return .number(integer) }
        if isFloat(digits), let value = Double(digits.hasPrefix(".") ? "0" + digits : digits), value.isFinite {
            return .number(JSONNumber(value))
        }
        return .string(text)
    }

    /// Whether a text would be read as something else than text.
    static func isAmbiguous(_ text: String) -> Bool {
        if case .string = resolve(text) { return isBase60(text) || isTimestamp(text) }
        return true
    }

    /// Go's `ParseInt` with base 0: `0x`, `0o`, `0b`, and a leading zero for octal.
    private static func integer(_ text: String) -> JSONNumber? {
        var rest = text[...]
        var sign = ""
        if let first = rest.first, first == "-" || first == "+" {
            if first == "-" { sign = "-" }
            rest = rest.dropFirst()
        }
        guard let leading = rest.utf8.first, (0x30...0x39).contains(leading) else { return nil }
        var radix = 10
        if rest.count > 1, leading == 0x30 {
            switch rest.dropFirst().first {
            case "x", "X": radix = 16
            case "b", "B": radix = 2
            case "o", "O": radix = 8
            default: radix = 0
            }
            if radix == 0 {
                radix = 8
                rest = rest.dropFirst()
            } else {
                rest = rest.dropFirst(2)
            }
        }
        guard rest.utf8.allSatisfy({ $0 != 0x2b && $0 != 0x2d }) else { return nil }
        if let value = Int64(sign + rest, radix: radix) { return JSONNumber(value) }
        if sign.isEmpty, let value = UInt64(rest, radix: radix) { return JSONNumber(value) }
        return nil
    }

    private static func isFloat(_ text: String) -> Bool {
        var bytes = Array(text.utf8)[...]
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        if let sign = bytes.first, sign == 0x2b || sign == 0x2d { bytes.removeFirst() }
        let whole = bytes.prefix(while: isDigit)
        bytes = bytes.dropFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if bytes.first == 0x2e {
            bytes.removeFirst()
            fraction = bytes.prefix(while: isDigit)
            bytes = bytes.dropFirst(fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return false }
        guard let exponent = bytes.first else { return true }
        guard exponent | 0x20 == 0x65 else { return false }
        bytes.removeFirst()
        if let sign = bytes.first, sign == 0x2b || sign == 0x2d { bytes.removeFirst() }
        return !bytes.isEmpty && bytes.allSatisfy(isDigit)
    }

    /// `1:30:00` was a number in YAML 1.1; other readers must not take our text for one.
    private static func isBase60(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 1 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2e || $0 == 0x5f } }
    }

    private static func isTimestamp(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 8, bytes[4] == 0x2d else { return false }
        if Timestamp(rfc3339: text) != nil { return true }
        return bytes.count == 10 && Timestamp(rfc3339: text + "T00:00:00Z") != nil
    }
}
