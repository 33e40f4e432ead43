import CYAML

/// One step of YAML text, as libyaml reads it, with its place counted from 1.
struct YAMLEvent {
    enum Kind {
        case documentStart, documentEnd, end
        case alias(String)
        /// A plain scalar is one without quotes that is no block.
        case scalar(String, tag: String?, isPlain: Bool)
        case sequenceStart, sequenceEnd
        case mappingStart, mappingEnd
    }

    var kind: Kind
    /// The name under which the value may be used again.
    var anchor: String?
    var line: Int
    var column: Int
}

/// Reads YAML text event by event.
@safe struct YAMLEventReader: ~Copyable {
    private let parser: OpaquePointer
    private let text: String

    /// - Throws: when there is no memory for a copy of the text.
    init(_ text: String) throws(DocumentError) {
        // With a byte after the text, since an empty buffer has no address.
        let bytes = Array(text.utf8) + [0]
        guard let parser = unsafe bytes.withUnsafeBufferPointer({ unsafe cyaml_parser_new($0.baseAddress!, $0.count - 1) }) else {
            throw DocumentError("out of memory", line: 1, column: 1)
        }
        unsafe self.parser = parser
        self.text = text
    }

    deinit { unsafe cyaml_parser_free(parser) }

    /// The next event; after the end, the end again.
    ///
    /// - Throws: what libyaml found, in its words and with the place.
    mutating func next() throws(DocumentError) -> YAMLEvent {
        var raw = unsafe cyaml_event()
        unsafe cyaml_parser_next(parser, &raw)
        let (line, column) = unsafe (Int(raw.line) + 1, Int(raw.column) + 1)
        let kind: YAMLEvent.Kind =
            switch unsafe cyaml_kind(UInt32(raw.kind)) {
            case CYAML_DOCUMENT_START: .documentStart
            case CYAML_DOCUMENT_END: .documentEnd
            case CYAML_ALIAS: .alias(unsafe Self.string(raw.anchor) ?? "")
            case CYAML_SCALAR:
                unsafe .scalar(Self.string(raw.text, count: raw.length), tag: Self.string(raw.tag), isPlain: raw.is_plain != 0)
            case CYAML_SEQUENCE_START: .sequenceStart
            case CYAML_SEQUENCE_END: .sequenceEnd
            case CYAML_MAPPING_START: .mappingStart
            case CYAML_MAPPING_END: .mappingEnd
            case CYAML_FAILURE:
                throw unsafe failure(Self.string(raw.text) ?? "cannot be read", offset: Int(raw.offset), line: line, column: column)
            default: .end
            }
        return YAMLEvent(kind: kind, anchor: unsafe Self.string(raw.anchor), line: line, column: column)
    }

    /// A failure of the encoding knows its byte only.
    private func failure(_ problem: String, offset: Int, line: Int, column: Int) -> DocumentError {
        guard offset >= 0 else { return DocumentError(problem, line: line, column: column) }
        let before = text.utf8.prefix(offset)
        let line = before.reduce(1) { $1 == 0x0a ? $0 + 1 : $0 }
        return DocumentError(problem, line: line, column: before.reversed().prefix { $0 != 0x0a }.count + 1)
    }

    private static func string(_ pointer: UnsafePointer<CChar>?) -> String? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe String(cString: pointer)
    }

    /// A scalar may hold null bytes.
    private static func string(_ pointer: UnsafePointer<CChar>?, count: Int) -> String {
        guard let pointer = unsafe pointer else { return "" }
        return unsafe String(decoding: UnsafeRawBufferPointer(start: pointer, count: count), as: UTF8.self)
    }
}
