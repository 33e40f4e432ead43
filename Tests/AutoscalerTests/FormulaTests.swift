import Testing

@testable import Autoscaler

@Suite("Formulas over proposals")
struct FormulaTests {
    @Test(
        "a formula is evaluated with the usual precedence",
        arguments: [
            ("1 + 2 * 3", 7.0), ("(1 + 2) * 3", 9), ("10 - 4 - 3", 3), ("12 / 4 / 3", 1), ("-web + 10", 6), ("max(web, jobs)", 6),
            ("min(web, jobs, 5)", 4), ("ceil(jobs / 4)", 2), ("floor(jobs / 4)", 1), ("round(2.5)", 3), ("web*1.5", 6),
        ])
    func evaluation(text: String, expected: Double) throws {
        #expect(try Formula(text, names: ["web", "jobs"]).evaluate(["web": 4, "jobs": 6]) == expected)
    }

    @Test("what is no number has no result", arguments: ["web / 0", "web / (jobs - jobs)", "absent + 1"])
    func noResult(text: String) throws {
        #expect(try Formula(text, names: ["web", "jobs", "absent"]).evaluate(["web": 4, "jobs": 6]) == nil)
    }

    @Test(
        "a malformed formula is refused with its place",
        arguments: [
            ("", "character 1:"), ("web +", "character 6:"), ("web jobs", "character 5:"), ("(web", "character 5:"),
            ("web + wep", "character 7:"), ("max(web", "character 8:"), ("max web", "character 5:"), ("ceil(web, 2)", "character 9:"),
            ("web * * 2", "character 7:"), ("1.2.3", "character 1:"),
        ])
    func malformed(text: String, place: String) {
        let error = #expect(throws: Formula.Malformed.self) { try Formula(text, names: ["web", "jobs"]) }
        #expect(error?.message.contains(place) == true, "\(error?.message ?? "")")
    }

    @Test(
        "a formula cannot exhaust the stack",
        arguments: [String(repeating: "(", count: 1500), String(repeating: "-", count: 1500), String(repeating: "1+", count: 50_000) + "1"])
    func tooDeep(text: String) {
        #expect(throws: Formula.Malformed.self) { try Formula(text, names: []) }
    }
}
