import APIServer
import Bytes
import ClusterAPI
import Controllers
import Environment
import ObjectStore
import Posix
import Reconciliation
import Scheduler
import Synchronization

/// Every pod created, bound and once reported as running: API server, SQLite, scheduler, all controllers and simulated nodes in one process.
struct RingBenchmark {
    enum Makers { case pods, controllers(Int) }

    var nodes: Int
    var pods: Int
    var makers: Makers
    var folder: String

    func run() async throws {
        let clock = SystemClock()
        let path = (folder.isEmpty || Int(folder) != nil ? "/tmp" : folder) + "/ring-\(Stopwatch.now())"
        try PosixFileSystem().createDirectory(path)
        let engine = try SQLiteEngine(path: path + "/objects.db")
        let server = APIServer(engine: engine, seed: 1)
        try await server.bootstrap(now: clock.now())
        let client = LocalClusterClient(server: server, clock: clock, user: .system)
        let objects = SampleObjects()
        for number in 0..<nodes { _ = try await client.perform(.create(objects.node(number))) }
        let progress = RingProgress()
        let processor = ProcessFigures(0)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await server.run(clock: clock) }
            group.addTask { await ActorRunner(SchedulerCore(), client: client, clock: clock, configuration: .init(name: "default-scheduler", user: .system)).run() }
            for member in ControllerSet.standard() { group.addTask { await Self.run(member.core, member.name, client, clock) } }
            for number in 0..<nodes {
                let name = SampleObjects.nodeName(number)
                group.addTask { await Self.run(HollowNode(name: name, progress: progress), name, client, clock) }
            }
            try? await clock.sleep(for: .seconds(3))
            let (start, cpu, idle) = (Stopwatch.now(), processor.cpuSeconds, processor.residentMegabytes)
            await make(objects, client)
            let created = Stopwatch.seconds(since: start)
            while progress.running < pods, Stopwatch.seconds(since: start) < 300 { try? await clock.sleep(for: .milliseconds(5)) }
            let seconds = Stopwatch.seconds(since: start)
            print(
                "ring: \(progress.running) of \(pods) pods on \(nodes) nodes created, bound and running in \(seconds.short) s "
                    + "(created after \(created.short) s; \((processor.cpuSeconds - cpu).short) s CPU): \(Int(Double(progress.running) / seconds)) pods/s; "
                    + "RSS \(idle) MB before, \(processor.residentMegabytes) MB after")
            group.cancelAll()
        }
        engine.close()
        _ = try? PosixProgramRunner.runBlocking("rm", ["-rf", path], environment: [:])
    }

    private static func run(_ core: some ActorCore, _ name: String, _ client: LocalClusterClient, _ clock: SystemClock) async {
        await ActorRunner(core, client: client, clock: clock, configuration: .init(name: name, user: .system)).run()
    }

    private func make(_ objects: SampleObjects, _ client: LocalClusterClient) async {
        await withTaskGroup(of: Void.self) { group in
            switch makers {
            case .controllers(let count):
                for kind in 0..<count { group.addTask { _ = try? await client.perform(.create(objects.controller(kind, replicas: pods / count))) } }
            case .pods:
                for lane in 0..<64 {
                    group.addTask {
                        for number in stride(from: lane, to: pods, by: 64) { _ = try? await client.perform(.create(objects.pod(number, node: nil))) }
                    }
                }
            }
        }
    }
}

/// How far the pods have come.
final class RingProgress: Sendable {
    private let count = Atomic<Int>(0)

    var running: Int { count.load(ordering: .relaxed) }
    func podRuns() { count.add(1, ordering: .relaxed) }
}

/// A node that reports each of its pods as running, and itself as alive.
struct HollowNode: ActorCore {
    private static let leaseNamespace = "kube-node-lease"

    let name: String
    let progress: RingProgress
    private var requestID = RequestID(0)
    private var reported: Set<String> = []
    private var reports: Set<RequestID> = []
    private var hasLease = false
    private var nextBeat: Timestamp?

    init(name: String, progress: RingProgress) {
        self.name = name
        self.progress = progress
    }

    var watches: [WatchInterest] { [WatchInterest(Pod.resource, fields: FieldSelector([.init(path: "spec.nodeName", value: name)]))] }

    mutating func handle(_ event: ActorEvent, now: Timestamp) -> [ActorEffect] {
        var effects: [ActorEffect] = []
        switch event {
        case .objects(_, let changes):
            for change in changes {
                guard let snapshot = change.snapshot, !snapshot.bytes.isEmpty, reported.insert(snapshot.uid).inserted else { continue }
                let id = requestID.take()
                reports.insert(id)
                effects.append(.perform(id, report(snapshot.key.namespacedName, now)))
            }
        case .reply(let id, let result):
            if reports.remove(id) != nil, case .success = result { progress.podRuns() }
        case .synced, .wake: break
        }
        if nextBeat.map({ $0 <= now }) ?? true {
            effects.append(.perform(requestID.take(), beat(now)))
            nextBeat = now + .seconds(10)
            effects.append(.wake(at: now + .seconds(10)))
        }
        return effects
    }

    private func report(_ pod: NamespacedName, _ now: Timestamp) -> APIRequest {
        let time = JSONValue.string(now.rfc3339())
        let status: JSONValue = [
            "phase": "Running", "podIP": "10.0.0.1", "startTime": time,
            "conditions": [["type": "Ready", "status": "True", "lastTransitionTime": time]],
            "containerStatuses": [
                [
                    "name": "main", "ready": true, "started": true, "restartCount": 0, "image": "registry.example/app:1.2.3", "imageID": "",
                    "state": ["running": ["startedAt": time]],
                ]
            ],
        ]
        return .patch(Pod.self, pod, .strategic, ["status": status], subresource: "status")
    }

    private mutating func beat(_ now: Timestamp) -> APIRequest {
        let time = JSONValue.string(now.rfc3339())
        if hasLease {
            return .patch(Lease.self, NamespacedName(namespace: Self.leaseNamespace, name: name), .merge, ["spec": ["renewTime": time]])
        }
        hasLease = true
        return .create(
            Lease {
                ($0.metadata.name, $0.metadata.namespace) = (name, Self.leaseNamespace)
                ($0.spec.holderIdentity, $0.spec.leaseDurationSeconds, $0.spec.renewTime) = (name, 40, now)
            })
    }
}
