import APIServer
import Bytes
import ClusterAPI
import Collection
import Environment
import Host
import HTTPAPI
import LogQL
import Logging
import NodeAgent
import Posix
import PromQL
import QueryLanguage
import RemoteEngines
import Rules
import ServiceNetwork
import Telemetry
import TimeSeriesStore
import Wire

/// One running server: every room, built and joined.
///
/// Started in the direction the data flows, stores first; stopped in reverse: pods, then what reads and writes, the stores last.
final class ServerProcess: Sendable {
    let data: DataDirectory
    private let options: ServerOptions
    private let settings: Settings
    private let reloader: SettingsReload
    private let address: ServerOptions.Address
    private let clock = SystemClock()
    private let pool: ThreadWorkPool
    private let stores: TelemetryStores
    private let queries: QueryEngines
    private let gate: QueryGate
    private let control: ControlPlane
    private let node: NodeProcess?
    private let nodes: NodeChannelHub
    private let clusterState: ClusterStateCollector
    private let fetcher: HTTPFetcher
    private let isReady = StopFlag()
    private let logger: Logger

    /// - Parameter node: the node of this host; nil for a server alone.
    init(_ options: ServerOptions, node nodeOptions: NodeOptions?) async throws {
        ProcessMemory.boundHeaps()
        settings = try options.settings()
        address = try options.address(settings.listen)
        self.options = options
        guard let level = Logger.Level(rawValue: settings.logLevel) else {
            throw Failure("cannot log at level \(settings.logLevel): choose error, warning, info or debug", code: 2)
        }
        var logger = Logger(label: "skysail") { _ in LineLogHandler() }
        logger.logLevel = level
        self.logger = logger
        data = try DataDirectory(options.data)
        pool = ThreadWorkPool(threads: ProcessVariables.processorCount)
        fetcher = HTTPFetcher()
        stores = try TelemetryStores(data, settings, pool: pool, clock: clock)
        queries = QueryEngines(stores, pool: pool)
        gate = QueryGate(limits: settings.queries, pool: pool, clock: clock)
        control = try ControlPlane(
            data, settings, address: address, queries: queries, stores: stores, pool: pool, clock: clock, fetcher: fetcher)
        reloader = SettingsReload(options: options, rules: control.rules, logger: logger)
        let report: @Sendable (String) -> Void = { [logger] in logger.warning("\($0)") }
        var local: NodeProcess?
        if let nodeOptions {
            local = try NodeProcess(
                directory: data.agent, client: control.client, samples: stores.metrics, entries: stores.logs, interval: settings.interval,
                pool: pool, clock: clock, fetcher: fetcher, options: nodeOptions, report: report)
        }
        node = local
        nodes = NodeChannelHub(local: local.map { (name: $0.name, channel: $0.channel as any NodeChannel) }, clock: clock)
        clusterState = ClusterStateCollector(
            client: control.client, samples: stores.metrics, pool: pool, clock: clock, interval: settings.interval)
    }

