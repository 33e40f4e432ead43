import Bytes
import QueryLanguage
import Telemetry

extension Parser {
    mutating func logExpression() throws(QueryError) -> LogExpression {
        var log = try selector()
        log.stages = try pipeline()
        log.range = log.range.lowerBound..<tokens[index - 1].range.upperBound
        return log
    }

    /// `{a="b", c=~"d"}`.
    mutating func selector() throws(QueryError) -> LogExpression {
        let start = current.range.lowerBound
        try expect("{")
        var matchers: [LabelMatcher] = []
        while !accept("}") {
            if !matchers.isEmpty, !accept(",") { throw unexpected("expecting } or ,") }
            let name = try labelName()
            guard current.kind == .symbol, let operation = LabelMatcher.Operation(rawValue: current.text) else {
                throw unexpected("expecting = or =~ or !~ or !=")
            }
            advance()
            matchers.append(try matcher(name, operation))
        }
        let range = start..<tokens[index - 1].range.upperBound
        if !matchers.contains(where: { !$0.matchesEmpty }) {
            throw failure("queries require at least one regexp or equality matcher that does not have an empty-compatible value. "
                + "For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will", at: range)
        }
        return LogExpression(matchers: matchers, range: range)
    }

    func isLineFilter(_ token: Token) -> Bool { token.kind == .symbol && LineFilterExpression.Operation(rawValue: token.text) != nil }

    mutating func pipeline(stopsAtUnwrap: Bool = false) throws(QueryError) -> [StageExpression] {
        var stages: [StageExpression] = []
        while true {
            if isLineFilter(current) {
                stages.append(.lineFilter(try lineFilter()))
            } else if current.isSymbol("|"), !(stopsAtUnwrap && following.isWord("unwrap")) {
                advance()
                if case .table = stages.last, !isTablePipe { throw unexpected("expecting the end: this pipe works on the whole answer") }
                stages.append(try stage())
            } else {
                return stages
            }
        }
    }

    private mutating func lineFilter() throws(QueryError) -> LineFilterExpression {
        let operation = LineFilterExpression.Operation(rawValue: advance().text)!
        var operands = [try lineOperand(operation)]
        while acceptWord("or") { operands.append(try lineOperand(operation)) }
        return LineFilterExpression(operation: operation, operands: operands)
    }

    private mutating func lineOperand(_ operation: LineFilterExpression.Operation) throws(QueryError) -> LineFilterExpression.Operand {
        let place = current.range
        if current.isWord("ip"), following.isSymbol("(") {
            guard operation == .contains || operation == .excludes else {
                throw failure("ip: unsupported line filter operation \(operation.rawValue)", at: place)
            }
            return .ip(try ipArgument())
        }
        let text = try expect(.string, "STRING").bytes
        switch operation {
        case .matches, .matchesNot: _ = try expression(of: String(decoding: text, as: UTF8.self), at: place)
        case .pattern, .patternNot:
            do { _ = try LinePattern(filter: text) } catch { throw failure(error.message, at: place) }
        case .contains, .excludes: break
        }
        return .text(text)
    }

    func expression(of text: String, options: RegularExpression.Options = [], at place: Range<Int>) throws(QueryError) -> RegularExpression {
        do { return try RegularExpression(text, options: options) } catch {
            throw failure("error parsing regexp: \(error.message)", at: place)
        }
    }

    private mutating func ipArgument() throws(QueryError) -> String {
        advance()
        try expect("(")
        let token = try expect(.string, "STRING")
        let text = String(decoding: token.bytes, as: UTF8.self)
        if AddressSet(text) == nil { throw failure("ip: invalid pattern \(Literals.quote(text)): neither an address nor a range nor a prefix", at: token.range) }
        try expect(")")
        return text
    }

