import Bytes
import ClusterAPI
import Environment
import NodeAgent
import Synchronization
import Testing

/// An API server that takes whatever a node says, after a while, and knows no objects.
private struct PatientCluster: ClusterClient {
    let clock: ManualClock
    let calls: Counter

    final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    func perform(_ request: APIRequest) async throws(StatusError) -> APIResponse {
        calls.value.add(1, ordering: .relaxed)
        try? await clock.sleep(for: .milliseconds(300))
        throw .internalError("not now")
    }

    func watch(_ request: WatchRequest) async throws(StatusError) -> WatchStream { throw .internalError("not now") }
}

private struct IdleRuntime: ContainerRuntime {
    let version = "idle://1"
    let changes = AsyncStream<ContainerRecord>.makeStream().stream

    func refusal(ofImage image: String) -> RuntimeRefusal? { nil }
    func list() async throws(RuntimeError) -> [ContainerRecord] { [] }
    func start(_ spec: ContainerSpec) async throws(RuntimeError) -> ContainerRecord { throw RuntimeError(.environment, "idle") }
    func stop(_ id: ContainerIdentity, force: Bool) async throws(RuntimeError) {}
    func remove(_ id: ContainerIdentity) async throws(RuntimeError) {}
    func execute(_ id: ContainerIdentity, _ execution: ContainerExecution) async throws(RuntimeError) -> ProgramOutcome {
        throw RuntimeError(.environment, "idle")
    }
    func open(_ id: ContainerIdentity, _ options: ExecOptions) async throws(RuntimeError) -> ExecSession { throw RuntimeError(.environment, "idle") }
}

private struct NoFetcher: Fetcher {
    func fetch(_ request: FetchRequest) async throws -> FetchResponse { throw CancellationError() }
    func stream(_ request: FetchRequest) async throws -> FetchStream { throw CancellationError() }
}

@Suite("Timers of an agent")
struct AgentTimerTests {
    @Test("hours of work leave no more timers asleep than minutes do")
    func timersDoNotMultiply() async throws {
        let clock = ManualClock(now: Timestamp(rfc3339: "2026-11-24T12:00:00Z")!)
        let calls = PatientCluster.Counter()
        let configuration = AgentConfiguration(
            nodeName: "n1", layout: NodeLayout(agentDirectory: "/data/agent", cgroups: CgroupHierarchy()), hostAddress: "10.0.0.1",
            nameServer: "127.10.0.53", allocatable: ["cpu": Quantity(2)])
        let agent = NodeAgent(
            configuration,
            .init(
                client: PatientCluster(clock: clock, calls: calls), runtime: IdleRuntime(), clock: clock, files: MemoryFileSystem(),
                workers: SerialWorkPool(), fetcher: NoFetcher(), connect: { _, _, _ in }))
        let task = Task { await agent.run() }
        // Time passes in small steps, each long enough in the world's turns for what it woke to go to sleep again.
        func pass(_ steps: Int) async {
            for _ in 0..<steps {
                clock.advance(by: .milliseconds(100))
                for _ in 0..<20 { await Task.yield() }
            }
        }
        await pass(600)
        let (early, callsEarly) = (clock.sleeperCount, calls.value.load(ordering: .relaxed))
        await pass(6000)
        #expect(callsEarly > 0 && calls.value.load(ordering: .relaxed) > callsEarly, "the agent does not work")
        #expect(clock.sleeperCount <= early + 8, "after one minute \(early) slept, after eleven \(clock.sleeperCount)")
        task.cancel()
        await task.value
    }
}
