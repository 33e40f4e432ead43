import ArgumentParser
import Runtimes

/// The process that owns one container's pipes; started by the agent, never by hand.
struct ShimCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shim", abstract: "Own one container: start it, write its log, wait for it.", shouldDisplay: false)

    @Argument(help: "The container's folder.") var folder: String

    func run() throws { ProcessVariables.exit(Shim.main(folder: folder)) }
}
