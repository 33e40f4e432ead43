import APIServer
package import Bytes
import ClusterAPI
import Controllers
import ObjectStore
import Reconciliation
import Scheduler

/// A cluster on a virtual clock: the real API server's core over memory, the real scheduler and controllers, and played nodes, joined by a
/// network that does what the fault plan says.
///
/// Everything that happens is an item on one agenda, and every choice a draw from generators of one seed: a seed is a run, event for event.
/// - Invariant: nothing here reads a clock, starts a task, or looks into an actor; actors learn of the world by events only.
package struct World {
    package struct Configuration: Sendable {
        package var nodeCount = 3
        package var zoneCount = 2
        package var milliCPUPerNode: Int64 = 4000
        package var memoryPerNode: Int64 = 8 << 30
        package var podsPerNode = 20
        /// How often the controllers' and nodes' regular work comes; runs of many seeds take it slower.
        package var heartbeat = Duration.seconds(10)
        /// The longest time a pod takes to start.
        package var startDelay = Duration.seconds(3)
        package var faults = FaultPlan.none

        package init() {}
    }

    /// When every run begins.
    package static let origin = Timestamp(seconds: 1_700_000_000)

    let seed: UInt64
    let configuration: Configuration
    package private(set) var now = Self.origin
    package internal(set) var trace = Trace(origin: Self.origin)
    let server: APIServer
    var actors: [SimulatedActor] = []
    var agenda = Agenda<WorldItem>()
    var faults: FaultPlan
    /// Draws of the network and of faults; the workload has its own, so that one can be changed without the other.
    var random: Xoshiro256
    var workload: Workload?
    var checker: SafetyChecker
    /// What is measured of the pods, in worlds that autoscale.
    var metering: Metering?
    private var publishedRevision: UInt64 = 0

    package init(seed: UInt64, configuration: Configuration = Configuration()) {
        self.seed = seed
        self.configuration = configuration
        faults = configuration.faults
        var seeds = SplitMix64(seed: seed)
        random = Xoshiro256(seed: seeds.next())
        server = APIServer(engine: MemoryEngine(), seed: seeds.next())
        checker = SafetyChecker(server)
        // On an empty memory engine nothing can be refused.
        do { try server.bootstrapNow(now: now) } catch { preconditionFailure("cannot make what is there from the start: \(error)") }

        let schedulerSeed = seeds.next()
        actors.append(
            SimulatedActor(name: "scheduler") { SchedulerCore(SchedulerConfiguration(seed: schedulerSeed)) })
        for member in ControllerSet.standard() {
            actors.append(SimulatedActor(name: member.name) { member.core })
        }
        for number in 1...max(1, configuration.nodeCount) where number <= configuration.nodeCount {
            addNode(number, seed: seeds.next())
        }
        for index in actors.indices { start(index) }
        scheduleFaults()
    }

    mutating func addNode(_ number: Int, seed: UInt64) {
        let node = KubeletReconciler.Configuration(
            name: "n\(number)", number: number, zone: "z\((number - 1) % max(1, configuration.zoneCount))",
            milliCPU: configuration.milliCPUPerNode, memory: configuration.memoryPerNode, pods: configuration.podsPerNode,
            heartbeat: configuration.heartbeat, startDelay: configuration.startDelay, crashes: configuration.faults.crashes, seed: seed)
        actors.append(SimulatedActor(name: node.name, isNode: true) { ReconcilerCore(KubeletReconciler(node)) })
        checker.addNode(node.name, milliCPU: node.milliCPU, memory: node.memory, pods: node.pods)
    }

    // MARK: Running

    /// Lets virtual time pass and everything happen that falls into it.
    ///
    /// - Throws: the first broken promise.
    package mutating func run(for duration: Duration) throws(BrokenPromise) {
        let end = now + duration
        while let time = agenda.nextTime, time <= end {
            guard let (_, item) = agenda.next() else { break }
            now = max(now, time)
            happen(item)
            try publish()
        }
        now = end
    }

    private mutating func happen(_ item: WorldItem) {
        switch item {
        case .request(let address, let origin, let request): receive(request, from: address, origin)
        case .answer(let address, let origin, let result):
            guard isAlive(address) else { return }
            answered(address.actor, origin, result)
        case .follow(let address, let stream, let generation):
            guard isCurrent(address, stream, generation) else { return }
            follow(address.actor, stream)
        case .open(let address, let stream, let generation, let request):
            guard isCurrent(address, stream, generation) else { return }
            open(address.actor, stream, request)
        case .news(let address, let stream, let generation, let events):
            guard isCurrent(address, stream, generation) else { return }
            learn(address.actor, stream, events)
        case .cut(let address, let stream, let generation, let reason):
            guard isCurrent(address, stream, generation) else { return }
            cut(address.actor, stream, reason)
        case .timer(let address, let end):
            guard isAlive(address) else { return }
            actors[address.actor].wakes.timerFired(end: end)
            deliver(nil, to: address.actor)
        case .start(let actor): if !actors[actor].isRunning { start(actor) }
        case .fault(let fault): suffer(fault)
        case .workload: work()
        case .sample: sample()
        case .ship(let samples): ship(samples)
        case .load(let controller, let milliCPU): setLoad(milliCPU, of: controller)
        }
    }

    func isAlive(_ address: ActorAddress) -> Bool {
        actors[address.actor].isRunning && actors[address.actor].life == address.life
    }

    private func isCurrent(_ address: ActorAddress, _ stream: Int, _ generation: Int) -> Bool {
        isAlive(address) && actors[address.actor].streams[stream].generation == generation
    }

    func address(_ actor: Int) -> ActorAddress { ActorAddress(actor: actor, life: actors[actor].life) }

    // MARK: Actors

    /// Begins an actor's life: it knows nothing and lists everything.
    mutating func start(_ index: Int) {
        actors[index].core = actors[index].make()
        actors[index].isRunning = true
        actors[index].wakes = WakeTimes()
        actors[index].recorder = EventRecorder(component: actors[index].name)
        actors[index].streams = actors[index].core.watches.map { interest in
            SimulatedActor.Stream(
                reflector: Reflector(interest, user: .system, seed: random.next()), lastArrival: now)
        }
        trace.add(now, "\(actors[index].name) starts")
        for stream in actors[index].streams.indices {
            agenda.add(.follow(address(index), stream: stream, generation: 0), at: now + draw(upTo: faults.latency))
        }
    }

    /// Ends an actor's life.
    mutating func stop(_ index: Int) {
        trace.add(now, "\(actors[index].name) stops")
        for stream in actors[index].streams { stream.cursor?.cancel() }
        actors[index].streams = []
        actors[index].isRunning = false
        actors[index].life += 1
    }

    /// Hands an event to an actor, or lets it look at its wake-ups, and does what it wants.
    mutating func deliver(_ event: ActorEvent?, to index: Int) {
        let time = actors[index].localTime(now)
        if let event { perform(actors[index].core.handle(event, now: time), of: index) }
        if actors[index].wakes.takeDue(now: time) { perform(actors[index].core.handle(.wake, now: time), of: index) }
        if let end = actors[index].wakes.armTimer(now: time, longest: .seconds(5)) {
            agenda.add(.timer(address(index), end: end), at: now + max(.zero, end - time))
        }
    }

    private mutating func perform(_ effects: [ActorEffect], of index: Int) {
        for effect in effects {
            switch effect {
            case .perform(let id, let request): send(request, from: index, .core(id))
            case .wake(let time): actors[index].wakes.ask(time)
            case .record(let event):
                if let request = actors[index].recorder.record(event, now: actors[index].localTime(now)) {
                    send(request, from: index, .recorder)
                }
            }
        }
    }

    // MARK: News

    /// Sends what was committed to everyone who watches, and has it checked.
    mutating func publish() throws(BrokenPromise) {
        do throws(BrokenPromise) {
            if let goals = metering?.goals, let loads = metering?.loads { try metering?.checker.check(goals, loads) }
            guard server.revision != publishedRevision else { return }
            publishedRevision = server.revision
            try checker.check(server.revision)
        } catch {
            throw BrokenPromise(error.promise, error.detail, at: now, seed: seed, faults: configuration.faults, trace: trace.tail)
        }
        for index in actors.indices where actors[index].isRunning {
            for stream in actors[index].streams.indices { pump(index, stream) }
        }
    }

    // MARK: Drawing

    mutating func draw(upTo longest: Duration) -> Duration {
        .microseconds(Int64(random.next(below: Int(max(1, longest.saturatedNanoseconds / 1000)))))
    }

    mutating func happens(_ probability: Double) -> Bool { probability > 0 && random.nextUnit() < probability }
}
