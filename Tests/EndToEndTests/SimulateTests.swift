import Bytes
import Environment
import Posix
import Testing

@Suite("skysail simulate", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct SimulateTests {
    private func run(_ arguments: [String]) throws -> (code: Int, text: String) {
        let outcome = try PosixProgramRunner.runBlocking(Binary.path, ["simulate"] + arguments, environment: ["PATH": "/usr/bin:/bin"])
        return (Int(outcome.code), String(decoding: outcome.output + outcome.errors, as: UTF8.self))
    }

    /// Hash seeds differ from process to process: an order that depends on one would show here.
    @Test("a seed in two processes is the same run, event for event")
    func twoProcesses() throws {
        let (first, second) = (try run(["--seeds", "3-6"]), try run(["--seeds", "3-6"]))
        #expect(first.code == 0, "\(first.text)")
        #expect(first.text.split(separator: "\n").count == 4)
        #expect(first.text == second.text)
    }

    /// An optimized build runs ten seeds in the time of one; the debug build leaves the many to it.
    @Test("many seeds of the whole ring hold their promises")
    func manySeeds() throws {
        let last = Binary.path.contains("/debug/") ? 110 : 300
        let (code, text) = try run(["--seeds", "101-\(last)"])
        #expect(code == 0, "\(text.suffix(4000))")
        #expect(text.split(separator: "\n").count == last - 100)
    }

    @Test("what cannot be run is one clear line", arguments: [(["--seeds", "9-3"], "--seeds 9-3"), ([], "name a .scenario file"), (["/nowhere.scenario"], "/nowhere.scenario")])
    func refused(arguments: [String], part: String) throws {
        let (code, text) = try run(arguments)
        #expect(code != 0 && text.contains(part) && text.split(separator: "\n").count == 1, "\(text)")
    }
}
