import Bytes

/// JSON text to a tree with places.
struct JSONDocumentParser {
    private var reader: JSONReader
    private let bytes: [UInt8]
    private let limits: DocumentParser.Limits
    private var budget: Int
    /// The line counter moves with the reader, so that a document costs one pass.
    private var countedTo = 0
    private var line = 1
    private var lineStart = 0

    static func documents(_ text: String, limits: DocumentParser.Limits) throws(DocumentError) -> [DocumentNode] {
        var parser = JSONDocumentParser(Array(text.utf8), limits: limits)
        do throws(JSONError) {
            var documents: [DocumentNode] = []
            while !parser.reader.isAtEnd() { documents.append(try parser.readNode()) }
            return documents
        } catch {
            throw DocumentError(error.message, line: error.line, column: error.column)
        }
    }

    private init(_ bytes: [UInt8], limits: DocumentParser.Limits) {
        self.bytes = bytes
        self.limits = limits
        budget = limits.nodes
        reader = JSONReader(bytes, maxDepth: limits.depth, rejectsDuplicateKeys: false)
    }

    /// The place of an offset; offsets only grow.
    private mutating func place(_ offset: Int) -> (line: Int, column: Int) {
        while countedTo < offset {
            if bytes[countedTo] == 0x0a {
                line += 1
                lineStart = countedTo + 1
            }
            countedTo += 1
        }
        return (line, offset - lineStart + 1)
    }

    private mutating func readNode() throws(JSONError) -> DocumentNode {
        let kind = try reader.peek()
        let (line, column) = place(reader.offset)
        budget -= 1
        if budget < 0 { throw reader.error("more than \(limits.nodes) values") }
        switch kind {
        case .object:
            var members: [DocumentNode.Member] = []
            var seen: [String: (line: Int, column: Int)] = [:]
            try reader.beginObject()
            while let raw = try reader.nextKey() {
                let key = reader.string(raw)
                let keyPlace = place(raw.range.lowerBound - 1)
                if let first = seen[key] {
                    throw reader.error(
                        "key \"\(key)\" is given twice; the first is at line \(first.line), column \(first.column)",
                        at: raw.range.lowerBound - 1)
                }
                seen[key] = keyPlace
                members.append(DocumentNode.Member(key: key, line: keyPlace.line, column: keyPlace.column, value: try readNode()))
            }
            return DocumentNode(.mapping(members), line: line, column: column)
        case .array:
            var elements: [DocumentNode] = []
            try reader.beginArray()
            while try reader.nextElement() { elements.append(try readNode()) }
            return DocumentNode(.sequence(elements), line: line, column: column)
        case .string: return DocumentNode(.string(try reader.readString()), line: line, column: column)
        case .number: return DocumentNode(.number(try reader.readNumber()), line: line, column: column)
        case .bool: return DocumentNode(.bool(try reader.readBool()), line: line, column: column)
        case .null:
            try reader.readNull()
            return DocumentNode(.null, line: line, column: column)
        }
    }
}
