import Bytes

/// `printf` with Go's verbs.
enum GoFormat {
    private struct Directive {
        var minus = false
        var plus = false
        var zero = false
        var space = false
        var sharp = false
        var width = 0
        var precision: Int?
    }

    static func format(_ layout: String, _ arguments: [TemplateValue]) throws(TemplateError) -> String {
        let text = Array(layout.utf8)
        var result: [UInt8] = []
        var index = 0
        var next = 0
        func digits() -> Int {
            var value = 0
            while index < text.count, text[index] >= 0x30, text[index] <= 0x39, value < 100_000 {
                value = value * 10 + Int(text[index] - 0x30)
                index += 1
            }
            return value
        }
        while index < text.count {
            guard text[index] == UInt8(ascii: "%") else {
                result.append(text[index])
                index += 1
                continue
            }
            index += 1
            var directive = Directive()
            flags: while index < text.count {
                switch text[index] {
                case UInt8(ascii: "-"): directive.minus = true
                case UInt8(ascii: "+"): directive.plus = true
                case UInt8(ascii: "0"): directive.zero = true
                case UInt8(ascii: " "): directive.space = true
                case UInt8(ascii: "#"): directive.sharp = true
                default: break flags
                }
                index += 1
            }
            directive.width = digits()
            if index < text.count, text[index] == UInt8(ascii: ".") {
                index += 1
                directive.precision = digits()
            }
            guard directive.width <= 10_000, directive.precision ?? 0 <= 10_000 else { throw TemplateError("printf: width is too large") }
            guard index < text.count else {
                result += Array("%!(NOVERB)".utf8)
                break
            }
            let verb = text[index]
            index += 1
            if verb == UInt8(ascii: "%") {
                result.append(verb)
                continue
            }
            guard next < arguments.count else {
                result += Array("%!\(UnicodeScalar(verb))(MISSING)".utf8)
                continue
            }
            result += Array(pad(render(verb, arguments[next], directive), directive).utf8)
            next += 1
        }
        if next < arguments.count, next > 0 || arguments.count > 0, next != arguments.count {
            result += Array(("%!(EXTRA " + arguments[next...].map { "\(typeName($0))=\($0.text)" }.joined(separator: ", ") + ")").utf8)
        }
        return UTF8Validation.repaired(result[...])
    }

    private static func typeName(_ value: TemplateValue) -> String {
        switch value {
        case .none: "<nil>"
        case .bool: "bool"
        case .integer: "int"
        case .number: "float64"
        case .string: "string"
        case .time: "time.Time"
        case .duration: "time.Duration"
        case .list: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }

    private static func render(_ verb: UInt8, _ value: TemplateValue, _ directive: Directive) -> String {
        func signed(_ text: String) -> String { text.hasPrefix("-") ? text : directive.plus ? "+" + text : directive.space ? " " + text : text }
        func wrong() -> String { "%!\(UnicodeScalar(verb))(\(typeName(value))=\(value.text))" }
        switch (verb, value) {
        case (UInt8(ascii: "T"), _): return typeName(value)
        case (UInt8(ascii: "s"), .integer), (UInt8(ascii: "s"), .number), (UInt8(ascii: "s"), .bool): return wrong()
        case (UInt8(ascii: "v"), .integer), (UInt8(ascii: "v"), .number): return signed(value.text)
        case (UInt8(ascii: "v"), _), (UInt8(ascii: "s"), _): return directive.precision.map { String(value.text.prefix($0)) } ?? value.text
        case (UInt8(ascii: "q"), .string(let text)): return Literals.quote(text)
        case (UInt8(ascii: "t"), .bool): return value.text
        case (UInt8(ascii: "d"), .integer(let number)): return signed(String(number))
        case (UInt8(ascii: "b"), .integer(let number)): return signed(String(number, radix: 2))
        case (UInt8(ascii: "o"), .integer(let number)): return signed(String(number, radix: 8))
        case (UInt8(ascii: "c"), .integer(let number)): return String(UnicodeScalar(UInt32(clamping: number)) ?? "\u{fffd}")
        case (UInt8(ascii: "x"), .integer(let number)): return signed((directive.sharp ? "0x" : "") + String(number, radix: 16))
        case (UInt8(ascii: "X"), .integer(let number)): return signed(String(number, radix: 16, uppercase: true))
        case (UInt8(ascii: "x"), .string(let text)), (UInt8(ascii: "X"), .string(let text)):
            return text.utf8.map { byte in
                let hex = String(byte, radix: 16, uppercase: verb == UInt8(ascii: "X"))
                return hex.count < 2 ? "0" + hex : hex
            }.joined()
        case (UInt8(ascii: "f"), .number(let number)), (UInt8(ascii: "F"), .number(let number)):
            return signed(DecimalNumber.fixedText(number, places: directive.precision ?? 6))
        case (UInt8(ascii: "g"), .number(let number)), (UInt8(ascii: "G"), .number(let number)): return signed(DecimalNumber.generalText(number))
        case (UInt8(ascii: "e"), .number(let number)):
            var bytes: [UInt8] = []
            DecimalNumber.formatScientific(number, into: &bytes)
            return signed(String(decoding: bytes, as: UTF8.self))
        default: return wrong()
        }
    }

    private static func pad(_ text: String, _ directive: Directive) -> String {
        let missing = directive.width - text.unicodeScalars.count
        guard missing > 0 else { return text }
        if directive.minus { return text + String(repeating: " ", count: missing) }
        guard directive.zero else { return String(repeating: " ", count: missing) + text }
        let hasSign = text.hasPrefix("-") || text.hasPrefix("+")
        return (hasSign ? String(text.prefix(1)) : "") + String(repeating: "0", count: missing) + text.dropFirst(hasSign ? 1 : 0)
    }
}
