import Bytes
import Environment

/// Asks a container's probes and hooks.
struct Prober: Sendable {
    let world: NodeAgent.World

    init(_ world: NodeAgent.World) { self.world = world }

    /// Bytes of an answer that an event may show.
    private static let messageLimit = 1024

    func ask(_ request: ProbeRequest) async -> ProbeResult {
        do {
            switch request.action {
            case .execute(let command):
                let outcome = try await world.runtime.execute(
                    request.id.container, ContainerExecution(command: command, timeout: request.timeout))
                if outcome.code == 0 { return .success }
                return .failure(String(decoding: (outcome.output + outcome.errors).prefix(Self.messageLimit), as: UTF8.self))
            case .http(let url, let headers):
                // - Source: the kubelet's probes count 200 to 399 as success.
                var fields: [(name: String, value: String)] = headers.map { ($0.name, $0.value) }
                if !fields.contains(where: { $0.name.lowercased() == "user-agent" }) { fields.append(("User-Agent", "kube-probe/1.32")) }
                let response = try await world.fetcher.fetch(
                    FetchRequest("GET", url, headers: fields, timeout: request.timeout, bodyLimit: 10 << 10))
                if (200..<400).contains(response.status) { return .success }
                return .failure("HTTP probe failed with statuscode: \(response.status)")
            case .connect(let host, let port):
                try await world.connect(host, port, request.timeout)
                return .success
            case .wait(let seconds):
                try await world.clock.sleep(for: .seconds(seconds))
                return .success
            case .unsupported(let reason): return .failure(reason)
            }
        } catch {
            return .failure("\(error)")
        }
    }
}
