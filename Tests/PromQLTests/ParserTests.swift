import Bytes
import Environment
import Posix
import QueryLanguage
import Testing

@testable import PromQL

@Suite("PromQL text")
struct ParserTests {
    static let table: JSONValue? = {
        let path = Conformance.folder + "/promql_parse.json"
        guard let bytes = try? PosixFileSystem().contents(path) else { return nil }
        return try? JSONValue.parse(bytes)
    }()

    static func cases(_ section: String) -> [JSONValue] {
        if case .array(let items)? = table?[section] { return items }
        return []
    }

    static func string(_ value: JSONValue, _ key: String) -> String {
        if case .string(let text)? = value[key] { return text }
        return ""
    }

    /// The table is JSON, which cannot hold bytes that are no text: there `ÿ` stands for the byte 0xff.
    static func bytes(_ query: String, _ item: JSONValue) -> [UInt8] {
        guard case .array(let errors)? = item["errors"], errors.contains(.string("invalid UTF-8 rune")) else { return Array(query.utf8) }
        return query.unicodeScalars.flatMap { $0 == "\u{ff}" ? [0xff] : Array(String($0).utf8) }
    }

    @Test("bytes that are no text are refused at their place")
    func invalidText() {
        #expect(throws: QueryError(.bad, "2:2: parse error: invalid UTF-8 rune", range: 6..<7)) {
            try PromQLSyntax.parse(utf8: Array("éé\n".utf8) + Array("{".utf8) + [0xff])
        }
    }

    @Test("every query of the public parse table is accepted or refused as Prometheus does", .enabled(if: table != nil))
    func parseTable() {
        for item in Self.cases("parse") {
            let query = Self.string(item, "query")
            let isValid = item["valid"] == .bool(true)
            do {
                let expression = try PromQLSyntax.parse(utf8: Self.bytes(query, item))
                #expect(isValid, "accepted: \(query)")
                #expect(nodeName(expression) == Self.string(item, "node"), "\(query)")
            } catch {
                #expect(!isValid, "refused: \(query): \(error.message)")
            }
        }
    }

    @Test("error texts are Prometheus' own, with line and column", .enabled(if: table != nil))
    func errorTexts() {
        var same = 0
        var different: [String] = []
        for item in Self.cases("parse") {
            guard case .array(let errors)? = item["errors"], case .string(let first)? = errors.first else { continue }
            let query = Self.string(item, "query")
            do {
                _ = try Parser.parse(query)
            } catch {
                if error.message.hasSuffix(first) { same += 1 } else { different.append("\(query) -> \(error.message) | \(first)") }
            }
        }
        #expect(same >= 70, "\(same) texts agree; others: \(different.joined(separator: "\n"))")
    }

    @Test("every query of the public printer table prints in canonical form", .enabled(if: table != nil))
    func printerTable() throws {
        for item in Self.cases("printer") {
            let query = Self.string(item, "query")
            #expect(Printer.text(try Parser.parse(query)) == Self.string(item, "printed"), "\(query)")
        }
    }

    @Test("every query of the public prettier table is broken and indented alike", .enabled(if: table != nil))
    func prettierTable() throws {
        // Upstream's expectations were made with lines of ten columns.
        for item in Self.cases("prettier") {
            let query = Self.string(item, "query")
            #expect(Printer.pretty(try Parser.parse(query), width: 10) == Self.string(item, "pretty"), "\(query)")
        }
    }

    @Test("nesting beyond the limit is a clean error, and so is a chain of operators that no stack could walk")
    func depth() throws {
        let deep = String(repeating: "(", count: 1000) + "1" + String(repeating: ")", count: 1000)
        #expect(throws: QueryError.self) { try Parser.parse(deep) }
        let signs = String(repeating: "-", count: 2000) + "x"
        #expect(throws: QueryError.self) { try Parser.parse(signs) }
        func chain(_ count: Int) -> String { Array(repeating: "a", count: count).joined(separator: " + ") }
        _ = try Parser.parse(chain(500))
        #expect(throws: QueryError.self) { try Parser.parse(chain(502)) }
        // Chains within chains add up.
        #expect(throws: QueryError.self) { try Parser.parse("abs(\(chain(300))) + \(chain(300))") }
        _ = try Parser.parse("abs(\(chain(200))) + \(chain(200))")
    }

    @Test("mutated queries never crash the parser, and what it accepts it prints stably", .enabled(if: table != nil))
    func fuzz() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = Xoshiro256(seed: seed)
        let corpus = Self.cases("parse").map { Array(Self.string($0, "query").utf8) }
        for _ in 0..<3000 {
            var bytes = corpus[random.next(below: corpus.count)]
            for _ in 0..<1 + random.next(below: 3) {
                let other = corpus[random.next(below: corpus.count)]
                let cut = random.next(below: bytes.count + 1)
                switch random.next(below: 3) {
                case 0 where !bytes.isEmpty: bytes.remove(at: min(cut, bytes.count - 1))
                case 1: bytes.insert(UInt8(32 + random.next(below: 95)), at: cut)
                default: bytes = Array(bytes[..<cut]) + Array(other[(random.next(below: other.count + 1))...])
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let expression = try? Parser.parse(text) else { continue }
            let printed = Printer.text(expression)
            let again = try? Parser.parse(printed)
            #expect(again.map { Printer.text($0) } == printed, "seed \(seed): \(text) printed as \(printed)")
        }
    }

    private func nodeName(_ expression: Expression) -> String {
        switch expression {
        case .number: "NumberLiteral"
        case .string: "StringLiteral"
        case .selector: "VectorSelector"
        case .matrix: "MatrixSelector"
        case .subquery: "SubqueryExpr"
        case .aggregate: "AggregateExpr"
        case .binary: "BinaryExpr"
        case .call: "Call"
        case .paren: "ParenExpr"
        case .unary: "UnaryExpr"
        }
    }
}
