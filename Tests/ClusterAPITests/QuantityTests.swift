import Testing

@testable import ClusterAPI

@Suite("Quantities")
struct QuantityTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var text: String
        var canonical: String
        var testDescription: String { "\(text) is written \(canonical)" }
    }

    @Test(
        "a quantity is written in its canonical form",
        arguments: [
            Case(text: "0", canonical: "0"), Case(text: "0Gi", canonical: "0"), Case(text: "250m", canonical: "250m"),
            Case(text: "1024m", canonical: "1024m"), Case(text: "1000m", canonical: "1"), Case(text: "0.5", canonical: "500m"),
            Case(text: "1.5", canonical: "1500m"), Case(text: "12000", canonical: "12k"), Case(text: "100000", canonical: "100k"),
            Case(text: "64Mi", canonical: "64Mi"), Case(text: "1024Mi", canonical: "1Gi"), Case(text: "10240Mi", canonical: "10Gi"),
            Case(text: "0.5Gi", canonical: "512Mi"), Case(text: "1.5Ki", canonical: "1536"), Case(text: "1023Ki", canonical: "1023Ki"),
            Case(text: "32G", canonical: "32G"), Case(text: "1e3", canonical: "1e3"), Case(text: "1E3", canonical: "1e3"),
            Case(text: "1E", canonical: "1E"), Case(text: "12e2", canonical: "1200"), Case(text: "-1", canonical: "-1"),
            Case(text: "+5", canonical: "5"), Case(text: ".5", canonical: "500m"), Case(text: "5.", canonical: "5"),
            Case(text: "0.1n", canonical: "1n"), Case(text: "100u", canonical: "100u"), Case(text: "0.0000000001", canonical: "1n"),
            Case(text: "9223372036854775807", canonical: "9223372036854775807"), Case(text: "1e30", canonical: "9223372036854775807"),
            Case(text: "1023", canonical: "1023"), Case(text: "0.1Ki", canonical: "102400m"), Case(text: "500Ei", canonical: "9223372036854775807"),
        ])
    func canonical(_ test: Case) throws {
        let text = try #require(Quantity(test.text)).description
        #expect(text == test.canonical)
    }

    @Test("texts that are no quantities are refused", arguments: ["", "abc", "1 Gi", "1gi", "1KI", "--1", "1.2.3", ".", "1mm", "Mi", "1e", "1e+"])
    func refused(_ text: String) {
        #expect(Quantity(text) == nil)
    }

    @Test("amounts compare and add exactly, whatever their form")
    func arithmetic() throws {
        let half = try #require(Quantity("0.5"))
        #expect(half == Quantity(milli: 500))
        #expect(half + Quantity(milli: 1) > half)
        #expect((half + half).description == "1")
        #expect((Quantity(bytes: 1 << 30) - Quantity(bytes: 1 << 20)).description == "1023Mi")
        #expect(try #require(Quantity("100u")).milliValue == 1)
        #expect(try #require(Quantity("1500m")).value == 2)
    }
}
