import ArgumentParser

/// Server and node agent of this host.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Run the server and the node agent of this host.",
        discussion: "skysail up --tour examples/tour\nCtrl-C stops everything it started: pods, their cgroups and mounts.")

    @OptionGroup var options: ServerOptions
    @OptionGroup var node: NodeOptions
    @Option(help: "Folder of manifests to apply once the server is ready.") var tour: String?

    func run() async throws {
        let process = try await ServerProcess(options, node: node)
        try await process.run { address in
            Terminal.print("console     \(address)/")
            Terminal.print("kubeconfig  \(process.data.path)/kubeconfig")
            if let tour { try await Self.apply(tour, to: address) }
        }
    }

    private static func apply(_ folder: String, to address: String) async throws {
        let connection = ServerConnection(address: address)
        do {
            try await Manifests.apply([folder], to: connection, namespace: "default") { Terminal.print("  \($0)") }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        Terminal.print(
            """
            Now try:
              kubectl --server \(address) get rc,pods,hpa
              \(ProcessVariables.executablePath) logs '{app="web"} |= "slow"' -f
              \(ProcessVariables.executablePath) explain autoscaler web
            Ctrl-C stops everything.
            """)
    }
}

/// The server alone.
struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "server", abstract: "Run the server without a node agent.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        let process = try await ServerProcess(options, node: nil)
        try await process.run { address in Terminal.print("console     \(address)/") }
    }
}
