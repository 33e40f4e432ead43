import Bytes
package import ClusterAPI
package import Environment
import Reconciliation
import Synchronization

/// The service network of one node: follows Services and Endpoints, and serves proxy and name server on two threads of its own.
package final class ServiceNetwork: Sendable {
    package struct Configuration: Sendable {
        package var clusterDomain: String
        /// Where the name server listens; nil for none.
        package var nameServer: SocketAddress?
        /// The host's name servers, for names that are none of the cluster's; see `HostResolver`.
        package var upstreams: [SocketAddress]
        package var nodeAddresses: [String]

        package init(
            clusterDomain: String = "cluster.local", nameServer: SocketAddress? = nil, upstreams: [SocketAddress] = [],
            nodeAddresses: [String] = ["127.0.0.1"]
        ) {
            self.clusterDomain = clusterDomain
            self.nameServer = nameServer
            self.upstreams = upstreams
            self.nodeAddresses = nodeAddresses
        }
    }

    /// What the threads read; a value they take as a whole.
    private struct Board: Sendable {
        var rules = ProxyRules()
        var zone: DNSZone
        var version = 0
        var isStopped = false
        var running = 0
        var proxyConnections = 0
    }

    private let client: any ClusterClient
    private let clock: any WallClock
    private let configuration: Configuration
    private let board: Mutex<Board>
    private let proxyWaker = LoopWaker()
    private let dnsWaker = LoopWaker()
    private let startThread: @Sendable (String, @escaping @Sendable () -> Void) -> Void
    private let report: @Sendable (String) -> Void

    /// - Parameters:
    ///   - startThread: starts a named thread of the host.
    ///   - report: told in one line what does not work, such as an address that is taken.
    package init(
        client: any ClusterClient, clock: any WallClock, _ configuration: Configuration,
        startThread: @escaping @Sendable (String, @escaping @Sendable () -> Void) -> Void, report: @escaping @Sendable (String) -> Void
    ) {
        self.client = client
        self.clock = clock
        self.configuration = configuration
        self.startThread = startThread
        self.report = report
        board = Mutex(Board(zone: DNSZone(domain: configuration.clusterDomain)))
    }

    /// Serves until the task is cancelled; then listeners and connections are closed.
    package func run() async {
        start()
        let actor = ServiceActor(
            ServiceTable(clusterDomain: configuration.clusterDomain, nodeAddresses: configuration.nodeAddresses), publish: publish)
        let runner = ActorRunner(actor, client: client, clock: clock, configuration: .init(name: "service-network", user: .system))
        await runner.run()
        stop()
    }

    // MARK: Threads

    package func start() {
        board.withLock { $0.running += 1 }
        startThread("service-proxy") { [self] in
            serveProxy()
            board.withLock { $0.running -= 1 }
        }
        guard let address = configuration.nameServer else { return }
        board.withLock { $0.running += 1 }
        startThread("service-dns") { [self] in
            serveDNS(address)
            board.withLock { $0.running -= 1 }
        }
    }

    package func stop() {
        board.withLock { $0.isStopped = true }
        proxyWaker.wake()
        dnsWaker.wake()
    }

    /// Whether both threads have ended.
    package var hasEnded: Bool { board.withLock { $0.running == 0 } }

    /// Hands a new state over to the threads.
    package func publish(_ rules: ProxyRules, _ zone: DNSZone) {
        board.withLock { board in
            board.rules = rules
            board.zone = zone
            board.version += 1
        }
        proxyWaker.wake()
        dnsWaker.wake()
    }

    /// Connections that are open through the proxy.
    package var connectionCount: Int { board.withLock { $0.proxyConnections } }

    private func serveProxy() {
        let loop = SocketLoop(proxyWaker)
        let server = ProxyServer(loop: loop, report: report)
        var version = -1
        while true {
            let state = board.withLock { board in
                board.proxyConnections = server.connectionCount
                return board
            }
            if state.isStopped { break }
            if state.version != version {
                version = state.version
                server.apply(state.rules)
            }
            loop.turn(timeoutMilliseconds: server.tick())
        }
        server.closeAll()
    }

    private func serveDNS(_ address: SocketAddress) {
        let loop = SocketLoop(dnsWaker)
        var server: DNSServer?
        var version = -1
        while true {
            let state = board.withLock { $0 }
            if state.isStopped { break }
            if server == nil {
                do throws(Sockets.Failure) {
                    server = try DNSServer(loop: loop, address: address, upstreams: configuration.upstreams, zone: state.zone)
                    server!.start()
                } catch {
                    report("name server: \(error.description)")
                }
            }
            if state.version != version {
                version = state.version
                server?.apply(state.zone)
            }
            // Without its address it tries again every few seconds.
            loop.turn(timeoutMilliseconds: server?.tick() ?? 5000)
        }
        server?.closeAll()
    }
}

/// Follows Services and Endpoints and hands every new state over.
private struct ServiceActor: ActorCore {
    private var table: ServiceTable
    private var isSynced: Set<Resource> = []
    private let publish: @Sendable (ProxyRules, DNSZone) -> Void

    init(_ table: ServiceTable, publish: @escaping @Sendable (ProxyRules, DNSZone) -> Void) {
        self.table = table
        self.publish = publish
    }

    var watches: [WatchInterest] { ServiceTable.watches }

    mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect] {
        var hasChanged = false
        switch event {
        case .objects(let resource, let changes): hasChanged = table.apply(resource, changes)
        case .synced(let resource): hasChanged = isSynced.insert(resource).inserted
        case .reply, .wake: break
        }
        // Half of the world is no state to serve: back ends without their services, or the other way round.
        if hasChanged && isSynced.count == ServiceTable.watches.count { publish(table.rules, table.zone) }
        return []
    }
}
