import ArgumentParser
import Bytes
import Environment
import Posix

/// Where a command that also serves as a kubectl plug-in finds its server: kubectl's flags, else the kubeconfig.
struct KubectlOptions: ParsableArguments {
    @Option(name: [.customShort("s"), .long], help: "Address of the server.") var server: String?
    @Option(name: [.short, .long], help: "Namespace.") var namespace: String?
    @Option(help: "Kubeconfig file; $KUBECONFIG or ~/.kube/config when this runs as a kubectl plug-in.") var kubeconfig: String?
    @Option(help: "Context of the kubeconfig.") var context: String?

    /// Address and namespace.
    func resolved() throws -> (address: String, namespace: String) {
        var address = server
        var space = namespace
        if address == nil, let config = try file() {
            address = config.server
            space = space ?? config.namespace
        }
        let found = address ?? "http://127.0.0.1:9090"
        return (found.hasSuffix("/") ? String(found.dropLast()) : found, space ?? "default")
    }

    private func file() throws -> Kubeconfig? {
        if let kubeconfig { return try Kubeconfig(file: kubeconfig, context: context) }
        guard KubectlPlugin.isRunning || context != nil else { return nil }
        let home = ProcessVariables.value("HOME").map { "\($0)/.kube/config" }
        let candidates = ProcessVariables.value("KUBECONFIG")?.split(separator: ":").map(String.init) ?? [home].compactMap { $0 }
        guard let path = candidates.first(where: { PosixFileSystem().exists($0) }) else { return nil }
        return try Kubeconfig(file: path, context: context)
    }
}

/// `kubectl rolling-update`: kubectl runs `kubectl-rolling_update` from the PATH, which is a link to this program.
enum KubectlPlugin {
    /// The subcommand that the program was called as, by the name of the link.
    static var subcommand: String? {
        let name = CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? ""
        return name == "kubectl-rolling_update" ? "rolling-update" : nil
    }

    static var isRunning: Bool { subcommand != nil }
}
