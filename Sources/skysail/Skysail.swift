import ArgumentParser

/// The one binary: its subcommands, and nothing else.
@main
struct Skysail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skysail",
        abstract: "A Kubernetes-shaped cluster core with its observability built in.",
        discussion: """
            Start everything on this machine, with the tour's pods:
              skysail up --tour examples/tour
            Look at it:
              skysail query 'sum by (pod) (rate(container_cpu_usage_seconds_total[1m]))'
              skysail logs '{app="web"} |= "slow"' -f
              skysail explain autoscaler web
            """,
        version: Version.text,
        subcommands: [
            UpCommand.self, ServerCommand.self, AgentCommand.self, ApplyCommand.self, QueryCommand.self, LogsCommand.self, TopCommand.self,
            ExplainCommand.self, RollingUpdateCommand.self, CheckCommand.self, TestCommand.self, SimulateCommand.self, FsckCommand.self, DemoCommand.self, ShimCommand.self,
            VersionCommand.self,
        ])

    static func main() async {
        do {
            // Called by the name of a kubectl plug-in it is that subcommand.
            var command = try parseAsRoot(KubectlPlugin.subcommand.map { [$0] + CommandLine.arguments.dropFirst() })
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            Terminal.complain("skysail: \(failure.message)")
            ProcessVariables.exit(failure.code)
        } catch {
            exit(withError: error)
        }
    }
}

/// An error that ends the program: one line that says what to do, and an exit code.
struct Failure: Error {
    var message: String
    /// 1 for what went wrong, 2 for what was asked wrongly.
    var code: Int32 = 1

    init(_ message: String, code: Int32 = 1) {
        self.message = message
        self.code = code
    }
}

enum Version {
    static let text = "0.1.0"
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() { Terminal.print("skysail \(Version.text)") }
}
