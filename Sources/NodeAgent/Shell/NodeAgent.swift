import Bytes
package import ClusterAPI
package import Environment
import Reconciliation

/// The agent of one node: follows the API server, drives the runtime, asks the probes.
///
/// One task runs the core; everything else reports to it through one mailbox.
package struct NodeAgent: Sendable {
    /// What the agent uses of the world.
    package struct World: Sendable {
        package var client: any ClusterClient
        package var runtime: any ContainerRuntime
        package var clock: any WallClock
        package var files: any FileSystem
        /// Where file work runs.
        package var workers: any WorkPool
        /// HTTP probes.
        package var fetcher: any Fetcher
        /// TCP probes: returns when a connection was made.
        package var connect: @Sendable (_ host: String, _ port: Int, _ timeout: Duration) async throws -> Void

        package init(
            client: any ClusterClient, runtime: any ContainerRuntime, clock: any WallClock, files: any FileSystem, workers: any WorkPool,
            fetcher: any Fetcher, connect: @escaping @Sendable (_ host: String, _ port: Int, _ timeout: Duration) async throws -> Void
        ) {
            self.client = client
            self.runtime = runtime
            self.clock = clock
            self.files = files
            self.workers = workers
            self.fetcher = fetcher
            self.connect = connect
        }
    }

    private enum Message: Sendable {
        case event(AgentEvent)
        case timer(end: Timestamp)
    }

    private let configuration: AgentConfiguration
    private let world: World

    /// How long a timer sleeps at most: civil time may be set meanwhile, and a wake-up is a civil time.
    private static let longestSleep: Duration = .seconds(5)

    package init(_ configuration: AgentConfiguration, _ world: World) {
        self.configuration = configuration
        self.world = world
    }

    /// Runs until the task is cancelled. Containers go on.
    package func run() async {
        let mailbox = Mailbox<Message>(capacity: 256)
        let core = AgentCore(configuration) { [runtime = world.runtime] in runtime.refusal(ofImage: $0) }
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for (index, interest) in core.watches.enumerated() {
                    group.addTask { await follow(interest, seed: UInt64(index), into: mailbox) }
                }
                group.addTask { await followRuntime(mailbox) }
                await serve(core, mailbox, in: &group)
                group.cancelAll()
            }
        } onCancel: {
            mailbox.close()
        }
    }

    /// Ends every container of the node: asks, waits for the grace, kills; leaves no process, cgroup or mount. For `up` when it stops;
    /// called after `run` has returned.
    package func stopAll(grace: Duration) async {
        guard let records = try? await world.runtime.list() else { return }
        await withDiscardingTaskGroup { group in
            for record in records {
                group.addTask {
                    if case .running = record.state { try? await world.runtime.stop(record.id, force: false) }
                }
            }
        }
        let deadline = world.clock.monotonicNanoseconds() &+ UInt64(max(0, grace.saturatedNanoseconds))
        while world.clock.monotonicNanoseconds() < deadline {
            let left = (try? await world.runtime.list()) ?? []
            if !left.contains(where: { if case .running = $0.state { true } else { false } }) { break }
            do { try await world.clock.sleep(for: .milliseconds(50)) } catch { break }
        }
        await withDiscardingTaskGroup { group in
            for record in records { group.addTask { try? await world.runtime.remove(record.id) } }
        }
    }

    // MARK: The core's task

    private func serve(_ core: AgentCore, _ mailbox: Mailbox<Message>, in group: inout DiscardingTaskGroup) async {
        var core = core
        var events = EventCorrelator()
        var wakes = WakeTimes()
        while let message = await mailbox.receive() {
            if Task.isCancelled { break }
            let now = world.clock.now()
            var effects: [AgentEffect] = []
            switch message {
            case .event(let event): effects = core.handle(event, now: now)
            case .timer(let end): wakes.timerFired(end: end)
            }
            // A core that asks for a time that has come is woken by the timer, not here: it would keep its task from all messages.
            if wakes.takeDue(now: now) { effects += core.handle(.wake, now: now) }
            for effect in effects {
                switch effect {
                case .wake(let time): wakes.ask(time)
                case .record(let draft):
                    let outcome = events.correlate(draft, now: now)
                    group.addTask { try? await world.client.record(outcome) }
                default:
                    group.addTask { await perform(effect, mailbox) }
                }
            }
            if let end = wakes.armTimer(now: now, longest: Self.longestSleep) {
                group.addTask {
                    try? await world.clock.sleep(for: max(end - now, .milliseconds(1)))
                    mailbox.post(.timer(end: end))
                }
            }
        }
    }

    private func perform(_ effect: AgentEffect, _ mailbox: Mailbox<Message>) async {
        func post(_ event: AgentEvent) { mailbox.post(.event(event)) }
        switch effect {
        case .perform(let id, var request):
            request.user = .node(configuration.nodeName)
            if request.options.fieldManager == nil { request.options.fieldManager = "kubelet" }
            do throws(StatusError) {
                post(.reply(id, .success(try await world.client.perform(request))))
            } catch {
                post(.reply(id, .failure(error)))
            }
        case .start(let spec):
            do throws(RuntimeError) { post(.container(try await world.runtime.start(spec))) } catch { post(.startFailed(spec.id, error)) }
        case .stop(let id, let force): try? await world.runtime.stop(id, force: force)
        case .remove(let id):
            // What cannot be removed now is removed later; the core waits for it.
            while !Task.isCancelled {
                do throws(RuntimeError) {
                    try await world.runtime.remove(id)
                    break
                } catch {
                    do { try await world.clock.sleep(for: .seconds(1)) } catch { return }
                }
            }
            post(.removed(id))
        case .probe(let request): post(.probed(request.id, await Prober(world).ask(request)))
        case .prepareVolumes(let uid, let plans):
            let files = world.files
            let failure = try? await world.workers.run { VolumeWriter(files: files).prepare(plans) }
            post(.volumesPrepared(podUID: uid, failure: failure ?? nil))
        case .removePodFolder(let pod):
            let folder = configuration.layout.podDirectory(pod)
            await removeTree(folder)
        case .removeFile(let path): await removeTree(path)
        case .wake, .record: break
        }
    }

    private func removeTree(_ path: String) async {
        let files = world.files
        try? await world.workers.run { VolumeWriter(files: files).removeTree(path) }
    }

    // MARK: What is followed

    private func followRuntime(_ mailbox: Mailbox<Message>) async {
        let (files, folder) = (world.files, configuration.layout.podsDirectory)
        let names = (try? await world.workers.run { try files.list(folder) }) ?? []
        mailbox.post(.event(.folders(names.compactMap { PodIdentity(folderName: $0) })))
        while !Task.isCancelled {
            do throws(RuntimeError) {
                mailbox.post(.event(.adopted(try await world.runtime.list())))
                break
            } catch {
                try? await world.clock.sleep(for: .seconds(1))
            }
        }
        for await record in world.runtime.changes { mailbox.post(.event(.container(record))) }
    }

    private func follow(_ interest: WatchInterest, seed: UInt64, into mailbox: Mailbox<Message>) async {
        let user = UserIdentity.node(configuration.nodeName)
        var reflector = Reflector(interest, user: user, seed: seed)
        func send(_ event: ActorEvent) async throws {
            switch event {
            case .objects(let resource, let changes): try await mailbox.send(.event(.objects(resource, changes)))
            case .synced(let resource): try await mailbox.send(.event(.synced(resource)))
            case .reply, .wake: break
            }
        }
        while !Task.isCancelled {
            do {
                switch reflector.nextStep() {
                case .wait(let delay): try await world.clock.sleep(for: delay)
                case .list(let request):
                    let response = try await world.client.perform(request)
                    for event in reflector.listed(try ListPage(response, of: interest.resource)) { try await send(event) }
                case .watch(let request):
                    let stream = try await world.client.watch(request)
                    for await batch in stream { for event in reflector.watched(batch) { try await send(event) } }
                    reflector.ended()
                }
            } catch let error as StatusError {
                reflector.failed(error)
            } catch is CancellationError {
                return
            } catch {
                reflector.failed(StatusError.internalError("cannot read the list of \(interest.resource): \(error)"))
            }
        }
    }
}
