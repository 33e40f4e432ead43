import Bytes
import FoundationEssentials
import Simulation
import Testing

@Suite("Scenarios")
struct ScenarioTests {
    static let folder: String = {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        return root + "/Tests/Fixtures/Simulation"
    }()

    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".scenario") }.sorted()

    @Test("a script's outputs are those written in it; UPDATE_GOLDEN=1 writes them", arguments: names)
    func outputs(name: String) throws {
        let path = "\(Self.folder)/\(name)"
        let text = String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
        let results = try Scenario.run(ScenarioScript(text))
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(Scenario.rewritten(results).utf8).write(to: URL(filePath: path))
            return
        }
        for result in results {
            let expected = result.block.expected ?? []
            #expect(result.isAsExpected, "\(result.block.lines.joined(separator: "; ")):\n\(result.output.joined(separator: "\n"))\ninstead of\n\(expected.joined(separator: "\n"))")
        }
    }

    @Test(
        "a script that makes no sense is refused with its line",
        arguments: [
            ("fly away", "cannot run line 1 of the scenario: there is no command \"fly\""),
            ("tick 5s\ntick soon", "cannot run line 2 of the scenario: \"soon\" is no duration such as 500ms, 5s, 2m or 1h"),
            ("world moons=2", "cannot run line 1 of the scenario: a world has no \"moons\""),
            ("# a comment\n\ndelete pod web-9", "cannot run line 3 of the scenario: there is no pod web-9"),
            ("create rc", "cannot run line 1 of the scenario: create needs a name"),
        ])
    func refused(script: String, message: String) {
        do {
            _ = try Scenario.run(ScenarioScript(script))
            Issue.record("it ran")
        } catch {
            #expect(error.description == message)
        }
    }
}
