import ArgumentParser
import Bytes
import Environment
import LogQL
import LogStore
import Posix
import PromQL
import QueryLanguage
import Rules
import TimeSeriesStore

struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run tests of what is written for skysail.", subcommands: [TestRulesCommand.self])
}

struct TestRulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Run unit tests of rules, in promtool's format.",
        discussion: "skysail test rules tests.yml\n\nLines of logs stand in a test as input_logs: [{stream: '{app=\"web\"}', lines: [{time: 1m, line: text}]}].")

    @Argument(help: "Files of tests.") var files: [String]

    func run() throws {
        var isGood = true
        for file in files {
            Terminal.print("Unit Testing: \(file)")
            let failures = try RuleTestFolder(file).failures()
            if failures.isEmpty { Terminal.print("  SUCCESS") } else {
                isGood = false
                Terminal.print("  FAILED:")
                for failure in failures { Terminal.print("    " + failure.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n    ")) }
            }
        }
        if !isGood { throw ExitCode(1) }
    }
}

/// A file of tests with the rule files that it names, beside it.
private struct RuleTestFolder {
    let path: String

    init(_ path: String) { self.path = path }

    func failures() throws -> [String] {
        let tests = RuleTestFile(try FileText.read(path), path: path)
        var problems = tests.problems
        var groups: [RuleGroupDefinition] = []
        for name in tests.ruleFiles {
            let found = try files(like: name)
            if found.isEmpty { throw Failure("\(path): no rule file is named \(name)", code: 2) }
            for file in found {
                let rules = RuleFile(
                    try FileText.read(file), path: file, expressions: { text, language throws(QueryError) in try LanguageCheck.check(text, language) })
                problems += rules.problems
                groups += rules.groups
            }
        }
        if !problems.isEmpty { return problems.map { "\($0)" } }
        return try RuleTestRun(tests, rules: groups).run { try Self.bench() }
    }

    private func files(like name: String) throws -> [String] {
        let base = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let whole = name.hasPrefix("/") ? name : base + name
        guard whole.contains("*") else { return [whole] }
        let folder = whole.lastIndex(of: "/").map { String(whole[..<$0]) } ?? "."
        let pattern = whole.split(separator: "/").last.map { $0.split(separator: "*", omittingEmptySubsequences: false) } ?? []
        let absolute = folder.hasPrefix("/") ? folder : ProcessVariables.workingDirectory + "/" + folder
        return try PosixFileSystem().list(absolute).filter { Self.fits($0, pattern) }.sorted().map { "\(folder)/\($0)" }
    }

    /// Whether a name consists of the pieces with anything between them.
    private static func fits(_ name: String, _ pieces: [Substring]) -> Bool {
        guard let first = pieces.first, let last = pieces.last, name.hasPrefix(first), name.hasSuffix(last) else { return false }
        guard name.count >= first.count + last.count else { return false }
        var rest = name.dropFirst(first.count).dropLast(last.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let place = rest.indices.first(where: { rest[$0...].hasPrefix(piece) }) else { return false }
            rest = rest[rest.index(place, offsetBy: piece.count)...]
        }
        return true
    }

    /// Stores in memory that keep any time from 1970 on.
    private static func bench() throws -> RuleTestRun.Bench {
        let (disk, pool, clock) = (MemoryFileSystem(), SerialWorkPool(), ManualClock(now: .epoch))
        let metrics = try TimeSeriesStore.open(.init(directory: "/metrics", retention: .zero), fileSystem: disk, workPool: pool, clock: clock)
        var configuration = LogStoreConfiguration(directory: "/logs")
        configuration.retention = .zero
        let logs = try LogStore.open(configuration, fileSystem: disk, workPool: pool, clock: clock)
        return RuleTestRun.Bench(
            evaluators: RuleEvaluators(promQL: PromQLEvaluator(reader: metrics, workPool: pool), logQL: LogQLEvaluator(reader: logs, workPool: pool)),
            samples: metrics, entries: logs)
    }
}
