import Testing

@testable import Bytes

@Suite("Regular expressions")
struct RegularExpressionTests {
    @Test(
        "anchored patterns match the whole text, line feeds included",
        arguments: [
            ("a|b", "a", true), ("a|b", "ab", false), ("a.*", "abc\nd", true), (".*", "", true), ("", "", true), ("", "x", false),
            (".+", "", false), ("foo.*", "foobar", true), (".*bar", "foobar", true), (".*ob.*", "foobar", true),
            (".*ob.*", "foxbar", false), ("web-[0-9]+", "web-12", true), ("(?i)ERROR", "error", true), ("a\\.b", "axb", false),
            ("^a$", "a", true), ("^a|b$", "b", true), ("(?<x>a)b", "ab", true), ("é+", "éé", true), (".", "é", true),
            ("foo.*\\*", "foox*", true), ("\\.*", "...", true), ("a\\.*", "a", true), (".*a|a.*", "xay", false),
        ])
    func anchored(pattern: String, text: String, expected: Bool) throws {
        let expression = try RegularExpression(pattern, options: .anchored)
        #expect(expression.matches(text) == expected)
        #expect(expression.matches(Array(text.utf8)) == expected)
    }

    @Test("a search finds a part; ill-formed bytes do no harm")
    func search() throws {
        #expect(try RegularExpression("err").matches("an error"))
        #expect(try RegularExpression("e.r").firstRange(in: Array("an error".utf8)) == 3..<6)
        #expect(try !RegularExpression("^error").matches("an error"))
        #expect(try RegularExpression("ab.*").matches([0xff, 0x61, 0x62, 0xfe]))
        #expect(try RegularExpression("x(.*)y").matches([0x78, 0xff, 0x79]) == false)
        #expect(try RegularExpression("x(.*)y", options: .latin1).matches([0x78, 0xff, 0x79]))
        #expect(try RegularExpression("b", options: .caseInsensitive).matches([0x61, 0x42], range: 1..<2))
    }

    @Test(
        "errors speak Go's words",
        arguments: [
            ("a(", "missing closing ): `a(`"), ("a)", "unexpected ): `a)`"), ("[a", "missing closing ]: `[a`"),
            ("*", "missing argument to repetition operator: `*`"), ("a**", "invalid nested repetition operator: `**`"),
            ("\\8", "invalid escape sequence: `\\8`"), ("[z-a]", "invalid character class range: `z-a`"),
            ("a{1001}", "invalid repeat count: `{1001}`"), ("a\\", "trailing backslash at end of expression"),
        ])
    func errors(pattern: String, message: String) {
        let error = #expect(throws: PatternError.self) { try RegularExpression(pattern) }
        #expect(error?.message == message)
    }

    @Test("captures come with names")
    func captures() throws {
        let expression = try RegularExpression("(?P<method>[A-Z]+) (/\\S*)( HTTP)?")
        #expect(expression.captureNames == ["method", nil, nil])
        #expect(expression.captures(in: Array("x GET /a b".utf8)) == [2..<8, 2..<5, 6..<8, nil])
    }

    @Test(
        "templates replace as Go's ReplaceAll does",
        arguments: [
            ("a(x*)b", "-ab-axxb-", "${1}", "--xx-"), ("a(x*)b", "-ab-axxb-", "$1W", "---"), ("a(x*)b", "-ab-axxb-", "${1}W", "-W-xxW-"),
            ("a*", "baaac", "x", "xbxcx"), ("(?P<n>b)", "abc", "<$n>", "a<b>c"), ("b", "abc", "$$", "a$c"), ("b", "abc", "$", "a$c"),
            ("", "é", "-", "-é-"), ("z", "abc", "y", "abc"), ("(a)(b)?", "ac", "[$1$2]", "[a]c"),
        ])
    func replacing(pattern: String, text: String, template: String, expected: String) throws {
        #expect(try RegularExpression(pattern).replaceAll(in: text, with: template) == expected)
    }

    @Test(
        "finite alternations are listed",
        arguments: [
            ("a|b|c", ["a", "b", "c"]), ("foo(bar|baz)", ["foobar", "foobaz"]), ("a", ["a"]), ("a?", ["a", ""]),
            ("x[ab]y", ["xay", "xby"]), ("^(?:a|b)$", ["a", "b"]), ("a.c", nil), ("a+", nil), ("(?i)a", nil), ("a\\.b", ["a.b"]),
            ("[^a]", nil), ("\\d", nil), ("a^b", nil), ("(a|a)b", ["ab"]), ("a{2}", ["aa"]), ("\\Qa.b\\E", ["a.b"]),
        ] as [(String, [String]?)])
    func setMatches(pattern: String, expected: [String]?) throws {
        #expect(try RegularExpression(pattern, options: .anchored).setMatches == expected)
    }

    @Test(
        "prefix and required literals are found",
        arguments: [
            ("foo.*bar", "foo", ["foo", "bar"]), ("foo|fob", "fo", ["fob|foo"]), ("(?i)Timeout", "", ["timeout"]), (".*", "", []),
            ("a+b", "a", ["a", "b"]), ("level=(error|warn) .*x", "level=", ["level=error |level=warn ", "x"]), ("(a|)b", "", ["b"]),
            ("x*y", "", ["y"]), ("(?i)task", "", ["ta"]), ("[0-9]+ms", "", ["ms"]), ("err(or)?s", "err", ["errors|errs"]),
        ] as [(String, String, [String])])
    func literals(pattern: String, prefix: String, required: [String]) throws {
        let expression = try RegularExpression(pattern)
        #expect(String(decoding: expression.literalPrefix ?? [], as: UTF8.self) == prefix)
        let found = expression.requiredLiterals.map {
            $0.anyOf.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "|")
        }
        #expect(found.filter { !"0123456789".contains($0.first!) } == required)
    }

    @Test("shortcuts and required literals never contradict the automaton")
    func soundness() throws {
        var random = Xoshiro256(seed: 61)
        let pieces = ["a", "b", "ab", ".*", "(a|b)", "[ab]", "a?", "b+", "(?:ab|c)", "^", "$", "\\b", "(|a)", "k", "(?i)", "a{2}", "."]
        let letters = Array("abckAK\n".utf8)
        for _ in 0..<1500 {
            let pattern = (0..<(1 + random.next(below: 5))).map { _ in pieces[random.next(below: pieces.count)] }.joined()
            let options: RegularExpression.Options = random.next(below: 2) == 0 ? .anchored : []
            guard let expression = try? RegularExpression(pattern, options: options) else { continue }
            // A group around everything defeats every shortcut but the exact ones; captures always ask RE2.
            for _ in 0..<12 {
                let text = (0..<random.next(below: 6)).map { _ in letters[random.next(below: letters.count)] }
                let truth = expression.firstRange(in: text)
                #expect(expression.matches(text) == (truth != nil), "\(pattern) on \(String(decoding: text, as: UTF8.self))")
                guard let truth else { continue }
                for literals in expression.requiredLiterals {
                    let isContained = literals.isContained(in: text.span)
                    #expect(isContained, "\(pattern)")
                }
                if let prefix = expression.literalPrefix { #expect(text[truth].starts(with: prefix), "\(pattern)") }
                if let set = expression.setMatches { #expect(set.contains(String(decoding: text, as: UTF8.self)), "\(pattern)") }
            }
        }
    }
}