    private mutating func stage() throws(QueryError) -> StageExpression {
        guard current.kind == .identifier else {
            if current.isSymbol("(") { return .labelFilter(try labelFilter()) }
            throw unexpected()
        }
        if isTablePipe { return .table(try tablePipe()) }
        switch current.text {
        case "json":
            advance()
            return .json(try extractions(isJSON: true))
        case "logfmt": return try logfmt()
        case "pattern":
            advance()
            let token = try expect(.string, "STRING")
            do { _ = try LinePattern(parser: token.bytes) } catch { throw failure("invalid pattern: \(error.message)", at: token.range) }
            return .pattern(String(decoding: token.bytes, as: UTF8.self))
        case "regexp":
            advance()
            return .regexp(try regexpArgument())
        case "unpack":
            advance()
            return .unpack
        case "decolorize":
            advance()
            return .decolorize
        case "line_format":
            advance()
            let token = try expect(.string, "STRING")
            return .lineFormat(try template(token))
        case "label_format":
            advance()
            return .labelFormat(try labelFormats())
        case "drop":
            advance()
            return .drop(try labelSelections())
        case "keep":
            advance()
            return .keep(try labelSelections())
        default: return .labelFilter(try labelFilter())
        }
    }

    private func template(_ token: Token) throws(QueryError) -> String {
        let text = String(decoding: token.bytes, as: UTF8.self)
        do { _ = try TextTemplate(text, functions: EntryTemplate.functions) } catch {
            throw failure("invalid line_format template: \(error.description)", at: token.range)
        }
        return text
    }

    private mutating func regexpArgument() throws(QueryError) -> String {
        let token = try expect(.string, "STRING")
        let text = String(decoding: token.bytes, as: UTF8.self)
        let names = try expression(of: text, at: token.range).captureNames.compactMap { $0 }
        if names.isEmpty { throw failure("at least one named capture must be supplied", at: token.range) }
        if Set(names).count < names.count { throw failure("duplicate extracted label name", at: token.range) }
        return text
    }

    private mutating func logfmt() throws(QueryError) -> StageExpression {
        advance()
        var isStrict = false
        var keepsEmpty = false
        while current.kind == .flag {
            switch current.text {
            case "--strict": isStrict = true
            case "--keep-empty": keepsEmpty = true
            default: throw unexpected("expecting --strict or --keep-empty")
            }
            advance()
        }
        return .logfmt(isStrict: isStrict, keepsEmpty: keepsEmpty, try extractions(isJSON: false))
    }

    private mutating func extractions(isJSON: Bool) throws(QueryError) -> [Extraction] {
        var extractions: [Extraction] = []
        guard current.kind == .identifier, !Keyword.reserved.contains(current.text) else { return [] }
        repeat {
            let place = current.range
            let name = try labelName()
            var extraction = Extraction(name: name, path: name, isPlain: true)
            if accept("=") {
                let token = try expect(.string, "STRING")
                extraction.path = String(decoding: token.bytes, as: UTF8.self)
                extraction.isPlain = false
                if isJSON, JSONPath(extraction.path) == nil {
                    throw failure("cannot parse expression [\(extraction.path)]: syntax error", at: token.range)
                }
            }
            if extractions.contains(where: { $0.name == name }) { throw failure("duplicate label \(name)", at: place) }
            extractions.append(extraction)
        } while accept(",")
        return extractions
    }

    private mutating func labelFormats() throws(QueryError) -> [LabelFormat] {
        var formats: [LabelFormat] = []
        repeat {
            let place = current.range
            let name = try labelName()
            try expect("=")
            if name == "__error__" { throw failure("__error__ cannot be formatted", at: place) }
            if formats.contains(where: { $0.name == name }) {
                throw failure("multiple label name '\(name)' not allowed in a single format operation", at: place)
            }
            if current.kind == .string {
                formats.append(LabelFormat(name: name, value: try template(advance()), isRename: false))
            } else {
                formats.append(LabelFormat(name: name, value: try labelName(), isRename: true))
            }
        } while accept(",")
        return formats
    }

