import Bytes
package import ClusterAPI
package import Environment

/// The shell of an actor: follows what it watches, performs what it asks for, and wakes it when it wants.
///
/// One task runs the core. A task per watched resource lists and watches; requests run beside each other up to a limit and the rest wait in
/// order. Whatever these learn comes to the core through one bounded mailbox, so a slow core slows its watches instead of growing.
package struct ActorRunner<Core: ActorCore>: Sendable {
    package struct Configuration: Sendable {
        /// Names the actor to the API server and in events, e.g. `replication-controller`.
        package var name: String
        package var user: UserIdentity
        /// Requests under way at once.
        package var requestsInFlight = 32
        /// Messages that may wait for the core, each a batch.
        package var mailboxCapacity = 64
        /// The seed of the jitter that keeps actors from coming back all at once.
        package var seed: UInt64 = 0

        package init(name: String, user: UserIdentity) {
            self.name = name
            self.user = user
        }
    }

    private enum Message: Sendable {
        case event(ActorEvent)
        case answer(RequestID?, Result<APIResponse, StatusError>)
        case timer(end: Timestamp)
    }

    private let core: Core
    private let client: any ClusterClient
    private let clock: any WallClock
    private let configuration: Configuration

    /// How long a timer sleeps at most: civil time may be set meanwhile, and a wake-up is a civil time.
    private static var longestSleep: Duration { .seconds(5) }

    package init(_ core: Core, client: any ClusterClient, clock: any WallClock, configuration: Configuration) {
        self.core = core
        self.client = client
        self.clock = clock
        self.configuration = configuration
    }

    /// Runs until the task is cancelled.
    package func run() async {
        let mailbox = Mailbox<Message>(capacity: configuration.mailboxCapacity)
        await withDiscardingTaskGroup { group in
            for (index, interest) in core.watches.enumerated() {
                let seed = configuration.seed &+ UInt64(index)
                group.addTask { await follow(interest, seed: seed, into: mailbox) }
            }
            await serve(mailbox, in: &group)
            mailbox.close()
            group.cancelAll()
        }
    }

    // MARK: The core's task

    private func serve(_ mailbox: Mailbox<Message>, in group: inout DiscardingTaskGroup) async {
        var core = core
        var waiting = RequestBacklog(limit: configuration.requestsInFlight)
        var recorder = EventRecorder(component: configuration.name)
        var wakes = WakeTimes()

        func perform(_ effects: [ActorEffect], now: Timestamp) {
            for effect in effects {
                switch effect {
                case .perform(let id, let request): waiting.append(id, identified(request))
                case .wake(let time): wakes.ask(time)
                case .record(let event):
                    if let request = recorder.record(event, now: now) { waiting.append(nil, identified(request)) }
                }
            }
        }

        while let message = await mailbox.receive() {
            let now = clock.now()
            switch message {
            case .event(let event): perform(core.handle(event, now: now), now: now)
            case .answer(let id?, let result):
                waiting.finishOne()
                perform(core.handle(.reply(id, result), now: now), now: now)
            case .answer(nil, let result):
                waiting.finishOne()
                if case .failure(let error) = result, error.isNotFound, let name = error.details?.name { recorder.missing(name) }
            case .timer(let end): wakes.timerFired(end: end)
            }
            if wakes.takeDue(now: now) { perform(core.handle(.wake, now: now), now: now) }
            while let (id, request) = waiting.next() {
                group.addTask { await answer(id, request, into: mailbox) }
            }
            if let end = wakes.armTimer(now: now, longest: Self.longestSleep) {
                group.addTask {
                    try? await clock.sleep(for: end - now)
                    mailbox.post(.timer(end: end))
                }
            }
        }
    }

    private func answer(_ id: RequestID?, _ request: APIRequest, into mailbox: Mailbox<Message>) async {
        let result: Result<APIResponse, StatusError>
        do { result = .success(try await client.perform(request)) } catch { result = .failure(error) }
        // Bounded by the requests in flight; waiting for room here could wait for the core, which waits for nothing.
        mailbox.post(.answer(id, result))
    }

    private func identified(_ request: APIRequest) -> APIRequest {
        var request = request
        request.user = configuration.user
        if request.options.fieldManager == nil { request.options.fieldManager = configuration.name }
        return request
    }

    // MARK: A watch's task

    private func follow(_ interest: WatchInterest, seed: UInt64, into mailbox: Mailbox<Message>) async {
        var reflector = Reflector(interest, user: configuration.user, seed: seed)
        while !Task.isCancelled {
            do {
                switch reflector.nextStep() {
                case .wait(let delay):
                    try await clock.sleep(for: delay)
                case .list(let request):
                    let response = try await client.perform(request)
                    for event in reflector.listed(try ListPage(response, of: interest.resource)) {
                        try await mailbox.send(.event(event))
                    }
                case .watch(let request):
                    let stream = try await client.watch(request)
                    for try await batch in stream {
                        for event in reflector.watched(batch) { try await mailbox.send(.event(event)) }
                    }
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
