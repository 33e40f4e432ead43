import Bytes
import Testing

@testable import Documents

@Suite("Documents")
struct DocumentParserTests {
    struct Scalar: CustomTestStringConvertible, Sendable {
        var text: String
        var json: String
        var testDescription: String { "\(text) means \(json)" }
    }

    @Test(
        "plain scalars mean what they mean to kubectl",
        arguments: [
            Scalar(text: "yes", json: "true"), Scalar(text: "Off", json: "false"), Scalar(text: "~", json: "null"), Scalar(text: "", json: "null"),
            Scalar(text: "0644", json: "420"), Scalar(text: "0x1F", json: "31"), Scalar(text: "0o17", json: "15"), Scalar(text: "08", json: "8"),
            Scalar(text: "1_000", json: "1000"), Scalar(text: "1.10", json: "1.1"), Scalar(text: ".5", json: "0.5"), Scalar(text: "1e3", json: "1000"),
            Scalar(text: "\"yes\"", json: "\"yes\""), Scalar(text: "'1'", json: "\"1\""), Scalar(text: "2026-01-02", json: "\"2026-01-02\""),
            Scalar(text: "1.2.3", json: "\"1.2.3\""), Scalar(text: "250m", json: "\"250m\""), Scalar(text: "!!str 12", json: "\"12\""),
            Scalar(text: "-", json: "[null]"), Scalar(text: "12:30", json: "\"12:30\""), Scalar(text: "-5", json: "-5"),
            Scalar(text: "18446744073709551615", json: "18446744073709551615"),
        ])
    func scalars(_ test: Scalar) throws {
        let node = try DocumentParser().document("v: " + (test.text == "-" ? "\n- " : test.text) + "\n")
        #expect(node["v"]?.json.description == test.json)
    }

    @Test("several documents are read, empty ones left out, and places kept")
    func places() throws {
        let nodes = try DocumentParser().documents("# head\n---\na: 1\nb:\n  - name: x\n---\n---\n{\"c\": [1,\n 2]}\n")
        try #require(nodes.count == 2)
        let name = nodes[0].node(at: "b[0].name")
        #expect(name.line == 5)
        #expect(name.column == 11)
        #expect(nodes[1].node(at: "c[1]").line == 9)
        #expect(nodes[0].node(at: "b[0].image").line == 5)
    }

    @Test("a key that is given twice is refused with both places", arguments: ["a: 1\nb: 2\na: 3\n", "{\n\"a\": 1,\n\"a\": 3}"])
    func duplicates(_ text: String) {
        let error = #expect(throws: DocumentError.self) { try DocumentParser().documents(text) }
        #expect(error?.line == 3)
        #expect(error?.message.contains("\"a\" is given twice; the first is at line") == true)
    }

    @Test("errors are one line with the place", arguments: ["a: [1, 2\n", "a: b: c\n", "\ta: 1\n", "{\"a\" 1}", "a: *x\n"])
    func errors(_ text: String) {
        let error = #expect(throws: DocumentError.self) { try DocumentParser().documents(text) }
        #expect(error?.description.contains("\n") == false)
        #expect((error?.line ?? 0) >= 1)
    }

    @Test("nested aliases are not expanded without end")
    func laughs() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        #expect(throws: DocumentError.self) { try DocumentParser().documents(text) }
    }

    @Test("an alias counts as deep as what it stands for")
    func depthOfAliases() {
        var limits = DocumentParser.Limits()
        limits.depth = 5
        let parser = DocumentParser(limits: limits)
        #expect(throws: Never.self) { try parser.document("a: &a [[[x]]]\nb: [*a]\n") }
        let error = #expect(throws: DocumentError.self) { try parser.document("a: &a [[[x]]]\nb: [[*a]]\n") }
        #expect(error?.description == "line 2, column 6: nested deeper than 5 levels")
    }

    @Test("an anchor ends with its document, and cannot hold itself", arguments: ["a: &x 1\n---\nb: *x\n", "a: &x [1,\n\n *x]\n"])
    func anchors(_ text: String) {
        let error = #expect(throws: DocumentError.self) { try DocumentParser().documents(text) }
        #expect(error?.line == 3)
        #expect(error?.message == "alias \"x\" without an anchor before it")
    }

    @Test("a later anchor of the same name replaces the earlier; keys may have anchors and be aliases")
    func anchorsAgain() throws {
        let node = try DocumentParser().document("&k a: &x 1\nb: *x\nc: &x [2]\nd: *x\ne: {*k : 3}\n")
        #expect(node.json == ["a": 1, "b": 1, "c": [2], "d": [2], "e": ["a": 3]])
    }

    @Test("characters that YAML does not allow are refused where they stand")
    func characters() {
        let error = #expect(throws: DocumentError.self) { try DocumentParser().documents("a: 1\nbc: x\u{1}y\n") }
        #expect(error?.line == 2)
        #expect(error?.column == 6)
    }

    @Test("any text is read or refused in one line, and what is read reads back the same")
    func fuzz() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let pieces = ["a", "b: ", "- ", "\n", "  ", "[", "]", "{", "}", ", ", ": ", "&x ", "*x", "<<: ", "|\n", ">-\n", "\"", "'", "#", "---\n", "!!str ", "! ", "1", "~", "é", "\t", "? ", "\u{0}"]
        for _ in 0..<4000 {
            let text = (0..<Int.random(in: 1...24, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
            do throws(DocumentError) {
                for node in try DocumentParser().documents(text) {
                    let written = YAMLWriter().text(node.json)
                    #expect(try DocumentParser().documents(written).map(\.json) == [node.json], "seed \(seed): \(text.debugDescription)")
                }
            } catch {
                #expect(!error.description.contains("\n"), "seed \(seed): \(text.debugDescription)")
            }
        }
    }

    @Test("depth is bounded in YAML and JSON", arguments: ["[", "{\"a\":", "- "])
    func depth(_ opener: String) {
        #expect(throws: DocumentError.self) { try DocumentParser().documents(String(repeating: opener, count: 5000)) }
    }

    @Test("merge keys bring in what is not given")
    func merge() throws {
        let node = try DocumentParser().document("base: &b {x: 1, y: 2}\nv:\n  <<: *b\n  y: 3\n")
        #expect(node["v"]?.json == ["y": 3, "x": 1])
    }

    @Test("what is written reads back the same, and looks as kubectl's")
    func writing() throws {
        let value: JSONValue = [
            "spec": ["containers": [["name": "web", "args": ["-a", "- b", "yes", "1", ""], "empty": [:], "none": []]], "replicas": 3],
            "note": "line one\nline two\n", "quote": "it's: so", "plain": "a:b c#d", "null": nil, "keep": "x\n\n", "odd": " lead", "tab": "a\tb",
            "time": "2026-01-02T03:04:05Z", "nested": [[1, 2], ["a"]],
        ]
        let text = YAMLWriter().text(value)
        #expect(try DocumentParser().document(text).json == value)
        #expect(text.contains("note: |\n  line one\n  line two\n"))
        #expect(text.contains("  containers:\n  - args:\n    - -a\n    - '- b'\n    - \"yes\"\n    - \"1\"\n    - \"\"\n    empty: {}\n"))
        #expect(text.contains("quote: 'it''s: so'\n"))
        #expect(text.contains("time: \"2026-01-02T03:04:05Z\"\n"))
    }
}
