import ArgumentParser
import Bytes
import Environment
import LogStore
import Posix
import TimeSeriesStore

/// What `up`, `server` and `agent` have in common.
struct ServerOptions: ParsableArguments {
    @Option(help: "Directory for everything that rests on disk.") var data: String = ServerOptions.defaultDataDirectory
    @Option(help: "Configuration file, in YAML; what is given here wins over it.") var config: String?
    @Option(help: "HOST:PORT to listen on (default: 127.0.0.1:9090). Beyond loopback it needs --insecure-listen.") var listen: String?
    @Flag(help: "Listen beyond loopback without TLS and authentication.") var insecureListen = false
    @Option(help: "How long samples are kept; 0 keeps all (default: 15d).") var retentionMetrics: DurationArgument?
    @Option(help: "How long log lines are kept; 0 keeps all (default: 7d).") var retentionLogs: DurationArgument?
    @Option(help: "Time between two measurements of the containers and the host, 1s to 5m (default: 10s).") var interval: DurationArgument?
    @Option(help: "Prometheus rule file to evaluate; may be given several times.") var rules: [String] = []
    @Flag(help: "Store neither what the server measures of itself nor the state of the cluster.") var noOwnMetrics = false
    @Option(help: "error, warning, info or debug (default: info).") var logLevel: String?

    static var defaultDataDirectory: String {
        if ProcessVariables.isRoot { return "/var/lib/skysail" }
        return (ProcessVariables.value("HOME") ?? "/tmp") + "/.local/share/skysail"
    }

    struct Address {
        var host: String
        var port: Int
    }

    /// The configuration file's settings, with what the command line says instead.
    ///
    /// - Throws: `Failure` that names the file, the place and what was expected.
    func settings() throws -> Settings {
        var settings = Settings()
        if let config {
            let file = SettingsFile(try FileText.read(config))
            if !file.problems.isEmpty {
                throw Failure("cannot use the configuration:\n" + file.problems.map { "\(config):\($0)" }.joined(separator: "\n"), code: 2)
            }
            settings = file.settings
        }
        if let listen { settings.listen = listen }
        if let logLevel { settings.logLevel = logLevel }
        if let interval { settings.interval = interval.duration }
        if let retentionMetrics { settings.metrics.retention = retentionMetrics.duration }
        if let retentionLogs { settings.logs.retention = retentionLogs.duration }
        if noOwnMetrics { settings.storesOwnMetrics = false }
        settings.ruleFiles += rules
        guard settings.interval >= .seconds(1), settings.interval <= .seconds(300) else {
            throw Failure("cannot measure every \(SettingText.duration(settings.interval)): --interval goes from 1s to 5m", code: 2)
        }
        return settings
    }

    /// The listen address, checked: nothing listens beyond loopback unless told so.
    func address(_ listen: String) throws -> Address {
        guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]), (0...65535).contains(port) else {
            throw Failure("cannot read --listen \(listen): write HOST:PORT, as in 127.0.0.1:9090", code: 2)
        }
        var host = String(listen[..<colon])
        if host.hasPrefix("[") && host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if host == "localhost" { host = "127.0.0.1" }
        guard host.hasPrefix("127.") || host == "::1" || insecureListen else {
            throw Failure(
                "will not listen on \(host): beyond loopback there is no TLS and no authentication yet; add --insecure-listen if the network is yours",
                code: 2)
        }
        return Address(host: host, port: port)
    }
}

/// The data directory: made, locked against a second instance, and its parts by name.
struct DataDirectory {
    let path: String
    private let lock: any OpenFile

    init(_ path: String) throws {
        let files = PosixFileSystem()
        let absolute = path.hasPrefix("/") ? path : ProcessVariables.workingDirectory + "/" + path
        do throws(FileError) {
            try files.createDirectory(absolute)
            lock = try files.open(absolute + "/lock", .lock)
            for part in ["objects", "metrics", "logs", "rules", "agent"] { try files.createDirectory("\(absolute)/\(part)") }
        } catch {
            if error.cause == .isLocked { throw Failure("cannot use \(absolute): another skysail runs on this data directory") }
            throw Failure("cannot use the data directory: \(error); choose another with --data")
        }
        self.path = absolute
    }

    var objects: String { path + "/objects/objects.db" }
    var metrics: String { path + "/metrics" }
    var logs: String { path + "/logs" }
    var rules: String { path + "/rules" }
    var agent: String { path + "/agent" }

    /// Writes the kubeconfig that kubectl can be pointed at, unless it stands there already.
    func writeKubeconfig(server: String) throws(FileError) {
        let text = """
            apiVersion: v1
            kind: Config
            current-context: skysail
            clusters:
            - {name: skysail, cluster: {server: "\(server)"}}
            contexts:
            - {name: skysail, context: {cluster: skysail, user: skysail}}
            users:
            - {name: skysail, user: {}}

            """
        let (files, file) = (PosixFileSystem(), path + "/kubeconfig")
        if let present = try? files.contents(file), present == Array(text.utf8) { return }
        try files.replaceContents(file, with: Array(text.utf8))
    }
}
