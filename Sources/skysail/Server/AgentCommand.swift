import ArgumentParser
import Bytes
import Collection
import Environment
import Host
import Logging
import NodeAgent
import Posix
import RemoteEngines
import ServiceNetwork

/// The node agent alone, for a server elsewhere.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Run the node agent of this host for a server elsewhere.",
        discussion: "skysail agent --server http://10.0.0.1:9090\nCtrl-C stops the agent; its pods go on, and the next agent takes them over.")

    @Option(help: "Address of the server.") var server: String
    @Option(help: "Directory for everything that rests on disk.") var data: String = ServerOptions.defaultDataDirectory + "-agent"
    @Option(help: "Time between two measurements of the containers and the host, 1s to 5m.") var interval = DurationArgument(.seconds(10))

    @Option(help: "Bytes of log lines, and as many of samples, that wait on disk while the server is away.") var queueSize = 512 << 20
    @OptionGroup var options: NodeOptions

    func run() async throws {
        guard server.hasPrefix("http://") || server.hasPrefix("https://") else {
            throw Failure("cannot read --server \(server): write a URL, as in http://10.0.0.1:9090", code: 2)
        }
        guard interval.duration >= .seconds(1), interval.duration <= .seconds(300) else {
            throw Failure("cannot measure every \(interval.defaultValueDescription): --interval goes from 1s to 5m", code: 2)
        }
        let address = server.hasSuffix("/") ? String(server.dropLast()) : server
        let (directory, clock, fetcher) = (try DataDirectory(data), SystemClock(), HTTPFetcher())
        let logger = Logger(label: "skysail") { _ in LineLogHandler() }
        let pool = ThreadWorkPool(threads: ProcessVariables.processorCount)
        let client = RemoteClusterClient(server: address, fetcher: fetcher, clock: clock)
        let report: @Sendable (String) -> Void = { logger.warning("\($0)") }
        func shipping(_ name: String, dropsOldest: Bool) -> ShippingOptions {
            ShippingOptions {
                $0.seed = UInt64.random(in: .min ... .max)
                $0.report = report
                $0.disk = .init(
                    directory: "\(directory.agent)/queue/\(name)", files: PosixFileSystem(), workers: pool, capacity: queueSize, dropsOldest: dropsOldest)
            }
        }
        let samples = RemoteSampleAppender(
            url: address + "/api/v1/write", fetcher: fetcher, clock: clock, options: shipping("samples", dropsOldest: true))
        // Lines wait in their files when the queue is full: nothing of it need be given up.
        let entries = RemoteEntryAppender(
            url: address + "/loki/api/v1/push", fetcher: fetcher, clock: clock, options: shipping("lines", dropsOldest: false))
        let node = try NodeProcess(
            directory: directory.agent, client: client, samples: samples, entries: entries, interval: interval.duration,
            pool: pool, clock: clock, fetcher: fetcher, options: options, report: report,
            figures: { samples.counts.figures("samples") + entries.counts.figures("lines") })
        let channel = NodeChannelAgent(
            server: address, node: node.name, channel: node.channel, dial: WebSocketDialer.dial, clock: clock,
            seed: UInt64.random(in: .min ... .max), report: report)
        logger.info("node \(node.name) for \(address)")
        try await StopSignals.run {
            await withDiscardingTaskGroup { group in
                group.addTask { await client.run() }
                group.addTask { await samples.run() }
                group.addTask { await entries.run() }
                group.addTask { await channel.run() }
                group.addTask { await node.network.run() }
                group.addTask { await node.collector.run() }
                group.addTask { await node.tailer.run() }
                group.addTask { await node.agent.run() }
            }
        }
        logger.info("stopped; pods go on")
        await fetcher.shutdown()
    }
}
