import QueryLanguage

extension Parser {
    private static let pipes: Set<String> = ["distinct", "dedup", "sort", "top", "uniq", "context", "cluster"]

    /// Whether a pipe beyond Loki's language starts here. Its words are label names too, so a comparison after one makes a label filter.
    var isTablePipe: Bool {
        guard current.kind == .identifier, Self.pipes.contains(current.text) else { return false }
        return following.kind != .symbol || following.isSymbol("|") || following.isSymbol(")")
    }

    mutating func tablePipe() throws(QueryError) -> TableExpression {
        let word = advance()
        switch word.text {
        case "distinct": return .distinct(try names())
        case "dedup": return .dedup
        case "cluster": return .cluster
        case "uniq": return .uniq(try byNames())
        case "top":
            let count = try wholeNumber(orElse: 10)
            return .top(count, try byNames())
        case "sort":
            let labels = try byNames()
            if acceptWord("desc") { return .sort(labels, descending: true) }
            _ = acceptWord("asc")
            return .sort(labels, descending: false)
        default:
            let before = try wholeNumber(orElse: 3)
            return .context(before: before, after: accept(",") ? try wholeNumber(orElse: 3) : before)
        }
    }

    private mutating func wholeNumber(orElse missing: Int) throws(QueryError) -> Int {
        guard current.kind == .number else { return missing }
        let token = advance()
        guard let value = Int(token.text), value >= 0, value <= 10_000 else {
            throw failure("expected a whole number up to 10000", at: token.range)
        }
        return value
    }

    private mutating func byNames() throws(QueryError) -> [String] { acceptWord("by") ? try labelList() : try names() }

    private mutating func names() throws(QueryError) -> [String] {
        var names: [String] = []
        guard current.kind == .identifier, !["asc", "desc"].contains(current.text), !Keyword.reserved.contains(current.text) else { return names }
        repeat { names.append(try labelName()) } while accept(",")
        return names
    }
}
