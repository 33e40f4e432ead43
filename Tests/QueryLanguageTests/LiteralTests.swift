import Testing

@testable import QueryLanguage

@Suite("Literals and durations")
struct LiteralTests {
    struct NumberCase: CustomTestStringConvertible {
        let text: String
        let value: Double?
        var testDescription: String { text }
    }

    @Test(
        "numbers are read as Prometheus reads them",
        arguments: [
            NumberCase(text: "1", value: 1), NumberCase(text: "+5.5e-3", value: 0.0055), NumberCase(text: "-0755", value: -493),
            NumberCase(text: "0xc", value: 12), NumberCase(text: "1_000_000", value: 1_000_000), NumberCase(text: "1__0", value: nil),
            NumberCase(text: "_1", value: nil), NumberCase(text: "Inf", value: .infinity), NumberCase(text: "-inf", value: -.infinity),
            NumberCase(text: "5.", value: 5), NumberCase(text: ".5", value: 0.5), NumberCase(text: "1e", value: nil),
        ])
    func numbers(_ item: NumberCase) { #expect(Literals.number(item.text) == item.value) }

    @Test("strings follow Go's escapes")
    func strings() throws {
        #expect(try Literals.unquote(Array(#""\x41\u00e4\n\"""#.utf8)[...]) == Array("A\u{e4}\n\"".utf8))
        #expect(try Literals.unquote(Array("`\\a`".utf8)[...]) == Array("\\a".utf8))
        #expect(throws: LiteralError("unknown escape sequence U+0063 'c'")) { try Literals.endOfString(Array(#""\c""#.utf8), from: 0) }
        #expect(throws: LiteralError("escape sequence not terminated")) { try Literals.endOfString(Array(#""\"#.utf8), from: 0) }
    }

    @Test("durations are whole numbers of units in falling order")
    func durations() throws {
        #expect(try PrometheusDuration.parse("1h30m") == 5_400_000)
        #expect(try PrometheusDuration.parse("5y1w2d3h4m5s6ms") == 5 * 31_536_000_000 + 604_800_000 + 2 * 86_400_000 + 11_045_006)
        #expect(throws: LiteralError("not a valid duration string: \"5m1h\"")) { try PrometheusDuration.parse("5m1h") }
        #expect(throws: LiteralError("unknown unit \"hs\" in duration \"5y1hs\"")) { try PrometheusDuration.parse("5y1hs") }
        #expect(PrometheusDuration.format(5_400_000) == "1h30m")
        #expect(PrometheusDuration.format(8 * 86_400_000) == "8d")
        #expect(PrometheusDuration.format(-180_000) == "-3m")
    }

    @Test("an error shows the line with a caret below the place")
    func caret() {
        let text = "sum(\n  rate(x[5]z))"
        let error = QueryError.parseError("unexpected character", at: 16..<17, in: text)
        #expect(error.message == "2:12: parse error: unexpected character")
        #expect(error.rendered(in: text) == "2:12: parse error: unexpected character\n    rate(x[5]z))\n             ^")
    }

    @Test("the sampling hash is xxHash 64")
    func hash() {
        #expect(LabelHash.hash([]) == 0xef46_db37_51d8_e999)
        #expect(LabelHash.hash(Array("abc".utf8)) == 0x44bc_2cf5_ad77_0999)
        #expect(LabelHash.hash(Array("Nobody inspects the spammish repetition".utf8)) == 0xfbce_a83c_8a37_8bf1)
    }
}
