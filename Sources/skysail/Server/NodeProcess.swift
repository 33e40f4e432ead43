import Bytes
import ClusterAPI
import Collection
import Environment
import Host
import NodeAgent
import Posix
import Reconciliation
import Runtimes
import ServiceNetwork
import Telemetry

/// The node's side: agent, service network, collectors.
struct NodeProcess {
    let name: String
    let client: any ClusterClient
    let clock: any WallClock
    let runtime: ProcessRuntime
    let agent: NodeAgent
    let network: ServiceNetwork
    let channel: LocalNodeChannel
    let collector: NodeCollector
    let tailer: LogTailer

    /// Address of the cluster's name server: loopback, not the host's own resolver.
    static let nameServer = "127.0.0.10"

    init(
        directory: String, client: any ClusterClient, samples: any SampleAppender, entries: any EntryAppender, interval: Duration,
        pool: any WorkPool, clock: any WallClock, fetcher: any Fetcher, options: NodeOptions, report: @escaping @Sendable (String) -> Void,
        figures: @escaping @Sendable () -> [(name: String, value: Double)] = { [] }
    ) throws {
        let nodeName = (options.nodeName ?? ProcessVariables.hostName).lowercased()
        name = nodeName
        self.client = client
        self.clock = clock
        let files = PosixFileSystem()
        // Two nodes on one machine must not take each other's groups for their own.
        let layout = NodeLayout(agentDirectory: directory, cgroups: .mounted, cgroupParent: options.nodeName == nil ? "skysail" : "skysail-\(nodeName)")
        let binaryFolder = ProcessVariables.executableFolder
        let isRoot = ProcessVariables.isRoot
        runtime = ProcessRuntime(.init(podsDirectory: layout.podsDirectory, shimCommand: [ProcessVariables.executablePath, "shim"]))
        let machine = MachineFacts.read(files)
        let configuration = AgentConfiguration(
            nodeName: name, layout: layout,
            // The tour's programs are this very binary: its folder comes first.
            searchPath: binaryFolder + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            nameServer: isRoot ? Self.nameServer : nil, canMount: isRoot, capacity: machine.capacity, allocatable: machine.capacity,
            labels: ["kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": machine.architecture],
            system: machine.system)
        agent = NodeAgent(
            configuration,
            .init(
                client: client, runtime: runtime, clock: clock, files: files, workers: pool, fetcher: fetcher,
                connect: { host, port, timeout in try await TCPProbe.connect(host: host, port: port, timeout: timeout) }))
        channel = LocalNodeChannel(nodeName: name, layout: layout, runtime: runtime, files: files, workers: pool, clock: clock)
        let resolver = String(decoding: (try? files.contents("/etc/resolv.conf")) ?? [], as: UTF8.self)
        network = ServiceNetwork(
            client: client, clock: clock,
            // Port 53 is root's.
            .init(nameServer: isRoot ? SocketAddress(Self.nameServer, port: 53) : nil, upstreams: HostResolver.nameServers(resolver)),
            startThread: { name, body in PosixThread.start(name: name, body) }, report: { Terminal.complain("service network: \($0)") })
        var tailing = LogTailer.Configuration(nodeName: name, layout: layout, checkpointPath: directory + "/checkpoints")
        tailing.podLabels = options.logLabel
        tailing.sources = try options.sources()
        tailing.report = { report("log tailer: \($0)") }
        let tailer = LogTailer(tailing, client: client, entries: entries, files: files, clock: clock, workers: pool)
        self.tailer = tailer
        var collecting = NodeCollector.Configuration(nodeName: name, layout: layout, interval: interval)
        collecting.ownFigures = { tailer.figures + figures() }
        collector = NodeCollector(collecting, client: client, samples: samples, files: files, pool: pool, clock: clock)
    }
}
