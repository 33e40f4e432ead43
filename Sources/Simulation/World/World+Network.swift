import APIServer
import Bytes
import ClusterAPI
import Reconciliation

/// The ways between actors and the API server.
extension World {
    mutating func send(_ request: APIRequest, from index: Int, _ origin: RequestOrigin) {
        var request = request
        if request.options.fieldManager == nil { request.options.fieldManager = actors[index].name }
        if happens(faults.lostRequests) {
            return fail(index, origin, .timeout("the request was lost"), after: faults.requestTimeout)
        }
        agenda.add(.request(address(index), origin, request), at: now + draw(upTo: faults.latency))
    }

    /// A request has come to the API server. One from a life that is over came too late: its connection is closed.
    mutating func receive(_ request: APIRequest, from address: ActorAddress, _ origin: RequestOrigin) {
        guard isAlive(address) else { return }
        let index = address.actor
        if actors[index].isPartitioned(now) {
            return fail(index, origin, .timeout("the network is cut"), after: faults.requestTimeout)
        }
        if happens(faults.refusedRequests) {
            return fail(index, origin, .unavailable("the server is busy"), after: draw(upTo: faults.latency))
        }
        let result = apply(request, by: actors[index].name)
        if happens(faults.lostAnswers) {
            return fail(index, origin, .timeout("the answer was lost"), after: faults.requestTimeout)
        }
        agenda.add(.answer(address, origin, result), at: now + draw(upTo: faults.latency))
    }

    /// Has the API server do a request now.
    @discardableResult
    mutating func apply(_ request: APIRequest, by name: String) -> Result<APIResponse, StatusError> {
        let before = server.revision
        let scaled = name == SimulatedAutoscaler.name && request.subresource == "scale" ? replicas(of: request.name ?? "") : nil
        let result: Result<APIResponse, StatusError>
        do throws(StatusError) {
            result = .success(try server.handle(request, now: now))
        } catch {
            result = .failure(error)
        }
        if let scaled, case .success(let response) = result, let count = (try? JSONValue.parse(response.body))?["spec"]?["replicas"]?.intValue, count != scaled {
            metering?.checker.note(.init(controller: request.name ?? "", old: scaled, new: count, time: now))
        }
        if case .failure(let error) = result {
            trace.add(now, "\(name): \(request.line) → \(error.code) \(error.reason.rawValue)")
        } else if server.revision != before {
            trace.add(now, "\(name): \(request.line) → revision \(server.revision)")
        }
        return result
    }

    private mutating func fail(_ index: Int, _ origin: RequestOrigin, _ error: StatusError, after delay: Duration) {
        agenda.add(.answer(address(index), origin, .failure(error)), at: now + delay)
    }

    mutating func answered(_ index: Int, _ origin: RequestOrigin, _ result: Result<APIResponse, StatusError>) {
        switch origin {
        case .core(let id): deliver(.reply(id, result), to: index)
        case .recorder:
            if case .failure(let error) = result, error.isNotFound, let name = error.details?.name {
                actors[index].recorder.missing(name)
            }
        case .list(let stream):
            listed(index, stream, result)
            agenda.add(
                .follow(address(index), stream: stream, generation: actors[index].streams[stream].generation), at: now)
        }
    }

    private mutating func listed(_ index: Int, _ stream: Int, _ result: Result<APIResponse, StatusError>) {
        switch result {
        case .failure(let error): actors[index].streams[stream].reflector.failed(error)
        case .success(let response):
            let resource = actors[index].streams[stream].reflector.interest.resource
            guard let page = try? ListPage(response, of: resource) else { preconditionFailure("the API server answers lists with lists") }
            for event in actors[index].streams[stream].reflector.listed(page) { deliver(event, to: index) }
        }
    }

    // MARK: Watches

    mutating func follow(_ index: Int, _ stream: Int) {
        let generation = actors[index].streams[stream].generation
        switch actors[index].streams[stream].reflector.nextStep() {
        case .wait(let delay): agenda.add(.follow(address(index), stream: stream, generation: generation), at: now + delay)
        case .list(let request): send(request, from: index, .list(stream: stream))
        case .watch(let request):
            agenda.add(
                .open(address(index), stream: stream, generation: generation, request), at: now + draw(upTo: faults.latency))
        }
    }

    mutating func open(_ index: Int, _ stream: Int, _ request: WatchRequest) {
        if actors[index].isPartitioned(now) { return cut(index, stream, .timeout("the network is cut")) }
        do throws(StatusError) {
            actors[index].streams[stream].cursor = try server.cursor(request)
            pump(index, stream)
        } catch {
            cut(index, stream, error)
        }
    }

    /// Sends what a watch has on its way.
    mutating func pump(_ index: Int, _ stream: Int) {
        guard let events = actors[index].streams[stream].cursor?.drain(), !events.isEmpty else { return }
        let generation = actors[index].streams[stream].generation
        let time = max(actors[index].streams[stream].lastArrival, now + draw(upTo: faults.watchLag))
        actors[index].streams[stream].lastArrival = time
        if happens(faults.cutWatches) {
            let reason: StatusError? = random.next(below: 2) == 0 ? nil : .expired("too old resource version")
            agenda.add(.cut(address(index), stream: stream, generation: generation, reason), at: time)
            return
        }
        agenda.add(.news(address(index), stream: stream, generation: generation, events), at: time)
        if happens(faults.repeatedNews) {
            agenda.add(.news(address(index), stream: stream, generation: generation, events), at: time)
        }
    }

    mutating func learn(_ index: Int, _ stream: Int, _ batch: [WatchEvent]) {
        if actors[index].isPartitioned(now) { return cut(index, stream, nil) }
        for event in actors[index].streams[stream].reflector.watched(batch) { deliver(event, to: index) }
        if let last = batch.last, case .failed = last { reopen(index, stream) }
    }

    /// Ends a watch from without: what is on its way no longer arrives.
    mutating func cut(_ index: Int, _ stream: Int, _ reason: StatusError?) {
        if let reason {
            actors[index].streams[stream].reflector.failed(reason)
        } else {
            actors[index].streams[stream].reflector.ended()
        }
        reopen(index, stream)
    }

    private mutating func reopen(_ index: Int, _ stream: Int) {
        actors[index].streams[stream].cursor?.cancel()
        actors[index].streams[stream].cursor = nil
        actors[index].streams[stream].generation += 1
        agenda.add(
            .follow(address(index), stream: stream, generation: actors[index].streams[stream].generation), at: now)
    }
}

extension APIRequest {
    /// `create pods/binding shop/web-1`.
    var line: String {
        let path = subresource.isEmpty ? "\(resource)" : "\(resource)/\(subresource)"
        return "\(verb.name) \(path) \(NamespacedName(namespace: namespace ?? "", name: name ?? ""))"
    }
}
