import Bytes

extension TemplateFunctions {
    /// The functions of LogQL's formatters and of Go's templates.
    package static let standard: TemplateFunctions = {
        var table = TemplateFunctions()
        table.addComparisons()
        table.addText()
        table.addNumbers()
        table.addConversions()
        table.addTimes()
        return table
    }()

    private mutating func addComparisons() {
        @Sendable func compare(_ left: TemplateValue, _ right: TemplateValue) -> Int? {
            if case .string(let a) = left, case .string(let b) = right {
                return a.utf8.elementsEqual(b.utf8) ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
            }
            if case .string = left { return nil }
            if case .string = right { return nil }
            if case .none = left, case .none = right { return 0 }
            guard let a = left.double, let b = right.double else { return nil }
            return a == b ? 0 : a < b ? -1 : 1
        }
        @Sendable func order(_ a: [TemplateValue], _ test: (Int) -> Bool) throws(TemplateError) -> TemplateValue {
            guard let result = compare(a[0], a[1]) else { throw TemplateError("incompatible types for comparison") }
            return .bool(test(result))
        }
        add("eq", 2...16) { a throws(TemplateError) in
            for other in a.dropFirst() where compare(a[0], other) == 0 { return .bool(true) }
            if compare(a[0], a[1]) == nil { throw TemplateError("incompatible types for comparison") }
            return .bool(false)
        }
        add("ne", 2...2) { a throws(TemplateError) in try order(a) { $0 != 0 } }
        add("lt", 2...2) { a throws(TemplateError) in try order(a) { $0 < 0 } }
        add("le", 2...2) { a throws(TemplateError) in try order(a) { $0 <= 0 } }
        add("gt", 2...2) { a throws(TemplateError) in try order(a) { $0 > 0 } }
        add("ge", 2...2) { a throws(TemplateError) in try order(a) { $0 >= 0 } }
        add("not", 1...1) { a throws(TemplateError) in .bool(!a[0].isTrue) }
        add("len", 1...1) { a throws(TemplateError) in
            switch a[0] {
            case .string(let text): .integer(Int64(text.utf8.count))
            case .list(let values): .integer(Int64(values.count))
            case .object(let members): .integer(Int64(members.count))
            default: throw TemplateError("len of a value without length")
            }
        }
        add("index", 1...8) { a throws(TemplateError) in
            var value = a[0]
            for key in a.dropFirst() {
                switch (value, key) {
                case (.object(let members), .string(let name)): value = members[name] ?? .none
                case (.list(let values), _):
                    guard let index = key.int, index >= 0, index < values.count else { throw TemplateError("index out of range: \(key.text)") }
                    value = values[Int(index)]
                case (.string(let text), _):
                    guard let index = key.int, index >= 0, index < text.utf8.count else { throw TemplateError("index out of range: \(key.text)") }
                    value = .integer(Int64(Array(text.utf8)[Int(index)]))
                default: throw TemplateError("can't index a value of this kind")
                }
            }
            return value
        }
        add("slice", 1...3) { a throws(TemplateError) in
            let bytes = Array(a[0].text.utf8)
            let start = a.count > 1 ? Int(a[1].int ?? 0) : 0
            let end = a.count > 2 ? Int(a[2].int ?? 0) : bytes.count
            guard start >= 0, start <= end, end <= bytes.count else { throw TemplateError("slice index out of range") }
            return .string(UTF8Validation.repaired(bytes[start..<end]))
        }
        add("print", 0...32) { a throws(TemplateError) in .string(a.map(\.text).joined(separator: "")) }
        add("println", 0...32) { a throws(TemplateError) in .string(a.map(\.text).joined(separator: " ") + "\n") }
        add("printf", 1...32) { a throws(TemplateError) in .string(try GoFormat.format(a[0].text, Array(a.dropFirst()))) }
        add("default", 2...2) { a throws(TemplateError) in a[1].isTrue ? a[1] : a[0] }
    }

    /// A function from texts to text.
    private mutating func text(_ name: String, _ count: Int, _ body: @escaping @Sendable ([String]) -> String) {
        add(name, count...count) { a throws(TemplateError) in .string(body(a.map(\.text))) }
    }