    /// Runs until a stop signal comes, then stops everything in order.
    ///
    /// - Parameter whenReady: called with the server's address once it answers.
    func run(whenReady: @escaping @Sendable (String) async throws -> Void) async throws {
        stores.startMaintenance(clock: clock)
        try await control.bootstrap()
        let listening = StopFlag()
        do {
            try await StopSignals.run(onReload: { [reloader] in reloader.request() }) { [self] in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        // Also when the address cannot be had: whoever waits learns it from the group.
                        defer { listening.set() }
                        try await self.serve {
                            self.isReady.set()
                            listening.set()
                        }
                    }
                    try await self.waitUntil(listening)
                    guard self.isReady.isSet else { return try await group.waitForAll() }
                    let url = "http://\(self.address.host):\(self.address.port)"
                    // A convenience: a full disk must not keep the server from starting.
                    do throws(FileError) { try self.data.writeKubeconfig(server: url) } catch { self.logger.warning("\(error)") }
                    self.logger.info("ready at \(url)")
                    group.addTask { await self.control.run() }
                    group.addTask { await self.reloader.run() }
                    if self.settings.storesOwnMetrics { group.addTask { await self.clusterState.run() } }
                    if let node = self.node { group.addTask { await Self.run(node) } }
                    if self.settings.storesOwnMetrics {
                        let measuring = SelfMetrics(stores: self.stores, queries: self.gate, clock: self.clock, interval: self.settings.interval)
                        group.addTask { await measuring.run() }
                    }
                    group.addTask { try await whenReady(url) }
                    try await group.waitForAll()
                }
            }
        } catch {
            await shutDown()
            throw error is Failure ? error : Failure("\(error)")
        }
        await shutDown()
    }

    private static func run(_ node: NodeProcess) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await node.network.run() }
            group.addTask { await node.collector.run() }
            group.addTask { await node.tailer.run() }
            group.addTask { await node.agent.run() }
        }
    }

    private func waitUntil(_ flag: StopFlag) async throws {
        while !flag.isSet {
            try Task.checkCancellation()
            try await clock.sleep(for: .milliseconds(5))
        }
    }

    private func shutDown() async {
        logger.info("stopping")
        if let node {
            await node.agent.stopAll(grace: .seconds(10))
            await node.tailer.drain()
        }
        await fetcher.shutdown()
        control.close()
        stores.close()
    }

    // MARK: HTTP

    private func serve(onListening: @escaping @Sendable () -> Void) async throws {
        var router = Router()
        var sources = PrometheusAPI.Sources()
        let (rules, stores, control, gate) = (control.rules, stores, control, gate)
        sources.rules = { await rules.rulesJSON() }
        sources.alerts = { await rules.alertsJSON() }
        PrometheusSources.add(stores, gate, to: &sources)
        sources.storeStatus = { [pool] limit in
            // Comparing a day with another takes a while with many series.
            let growth = try? await pool.run { try stores.metrics.growth(limit: limit) }
            return StoreStatus.json(stores.metrics.status(limit: limit), growth)
        }
        sources.otlpTranslation = OTLPTranslation(rawValue: settings.otlpTranslation) ?? .underscoreEscapingWithSuffixes
        sources.crossOrigin = settings.corsOrigin.isEmpty ? nil : try CrossOriginPolicy(settings.corsOrigin)
        sources.retention = SettingText.retention(settings.metrics)
        sources.startTime = clock.now()
        sources.version = Version.text
        sources.flags = [("data", data.path), ("listen", settings.listen)]
        sources.configurationText = { [reloader] in reloader.text }
        sources.deleteSeries = { matchers, start, end throws(StoreError) in try stores.metrics.deleteSeries(matchers, start: start, end: end) }
        sources.cleanTombstones = { () throws(StoreError) in try stores.metrics.cleanTombstones() }
        let snapshots = data.path + "/snapshots"
        sources.snapshot = { [clock] skipsHead throws(StoreError) in
            let name = clock.now().rfc3339(.milliseconds).filter { $0.isNumber || $0 == "T" || $0 == "Z" }
            try stores.metrics.snapshot(into: "\(snapshots)/\(name)", skipsHead: skipsHead)
            return name
        }
        PrometheusAPI(
            reader: stores.metrics, appender: stores.metrics, evaluator: queries.promQL, selectors: PromQLSyntax.matchers, gate: gate,
            clock: clock, sources: sources
        ).addRoutes(to: &router)
        var logSources = LokiAPI.Sources()
        logSources.version = Version.text
        logSources.settings = sources.flags
        logSources.logLevel = settings.logLevel
        (logSources.rules, logSources.alerts) = (sources.rules, sources.alerts)
        logSources.deletes = LogRoutes.deletes(stores.logs)
        logSources.flush = { [pool] in try await pool.run { try stores.flush() } }
        logSources.additions = settings.logAdditions
        LokiAPI(
            reader: stores.logs, appender: stores.logs, evaluator: queries.logQL, language: LogRoutes.language(stores.logs), gate: gate,
            clock: clock, sources: logSources
        ).addRoutes(to: &router)
        OperationsAPI(
            isReady: { [isReady] in isReady.isSet },
            flush: { [pool] in try await pool.run { try stores.flush() } },
            reload: { [reloader] in try reloader.perform() }, metrics: { SelfMetrics.exposition(stores, gate) }
        ).addRoutes(to: &router)
        ConsoleAPI().addRoutes(to: &router)
        NodeChannelAPI { [nodes] node, connection in await nodes.serve(node: node, connection) }.addRoutes(to: &router)
        let channel = LogHistoryChannel(nodes, entries: stores.logs, client: control.client, workers: pool, clock: clock)
        KubernetesAPI(
            client: control.client, clock: clock, sources: .init(discovery: { control.server.discovery($0, isAggregated: $1) }, nodes: channel),
            bodySizeLimit: control.server.configuration.bodySizeLimit
        ).addRoutes(to: &router)
        var configuration = HTTPServer.Configuration(host: address.host, port: address.port)
        // Loops only carry bytes. A second one costs each connection it takes three ways between threads, which few processors do not repay.
        if ProcessVariables.processorCount <= 2 { configuration.eventLoops = 1 }
        try await HTTPServer(configuration: configuration, router: router, logger: logger)
            .run { _ in onListening() }
    }
}
