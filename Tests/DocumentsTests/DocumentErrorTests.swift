import Testing

@testable import Documents

@Suite("Document errors")
struct DocumentErrorTests {
    @Test("an error is one line with its place")
    func description() {
        #expect(DocumentError("unexpected end", line: 3, column: 7).description == "line 3, column 7: unexpected end")
    }
}