    private mutating func labelSelections() throws(QueryError) -> [LabelSelection] {
        var selections: [LabelSelection] = []
        repeat {
            let name = try labelName()
            var selection = LabelSelection(name: name)
            if current.kind == .symbol, let operation = LabelMatcher.Operation(rawValue: current.text) {
                advance()
                selection.matcher = try matcher(name, operation)
            }
            selections.append(selection)
        } while accept(",")
        return selections
    }

    mutating func matcher(_ name: String, _ operation: LabelMatcher.Operation) throws(QueryError) -> LabelMatcher {
        let token = try expect(.string, "STRING")
        do { return try LabelMatcher(name, operation, String(decoding: token.bytes, as: UTF8.self)) } catch {
            throw failure("error parsing regexp: \(error.message)", at: token.range)
        }
    }

    // MARK: Label filters

    mutating func labelFilter() throws(QueryError) -> LabelFilterExpression { try labelFilter(above: 0) }

    /// `and` binds tighter than `or`. A comma or a blank means `and` too, but takes all that follows as its right side, as in Loki's grammar.
    private mutating func labelFilter(above minimum: Int) throws(QueryError) -> LabelFilterExpression {
        try nested { (parser) throws(QueryError) in
            var left = try parser.labelCondition()
            while true {
                let isJuxtaposed =
                    parser.current.isSymbol("(") || parser.current.kind == .identifier && !Keyword.reserved.contains(parser.current.text)
                if isJuxtaposed || parser.accept(",") {
                    left = .and(left, try parser.labelFilter(above: 0))
                } else if parser.current.isWord("and"), minimum < 2 {
                    parser.advance()
                    left = .and(left, try parser.labelFilter(above: 2))
                } else if parser.current.isWord("or"), minimum < 1 {
                    parser.advance()
                    left = .or(left, try parser.labelFilter(above: 1))
                } else {
                    return left
                }
            }
        }
    }

    private mutating func labelCondition() throws(QueryError) -> LabelFilterExpression {
        if accept("(") {
            let inner = try labelFilter()
            try expect(")")
            return inner
        }
        let place = current.range
        let name = try labelName()
        let comparison = current
        guard comparison.kind == .symbol else { throw unexpected() }
        advance()
        if current.kind == .string {
            guard let operation = LabelMatcher.Operation(rawValue: comparison.text) else { throw unexpected() }
            return .matcher(try matcher(name, operation))
        }
        if current.isWord("ip"), following.isSymbol("(") {
            guard comparison.text == "=" || comparison.text == "!=" else { throw unexpected() }
            return try converting(.ip(name: name, isNegated: comparison.text == "!=", text: try ipArgument()), name, at: place)
        }
        guard let operation = LabelFilterExpression.Comparison(rawValue: comparison.text == "=" ? "==" : comparison.text) else {
            throw unexpected("expecting STRING")
        }
        return try converting(try quantity(name, operation), name, at: place)
    }

    /// Errors are texts: a condition that converts its label's value cannot be asked of them.
    private func converting(
        _ filter: LabelFilterExpression, _ name: String, at place: Range<Int>
    ) throws(QueryError) -> LabelFilterExpression {
        guard name == "__error__" || name == "__error_details__" else { return filter }
        throw failure("\(name) is a string label and cannot be compared with \(filter)", at: place)
    }

    private mutating func quantity(_ name: String, _ operation: LabelFilterExpression.Comparison) throws(QueryError) -> LabelFilterExpression {
        let isNegative = accept("-")
        if !isNegative { _ = accept("+") }
        let token = current
        let sign = isNegative ? -1.0 : 1.0
        let text = (isNegative ? "-" : "") + token.text
        switch token.kind {
        case .number:
            return .quantity(name: name, operation, bound: sign * (try number()), unit: .number, text: text)
        case .duration:
            advance()
            let bound = sign * Double(Quantities.duration(token.text.utf8) ?? 0)
            return .quantity(name: name, operation, bound: bound, unit: .duration, text: text)
        case .byteSize where !isNegative:
            advance()
            return .quantity(name: name, operation, bound: Quantities.byteSize(token.text.utf8) ?? 0, unit: .bytes, text: text)
        default: throw unexpected()
        }
    }
}
