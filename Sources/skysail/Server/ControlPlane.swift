import APIServer
import Autoscaler
import Bytes
import ClusterAPI
import Controllers
import Environment
import Host
import ObjectStore
import Posix
import QueryLanguage
import Reconciliation
import Rules
import Scheduler
import Telemetry

/// The API server and everything that acts through it on the server's side.
struct ControlPlane {
    let engine: SQLiteEngine
    let server: APIServer
    let client: LocalClusterClient
    let autoscaler: AutoscalerRunner
    let rules: RulesRunner
    private let scheduler: SchedulerConfiguration
    private let clock: any WallClock

    init(
        _ data: DataDirectory, _ settings: Settings, address: ServerOptions.Address, queries: QueryEngines, stores: TelemetryStores,
        pool: any WorkPool, clock: any WallClock, fetcher: any Fetcher
    ) throws {
        do throws(ObjectStoreError) { engine = try SQLiteEngine(path: data.objects) } catch { throw Failure(error.description) }
        var configuration = settings.api
        configuration.advertised = (address.host, address.port)
        configuration.newTokenKey = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        server = APIServer(
            engine: engine, configuration: configuration, seed: UInt64.random(in: .min ... .max),
            metrics: ResourceMetrics(evaluator: queries.promQL, pool: pool))
        client = LocalClusterClient(server: server, clock: clock)
        autoscaler = AutoscalerRunner(
            client: client, promQL: queries.promQL, logQL: queries.logQL, samples: stores.metrics, entries: stores.logs, pool: pool, clock: clock,
            zones: { [zones = TimeZoneFiles(fileSystem: PosixFileSystem())] in zones.rules($0) })
        var rulesConfiguration = RulesRunner.Configuration()
        rulesConfiguration.externalURL = settings.externalURL
        rules = try RulesRunner(
            client: client, promQL: queries.promQL, logQL: queries.logQL, samples: stores.metrics, pool: pool, clock: clock,
            fileSystem: PosixFileSystem(), directory: data.rules, fetcher: fetcher, files: settings.ruleFiles,
            configuration: rulesConfiguration)
        scheduler = settings.scheduler
        self.clock = clock
    }

    /// Makes the standing objects; to be called before anything asks for them.
    func bootstrap() async throws {
        do throws(StatusError) { try await server.bootstrap(now: clock.now()) } catch { throw Failure("cannot make the standing objects: \(error)") }
    }

    /// Runs scheduler, controllers, autoscaler and rules until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                await ActorRunner(
                    SchedulerCore(scheduler), client: client, clock: clock,
                    configuration: .init(name: "default-scheduler", user: Self.user("kube-scheduler"))
                ).run()
            }
            for member in ControllerSet.standard() { group.addTask { await run(member.core, name: member.name) } }
            group.addTask { await autoscaler.run() }
            group.addTask { await rules.run() }
            group.addTask { [clock] in await server.run(clock: clock) }
        }
    }

    private func run(_ core: some ActorCore, name: String) async {
        await ActorRunner(core, client: client, clock: clock, configuration: .init(name: name, user: Self.user(name))).run()
    }

    private static func user(_ name: String) -> UserIdentity { .serviceAccount(namespace: "kube-system", name: name) }

    func close() { engine.close() }
}
