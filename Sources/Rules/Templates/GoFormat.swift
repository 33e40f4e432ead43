import Bytes
import QueryLanguage

/// Text with arguments filled in.
enum GoFormat {
    /// Go's `fmt.Sprintf` for text and floating-point numbers.
    static func format(_ format: String, _ arguments: [AlertTemplate.Value]) -> String {
        var text = ""
        var rest = arguments[...]
        var characters = format[...]
        while let character = characters.popFirst() {
            guard character == "%" else {
                text.append(character)
                continue
            }
            let specification = characters.prefix { $0.isNumber || $0 == "." || $0 == "-" || $0 == "+" }
            characters = characters.dropFirst(specification.count)
            guard let verb = characters.popFirst() else { return text + "%!(NOVERB)" }
            if verb == "%" {
                text += "%"
                continue
            }
            guard let argument = rest.popFirst() else {
                text += "%!\(verb)(MISSING)"
                continue
            }
            let places = specification.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first.map { Int($0) ?? 0 }
            switch (verb, argument) {
            case ("f", .number(let value)): text += DecimalNumber.fixedText(value, places: min(places ?? 6, 60))
            case ("g", .number(let value)), ("v", .number(let value)): text += DecimalNumber.generalText(value)
            case ("e", .number(let value)):
                var bytes: [UInt8] = []
                DecimalNumber.formatScientific(value, into: &bytes)
                text += String(decoding: bytes, as: UTF8.self)
            case ("s", .text(let value)), ("v", .text(let value)): text += value
            case ("q", .text(let value)): text += Literals.quote(value)
            case ("s", .samples), ("v", .samples): text += argument.text
            case (_, .samples): text += "%!\(verb)(vector)"
            case (_, .number(let value)): text += "%!\(verb)(float64=\(DecimalNumber.generalText(value)))"
            case (_, .text(let value)): text += "%!\(verb)(string=\(value))"
            }
        }
        return text
    }
}
