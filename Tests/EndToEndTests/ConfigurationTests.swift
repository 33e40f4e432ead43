import Bytes
import Environment
import Posix
import Testing

@Suite("The configuration file", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"))
struct ConfigurationTests {
    private func check(_ text: String) throws -> (code: Int32, text: String) {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        try PosixFileSystem().replaceContents(folder.path + "/skysail.yaml", with: Array(text.utf8))
        let outcome = try PosixProgramRunner.runBlocking(Binary.path, ["check", "config", folder.path + "/skysail.yaml"], environment: [:])
        return (outcome.code, String(decoding: outcome.output + outcome.errors, as: UTF8.self))
    }

    struct Case: CustomTestStringConvertible {
        var text: String
        var says: String
        var testDescription: String { text }
    }

    @Test(
        "a key or value that cannot be used is named with its place, and an unknown key with the nearest known one",
        arguments: [
            Case(text: "listn: 127.0.0.1:1", says: ":1:1: there is no key listn; did you mean listen?"),
            Case(text: "metrics:\n  retention: soon", says: ":2:14: metrics.retention: expected a duration"),
            Case(text: "metrics: {serieslimit: 1}", says: "did you mean metrics.seriesLimit?"),
            Case(text: "collection: {interval: 10ms}", says: "collection.interval: expected 1s to 5m"),
            Case(text: "queries: 5", says: "expected keys below queries"),
            Case(text: "logs: {retentionBySelector: [{selector: '{a=}', retention: 1d}]}", says: "logs.retentionBySelector: parse error"),
            Case(text: "metrics: {retentionBySelector: [{selector: '{}', retention: 1d}]}", says: "expected at least one matcher"),
            Case(text: "metrics: {corsOrigin: '('}", says: "expected a regular expression for origins"),
            Case(text: "scheduler: {profiles: [{filters: [NodeResourceFit]}]}", says: "did you mean NodeResourcesFit?"),
            Case(text: "listen: [", says: ":1:"),
        ])
    func problems(_ one: Case) throws {
        let (code, text) = try check(one.text)
        #expect(code == 1)
        #expect(text.contains(one.says), "\(text)")
    }

    @Test("the guide lists exactly the keys that the binary knows")
    func reference() throws {
        let outcome = try PosixProgramRunner.runBlocking(Binary.path, ["check", "config", "--reference"], environment: [:])
        let guide = String(decoding: try PosixFileSystem().contents(ProjectRoot.path + "/docs/guide/configuration.md"), as: UTF8.self)
        let table = String(decoding: outcome.output, as: UTF8.self)
        #expect(outcome.code == 0 && table.split(separator: "\n").count > 20)
        #expect(guide.contains(table), "docs/guide/configuration.md is behind `skysail check config --reference`")
    }

    @Test("the file decides, the command line wins over it, and a reload takes over rule files or refuses whole")
    func reload() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let files = PosixFileSystem()
        let (config, rules) = (folder.path + "/skysail.yaml", folder.path + "/rules.yaml")
        func write(_ path: String, _ text: String) throws { try files.replaceContents(path, with: Array(text.utf8)) }
        func group(_ name: String) -> String { "groups:\n- name: \(name)\n  rules:\n  - {record: one, expr: vector(1)}\n" }
        try write(rules, group("first"))
        try write(config, "listen: 127.0.0.1:1\nrules: [\(rules)]\nmetrics: {retention: 0}\n")
        let server = try await RunningServer(["server", "--config", config], folder: folder.path, port: 23161)
        func groups() throws -> [String] {
            try Curl.get(server.address + "/api/v1/rules").json["data"]?["groups"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
        }
        func reload() throws -> Int { try Curl.send("POST", server.address + "/-/reload", type: "text/plain", body: []).status }
        #expect(try groups() == ["first"])

        try write(rules, group("second"))
        #expect(try reload() == 200)
        let deadline = ContinuousClock.now + .seconds(10)
        while try groups() != ["second"], ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(100)) }
        #expect(try groups() == ["second"], "the group that is gone from the file ends")

        try write(rules, "groups:\n- name: broken\n  rules:\n  - {record: one, expr: 'sum('}\n")
        #expect(try reload() == 500)
        #expect(try groups() == ["second"], "a file with a problem changes nothing")

        try write(rules, group("third"))
        server.child.signal(.hangup)
        let end = ContinuousClock.now + .seconds(10)
        while try groups() != ["third"], ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(100)) }
        #expect(try groups() == ["third"], "SIGHUP reloads")
        #expect(try Curl.get(server.address + "/api/v1/status/config").json["data"]?["yaml"]?.stringValue?.contains("retention: 0") == true)
        #expect(await server.stop() == 0)
    }
}
