import Bytes
import ClusterAPI

/// The course of one probe of a running container.
///
/// ```
///            failures ≥ failureThreshold
///   ┌─► true ───────────────────────────► false ─┐
///   └────────── successes ≥ successThreshold ◄───┘
/// ```
/// - Source: the kubelet's `prober/worker.go`.
struct ProbeState: Hashable, Sendable {
    let kind: ProbeID.Kind
    /// Whether the container passes. Readiness and startup begin false, liveness true.
    private(set) var passes: Bool
    /// Whether this result has been decided by the container's answers.
    private(set) var isDecided = false
    private(set) var next: Timestamp
    private(set) var isInFlight = false
    private var successes = 0
    private var failures = 0

    init(_ kind: ProbeID.Kind, _ probe: Probe, startedAt: Timestamp) {
        self.kind = kind
        passes = kind == .liveness
        next = startedAt + .seconds(probe.initialDelaySeconds ?? 0)
    }

    /// Whether it is time to ask; marks the question as asked.
    mutating func isDue(now: Timestamp) -> Bool {
        guard !isInFlight, now >= next else { return false }
        isInFlight = true
        return true
    }

    /// Takes an answer; says whether the result has changed.
    mutating func take(_ result: ProbeResult, _ probe: Probe, now: Timestamp) -> Bool {
        isInFlight = false
        next = now + .seconds(max(1, probe.periodSeconds ?? 10))
        let before = passes
        switch result {
        case .success:
            successes += 1
            failures = 0
            if successes >= max(1, probe.successThreshold ?? 1) {
                passes = true
                isDecided = true
            }
        case .failure:
            failures += 1
            successes = 0
            if failures >= max(1, probe.failureThreshold ?? 3) {
                passes = false
                isDecided = true
            }
        }
        return passes != before || (!passes && isDecided && failures == max(1, probe.failureThreshold ?? 3))
    }
}

extension ProbeRequest.Action {
    /// The action of a probe or hook of a container; ports may be names.
    init(exec: ExecAction?, http: HTTPGetAction?, tcp: TCPSocketAction?, container: Container, address: String) {
        func port(_ value: IntOrString) -> Int? {
            switch value {
            case .int(let number): return number
            case .string(let name): return container.ports.first { $0.name == name }?.containerPort ?? Int(name)
            }
        }
        if let exec {
            self = .execute(exec.command)
        } else if let http {
            guard let number = port(http.port) else {
                self = .unsupported("container \(container.name) has no port named \(http.port)")
                return
            }
            let host = http.host.flatMap { $0.isEmpty ? nil : $0 } ?? address
            let path = http.path ?? "/"
            self = .http(
                url: "\((http.scheme ?? "HTTP").lowercased())://\(host):\(number)\(path.hasPrefix("/") ? path : "/" + path)",
                headers: http.httpHeaders.map { ContainerSpec.Variable(name: $0.name, value: $0.value) })
        } else if let tcp {
            guard let number = port(tcp.port) else {
                self = .unsupported("container \(container.name) has no port named \(tcp.port)")
                return
            }
            self = .connect(host: tcp.host.flatMap { $0.isEmpty ? nil : $0 } ?? address, port: number)
        } else {
            self = .unsupported("this node knows exec, httpGet and tcpSocket probes")
        }
    }
}
