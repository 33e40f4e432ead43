import Bytes

/// A value in a template.
package indirect enum TemplateValue: Sendable {
    case none
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case time(GoTime)
    case duration(Duration)
    case list([TemplateValue])
    case object([String: TemplateValue])

    /// Whether `if` takes it for true: what is not empty or zero.
    package var isTrue: Bool {
        switch self {
        case .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .number(let value): value != 0
        case .string(let value): !value.isEmpty
        case .time: true
        case .duration(let value): value != .zero
        case .list(let values): !values.isEmpty
        case .object(let members): !members.isEmpty
        }
    }

    /// As `{{ }}` prints it.
    package var text: String {
        switch self {
        case .none: "<no value>"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): DecimalNumber.generalText(value)
        case .string(let value): value
        case .time(let value): value.text(in: "2006-01-02 15:04:05.999999999 -0700 MST")
        case .duration(let value): GoDuration.text(value)
        case .list(let values): "[" + values.map(\.text).joined(separator: " ") + "]"
        case .object(let members):
            "map[" + members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { "\($0.key):\($0.value.text)" }
                .joined(separator: " ") + "]"
        }
    }

    /// As a number, texts read as decimals; nil when it is none.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .string(let text): DecimalNumber.parse(text)
        case .bool(let value): value ? 1 : 0
        case .none, .time, .duration, .list, .object: nil
        }
    }

    /// As a whole number, fractions cut; nil when it is none.
    package var int: Int64? {
        switch self {
        case .integer(let value): value
        case .string(let text): Self.whole(text)
        default: double.flatMap { Int64(exactly: $0.rounded(.towardZero)) }
        }
    }

    /// A whole number as Go reads its literals, `0x` and `0` in front included; a fraction of zeros is no fraction.
    private static func whole(_ text: String) -> Int64? {
        var digits = Substring(text)
        if let point = digits.firstIndex(of: "."), digits[digits.index(after: point)...].allSatisfy({ $0 == "0" }) { digits = digits[..<point] }
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
        var radix = 10
        for (prefix, base) in [("0x", 16), ("0X", 16), ("0b", 2), ("0B", 2), ("0o", 8), ("0O", 8)] where digits.hasPrefix(prefix) { radix = base }
        if radix != 10 {
            digits = digits.dropFirst(2)
        } else if digits.count > 1, digits.hasPrefix("0") {
            radix = 8
        }
        guard digits.first?.isHexDigit == true else { return nil }
        return Int64((isNegative ? "-" : "") + digits, radix: radix)
    }

    init(_ json: JSONValue) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .number(let value): self = .number(value.double)
        case .string(let value): self = .string(value)
        case .array(let values): self = .list(values.map { TemplateValue($0) })
        case .object(let members):
            var fields: [String: TemplateValue] = [:]
            for (name, value) in members { fields[name] = TemplateValue(value) }
            self = .object(fields)
        }
    }
}

/// What a template is rendered for: the value of `.` and of functions that depend on it.
package protocol TemplateSubject {
    /// The value of `.name`; `.none` when there is none.
    func field(_ name: String) -> TemplateValue

    /// The value of `.` alone.
    var whole: TemplateValue { get }

    /// Calls a function that the table lists as dynamic.
    func call(_ name: String, _ arguments: [TemplateValue]) throws(TemplateError) -> TemplateValue
}

/// Why a template cannot be read or rendered.
package struct TemplateError: Error, Equatable, Sendable, CustomStringConvertible {
    package var message: String
    /// Byte offset in the template.
    package var offset: Int

    package init(_ message: String, offset: Int = 0) {
        self.message = message
        self.offset = offset
    }

    package var description: String { "template: \(message) (at byte \(offset))" }
}

/// The functions a template may call.
package struct TemplateFunctions: Sendable {
    package typealias Body = @Sendable ([TemplateValue]) throws(TemplateError) -> TemplateValue

    package struct Function: Sendable {
        /// How many arguments it takes.
        package var arity: ClosedRange<Int>
        package var body: Body
    }

    package private(set) var functions: [String: Function] = [:]
    /// Functions that the subject answers.
    package private(set) var dynamic: Set<String> = []

    package init() {}

    package mutating func add(_ name: String, _ arity: ClosedRange<Int>, _ body: @escaping Body) {
        functions[name] = Function(arity: arity, body: body)
    }

    package func adding(dynamic names: [String]) -> TemplateFunctions {
        var copy = self
        copy.dynamic.formUnion(names)
        return copy
    }

    func knows(_ name: String) -> Bool {
        functions[name] != nil || dynamic.contains(name) || name == "and" || name == "or"
    }
}
