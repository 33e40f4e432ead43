import Testing

@testable import QueryLanguage

@Suite("Annotations")
struct AnnotationTests {
    /// - Source: Prometheus `util/annotations/annotations_test.go`.
    @Test("notes of levelled buckets with one text are united: the widest bounds, the largest fall, all samples and times")
    func levelling() {
        var notes = Annotations()
        let place = 3..<8
        notes.inform("fixed", .init(lowestBound: 5, highestBound: 50, largestFall: 5.5, time: 1_735_084_800_000), at: place)
        notes.inform("fixed", .init(lowestBound: 10, highestBound: 100, largestFall: 10, time: 1_703_462_400_000), at: place)
        var other = Annotations()
        other.inform("fixed", .init(lowestBound: 2.5, highestBound: 75, largestFall: 7.5, time: 1_733_011_200_000), at: place)
        other.inform("fixed", .init(lowestBound: 1, highestBound: 1, largestFall: 123, time: 0), at: 0..<1)
        notes.merge(other)
        #expect(
            notes.rendered(language: "PromQL", text: "lorem ipsum dolor sit amet").infos == [
                "PromQL info: fixed, from buckets 2.5 to 100, with a max diff of 10, over 3 samples"
                    + " from 2023-12-25T00:00:00Z to 2024-12-25T00:00:00Z (1:4)",
                "PromQL info: fixed, from buckets 1 to 1, with a max diff of 1.2e+02, over 1 samples"
                    + " from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z (1:1)",
            ])
    }

    @Test("a size is told by its first two digits, as Go prints %.2g", arguments: [
        (5.5, "5.5"), (10, "10"), (0, "0"), (99.6, "1e+02"), (123, "1.2e+02"), (0.01, "0.01"), (0.000012345, "1.2e-05"), (1e300, "1e+300"),
    ])
    func digits(value: Double, text: String) { #expect(SignificantDigits.two(value) == text) }
}
