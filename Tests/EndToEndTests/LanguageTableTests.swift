import Bytes
import Environment
import Posix
import PromQL
import Testing

/// The public tables of PromQL's texts, asked of the finished binary.
@Suite("PromQL texts over HTTP", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct LanguageTableTests {
    private static let table: JSONValue? = {
        guard let bytes = try? PosixFileSystem().contents(ProjectRoot.path + "/../shared/conformance/promql/promql_parse.json") else { return nil }
        return try? JSONValue.parse(bytes)
    }()

    private static func cases(_ section: String) -> [JSONValue] { table?[section]?.arrayValue ?? [] }

    /// A form body of one query. The table is JSON, which cannot hold bytes that are no text: where it speaks of them `ÿ` stands for one.
    private static func form(_ query: String, hasBytes: Bool) -> [UInt8] {
        var body = Array("query=".utf8)
        for scalar in query.unicodeScalars {
            let bytes: [UInt8] = hasBytes && scalar == "\u{ff}" ? [0xff] : Array(String(scalar).utf8)
            for byte in bytes {
                let digits = String(byte, radix: 16)
                body += Array("%\(digits.count == 1 ? "0" : "")\(digits)".utf8)
            }
        }
        return body
    }

    private static func ask(_ server: RunningServer, _ path: String, _ query: String, hasBytes: Bool = false) throws -> Curl.Answer {
        try Curl.post(
            "\(server.address)/api/v1/\(path)", headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: form(query, hasBytes: hasBytes))
    }

    /// Names of nodes: the table's, and those of Prometheus' `parse_query`.
    private static let types = [
        "NumberLiteral": "numberLiteral", "StringLiteral": "stringLiteral", "VectorSelector": "vectorSelector", "MatrixSelector": "matrixSelector",
        "SubqueryExpr": "subquery", "AggregateExpr": "aggregation", "BinaryExpr": "binaryExpr", "Call": "call", "ParenExpr": "parenExpr",
        "UnaryExpr": "unaryExpr",
    ]

    @Test(
        "every query of the parse table is shown as a tree or refused with its place, as bad data",
        .enabled(if: table != nil, "no conformance data beside the project"))
    func parse() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23_280)
        #expect(Self.cases("parse").count > 200)
        for item in Self.cases("parse") {
            let query = item["query"]?.stringValue ?? ""
            let errors = (item["errors"]?.arrayValue ?? []).compactMap(\.stringValue)
            let answer = try Self.ask(server, "parse_query", query, hasBytes: errors.contains("invalid UTF-8 rune"))
            if item["valid"]?.boolValue == true {
                #expect(answer.status == 200, "\(query): \(answer.text)")
                #expect(answer.json["data"]?["type"]?.stringValue == Self.types[item["node"]?.stringValue ?? ""], "\(query): \(answer.text)")
            } else {
                #expect(answer.status == 400 && answer.json["errorType"] == "bad_data", "\(query): \(answer.status) \(answer.text)")
                let message = answer.json["error"]?.stringValue ?? ""
                let place = message.dropFirst(#"invalid parameter "query": "#.count).split(separator: " ").first?.split(separator: ":") ?? []
                #expect(place.count == 2 && place.allSatisfy { Int($0) ?? 0 > 0 }, "\(query): no line and column in \(message)")
            }
        }
        #expect(await server.stop() == 0)
    }

    @Test(
        "every query of the printer and prettier tables is printed in canonical form, and stays as it is printed",
        .enabled(if: table != nil, "no conformance data beside the project"))
    func format() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23_281)
        #expect(Self.cases("printer").count > 50 && Self.cases("prettier").count > 40)
        for item in Self.cases("printer") {
            let query = item["query"]?.stringValue ?? ""
            let answer = try Self.ask(server, "format_query", query)
            #expect(answer.json["data"]?.stringValue == item["printed"]?.stringValue, "\(query): \(answer.text)")
        }
        // The table was made with lines of ten columns, the route has a hundred: what it prints of either form is the same, and is a fixed point.
        for item in Self.cases("prettier") {
            let query = item["query"]?.stringValue ?? ""
            let printed = try Self.ask(server, "format_query", query).json["data"]?.stringValue
            #expect(printed != nil, "\(query)")
            for other in [item["pretty"]?.stringValue ?? "", printed ?? ""] {
                #expect(try Self.ask(server, "format_query", other).json["data"]?.stringValue == printed, "\(query) and \(other)")
            }
            #expect((printed ?? "").split(separator: "\n").allSatisfy { $0.count <= 100 || !$0.contains("(") }, "\(printed ?? "")")
        }
        #expect(await server.stop() == 0)
    }
}