    private mutating func addText() {
        for name in ["lower", "ToLower"] { text(name, 1) { TextWords.lower($0[0]) } }
        for name in ["upper", "ToUpper"] { text(name, 1) { TextWords.upper($0[0]) } }
        text("title", 1) { TextWords.title($0[0]) }
        for name in ["trim", "TrimSpace"] { text(name, 1) { TextWords.trim($0[0], TextWords.blanks) } }
        text("trimAll", 2) { TextWords.trim($0[1], Set($0[0].unicodeScalars)) }
        text("Trim", 2) { TextWords.trim($0[0], Set($0[1].unicodeScalars)) }
        text("TrimLeft", 2) { TextWords.trim($0[0], Set($0[1].unicodeScalars), right: false) }
        text("TrimRight", 2) { TextWords.trim($0[0], Set($0[1].unicodeScalars), left: false) }
        text("trimPrefix", 2) { TextWords.without($0[1], prefix: $0[0]) }
        text("TrimPrefix", 2) { TextWords.without($0[0], prefix: $0[1]) }
        text("trimSuffix", 2) { TextWords.without($0[1], suffix: $0[0]) }
        text("TrimSuffix", 2) { TextWords.without($0[0], suffix: $0[1]) }
        text("replace", 3) { TextWords.replace($0[2], $0[0], $0[1], limit: -1) }
        add("Replace", 4...4) { a throws(TemplateError) in
            .string(TextWords.replace(a[0].text, a[1].text, a[2].text, limit: Int(a[3].int ?? -1)))
        }
        add("trunc", 2...2) { a throws(TemplateError) in
            let bytes = Array(a[1].text.utf8)
            let count = Int(a[0].int ?? 0)
            if count < 0, bytes.count + count > 0 { return .string(UTF8Validation.repaired(bytes[(bytes.count + count)...])) }
            return .string(count >= 0 && bytes.count > count ? UTF8Validation.repaired(bytes[..<count]) : a[1].text)
        }
        add("substr", 3...3) { a throws(TemplateError) in
            let bytes = Array(a[2].text.utf8)
            let (start, end) = (Int(a[0].int ?? 0), Int(a[1].int ?? 0))
            if start < 0 { return .string(UTF8Validation.repaired(bytes[..<max(0, min(end, bytes.count))])) }
            if end < 0 || end > bytes.count { return .string(UTF8Validation.repaired(bytes[min(start, bytes.count)...])) }
            return .string(start <= end ? UTF8Validation.repaired(bytes[start..<end]) : "")
        }
        for name in ["indent", "nindent"] {
            add(name, 2...2) { a throws(TemplateError) in
                let pad = String(repeating: " ", count: max(0, min(Int(a[0].int ?? 0), 1000)))
                let lines = a[1].text.split(separator: "\n", omittingEmptySubsequences: false).map { pad + $0 }
                return .string((name == "nindent" ? "\n" : "") + lines.joined(separator: "\n"))
            }
        }
        add("repeat", 2...2) { a throws(TemplateError) in
            let count = Int(a[0].int ?? 0)
            guard count >= 0, count <= TextTemplate.maximumLength / max(1, a[1].text.utf8.count) else { throw TemplateError("repeat count out of range") }
            return .string(String(repeating: a[1].text, count: count))
        }
        add("contains", 2...2) { a throws(TemplateError) in
            .bool(ByteSearch.contains(Array(a[0].text.utf8), in: Array(a[1].text.utf8)))
        }
        add("hasPrefix", 2...2) { a throws(TemplateError) in .bool(a[1].text.utf8.starts(with: a[0].text.utf8)) }
        add("hasSuffix", 2...2) { a throws(TemplateError) in .bool(a[1].text.utf8.reversed().starts(with: a[0].text.utf8.reversed())) }
        for isLeft in [true, false] {
            add(isLeft ? "alignLeft" : "alignRight", 2...2) { a throws(TemplateError) in
                let width = Int(min(a[0].int ?? 0, 10_000))
                if width < 0 { return .string(a[1].text) }
                let scalars = Array(a[1].text.unicodeScalars)
                var result = String.UnicodeScalarView()
                if scalars.count >= width {
                    result.append(contentsOf: isLeft ? scalars.prefix(width) : scalars.suffix(width))
                    return .string(String(result))
                }
                let pad = String(repeating: " ", count: width - scalars.count)
                return .string(isLeft ? a[1].text + pad : pad + a[1].text)
            }
        }
        @Sendable func expression(_ text: String) throws(TemplateError) -> RegularExpression {
            do { return try TemplatePatterns.compiled(text) } catch { throw TemplateError(error.description) }
        }
        add("regexReplaceAll", 3...3) { a throws(TemplateError) in
            .string(try expression(a[0].text).replaceAll(in: a[1].text, with: a[2].text))
        }
        add("regexReplaceAllLiteral", 3...3) { a throws(TemplateError) in
            .string(try expression(a[0].text).replaceAll(in: a[1].text, with: TextWords.replace(a[2].text, "$", "$$", limit: -1)))
        }
        add("count", 2...2) { a throws(TemplateError) in
            .integer(Int64(try expression(a[0].text).allRanges(in: Array(a[1].text.utf8).span).count))
        }
        text("urlencode", 1) { TextWords.urlEncode($0[0]) }
        text("urlquery", 1) { TextWords.urlEncode($0[0]) }
        text("html", 1) { TextWords.html($0[0]) }
        text("js", 1) { TextWords.script($0[0]) }
        add("urldecode", 1...1) { a throws(TemplateError) in .string(try TextWords.urlDecode(a[0].text)) }
        text("b64enc", 1) { Base64.encode(Array($0[0].utf8)) }
        text("b64dec", 1) { Base64.decode($0[0]).map { UTF8Validation.repaired($0[...]) } ?? TextWords.base64Failure($0[0]) }
    }

