import ArgumentParser
import Bytes
import Documents
import Environment
import Posix
import QueryLanguage
import Rules

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check files before they are used.", subcommands: [CheckConfigCommand.self, CheckRulesCommand.self, CheckDashboardsCommand.self])
}

struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check configuration files: keys, values and their ranges.",
        discussion: "skysail check config skysail.yaml\nskysail check config --reference   # every key, as a table in Markdown")

    @Flag(help: "Print the reference of all keys.") var reference = false
    @Argument(help: "Configuration files.") var files: [String] = []

    func run() throws {
        if reference { Terminal.print(SettingsFile.reference) }
        guard reference || !files.isEmpty else { throw ValidationError("name a file, or ask for --reference") }
        var isGood = true
        for file in files {
            let problems = SettingsFile(try FileText.read(file)).problems
            if problems.isEmpty { Terminal.print("\(file): ok") }
            for problem in problems {
                isGood = false
                Terminal.complain("\(file):\(problem)")
            }
        }
        if !isGood { throw ExitCode(1) }
    }
}

struct CheckRulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Check Prometheus rule files: syntax, fields, expressions and templates.")

    @Argument(help: "Rule files.") var files: [String]

    func run() throws {
        var isGood = true
        for file in files {
            let problems = RuleFileCheck.problems(in: try FileText.read(file), expressions: { text, language throws(QueryError) in try LanguageCheck.check(text, language) })
            if problems.isEmpty { Terminal.print("\(file): ok") }
            for problem in problems {
                isGood = false
                Terminal.complain("\(file):\(problem)")
            }
        }
        if !isGood { throw ExitCode(1) }
    }
}

struct CheckDashboardsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboards", abstract: "Check dashboards in Grafana's format: JSON, panels and the expressions of their targets.")

    @Argument(help: "Dashboard files.") var files: [String]

    func run() throws {
        var isGood = true
        for file in files {
            let problems = DashboardCheck.problems(in: try FileText.read(file))
            if problems.isEmpty { Terminal.print("\(file): ok") }
            for problem in problems {
                isGood = false
                Terminal.complain("\(file): \(problem)")
            }
        }
        if !isGood { throw ExitCode(1) }
    }
}

enum FileText {
    static func read(_ file: String) throws -> String {
        let path = file.hasPrefix("/") ? file : ProcessVariables.workingDirectory + "/" + file
        do { return String(decoding: try PosixFileSystem().contents(path), as: UTF8.self) } catch { throw Failure("\(error)", code: 2) }
    }
}
