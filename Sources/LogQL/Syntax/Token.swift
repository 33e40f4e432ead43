/// One word of a query with its place.
struct Token: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case identifier
        /// A quoted text; `bytes` holds what it stands for.
        case string
        case number
        case duration
        case byteSize
        /// The text between `[` and `]`.
        case range
        /// `--strict`, `--keep-empty`.
        case flag
        /// Punctuation and operators; `text` says which.
        case symbol
        case end
    }

    var kind: Kind
    var text: String
    /// What a quoted string stands for.
    var bytes: [UInt8] = []
    /// Byte range in the query.
    var range: Range<Int>

    func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }

    func isWord(_ word: String) -> Bool { kind == .identifier && text == word }

    /// How messages name the token.
    var name: String {
        switch kind {
        case .identifier: Keyword.reserved.contains(text) ? text : "IDENTIFIER"
        case .string: "STRING"
        case .number: "NUMBER"
        case .duration: "DURATION"
        case .byteSize: "BYTES"
        case .range: "RANGE"
        case .flag: "PARSER_FLAG"
        case .symbol: text
        case .end: "$end"
        }
    }
}

/// Words that are never label names.
enum Keyword {
    static let reserved: Set<String> = [
        "by", "without", "bool", "offset", "on", "ignoring", "group_left", "group_right", "unwrap", "json", "logfmt", "pattern",
        "regexp", "unpack", "line_format", "label_format", "decolorize", "drop", "keep", "and", "or", "unless",
    ]

    /// Names of functions, which are label names too where no parenthesis follows.
    static let functions: Set<String> = Set(
        RangeAggregation.Operation.allCases.map(\.rawValue) + VectorAggregation.Operation.allCases.map(\.rawValue)
            + ["vector", "label_replace", "ip", "bytes", "duration", "duration_seconds"])
}