    private mutating func addNumbers() {
        @Sendable func whole(_ value: TemplateValue) -> Int64 { value.int ?? 0 }
        func fold(_ name: String, _ start: Int64?, _ step: @escaping @Sendable (Int64, Int64) -> Int64) {
            add(name, 1...32) { a throws(TemplateError) in
                let values = a.map { whole($0) }
                return .integer((start == nil ? values.dropFirst() : values[...]).reduce(start ?? values[0], step))
            }
        }
        fold("add", 0) { $0 &+ $1 }
        fold("mul", nil) { $0 &* $1 }
        fold("max", nil) { Swift.max($0, $1) }
        fold("min", nil) { Swift.min($0, $1) }
        add("sub", 2...2) { a throws(TemplateError) in .integer(whole(a[0]) &- whole(a[1])) }
        for name in ["div", "mod"] {
            add(name, 2...2) { a throws(TemplateError) in
                let (x, y) = (whole(a[0]), whole(a[1]))
                guard y != 0, !(x == .min && y == -1) else { throw TemplateError("integer divide by zero") }
                return .integer(name == "div" ? x / y : x % y)
            }
        }
        func foldFloat(_ name: String, _ step: @escaping @Sendable (Double, Double) -> Double) {
            add(name, 1...32) { a throws(TemplateError) in
                let values = a.map { $0.double ?? 0 }
                return .number(values.dropFirst().reduce(values[0], step))
            }
        }
        // These reckon with decimals: 0.1 and 0.2 make 0.3.
        foldFloat("addf") { Self.decimal($0 + $1) }
        foldFloat("subf") { Self.decimal($0 - $1) }
        foldFloat("mulf") { Self.decimal($0 * $1) }
        foldFloat("divf") { $0 / $1 }
        foldFloat("maxf") { Swift.max($0, $1) }
        foldFloat("minf") { Swift.min($0, $1) }
        add("ceil", 1...1) { a throws(TemplateError) in .number((a[0].double ?? 0).rounded(.up)) }
        add("floor", 1...1) { a throws(TemplateError) in .number((a[0].double ?? 0).rounded(.down)) }
        add("round", 2...3) { a throws(TemplateError) in
            let (value, places) = (a[0].double ?? 0, a[1].int ?? 0)
            let factor = Mathematics.power(10, Double(places))
            let scaled = value * factor
            let half = a.count > 2 ? a[2].double ?? 0.5 : 0.5
            let rest = Mathematics.modulo(scaled, 1)
            return .number((rest >= half ? scaled.rounded(.up) : scaled.rounded(.down)) / factor)
        }
        add("int", 1...1) { a throws(TemplateError) in .integer(a[0].int ?? 0) }
        add("float64", 1...1) { a throws(TemplateError) in .number(a[0].double ?? 0) }
    }

    /// A number without the binary noise behind its fifteenth digit.
    private static func decimal(_ value: Double) -> Double {
        guard value.isFinite, value != 0 else { return value }
        let places = 14 - Int(Mathematics.logarithm10(abs(value)).rounded(.down))
        guard (0...300).contains(places) else { return value }
        return DecimalNumber.parse(DecimalNumber.fixedText(value, places: places)) ?? value
    }

    private mutating func addConversions() {
        // What is no JSON is nothing, not an error.
        add("fromJson", 1...1) { a throws(TemplateError) in (try? JSONValue.parse(a[0].text)).map { TemplateValue($0) } ?? .none }
        add("bytes", 1...1) { a throws(TemplateError) in
            guard let value = Quantities.byteSize(a[0].text.utf8) else { throw TemplateError("cannot parse \(Literals.quote(a[0].text)) as bytes") }
            return .number(value)
        }
        for name in ["duration", "duration_seconds"] {
            add(name, 1...1) { a throws(TemplateError) in
                do throws(LiteralError) { return .number(Double(try Quantities.goDuration(Array(a[0].text.utf8)[...])) / 1e9) } catch {
                    throw TemplateError(error.message)
                }
            }
        }
    }
}
