import Bytes
import ClusterAPI
import Environment

/// Logs and exec: what a pod's node answers through its channel.
extension KubernetesAPI {
    func log(_ request: HTTPRequest, _ path: KubernetesPath) async throws(StatusError) -> HTTPResponse {
        let target = try await target(namespace: path.namespace ?? "", pod: path.name ?? "", container: request.query["container"])
        var options = LogOptions()
        let query = request.query
        options.follow = RequestParameters.flag(query, "follow")
        options.previous = RequestParameters.flag(query, "previous")
        options.timestamps = RequestParameters.flag(query, "timestamps")
        options.tailLines = try Self.number(query, "tailLines")
        options.limitBytes = try Self.number(query, "limitBytes")
        options.sinceSeconds = try Self.number(query, "sinceSeconds")
        if let text = query["sinceTime"], !text.isEmpty {
            guard let time = Timestamp(rfc3339: text) else { throw .badRequest("sinceTime: invalid value \"\(text)\"") }
            options.sinceTimeNanoseconds = time.nanoseconds
        }
        let stream = try await sources.nodes.logs(target, options)
        return HTTPResponse(contentType: "text/plain") { writer in
            defer { stream.close() }
            while let piece = try await stream.read() { try await writer.write(piece) }
        }
    }

    private static func number(_ query: QueryParameters, _ name: String) throws(StatusError) -> Int? {
        guard let text = query[name], !text.isEmpty else { return nil }
        guard let number = Int(text), number >= 0 else { throw .badRequest("\(name): invalid value \"\(text)\"") }
        return number
    }

    /// The container meant and its node, with Kubernetes' words for what cannot be.
    private func target(namespace: String, pod name: String, container: String?) async throws(StatusError) -> ContainerTarget {
        let pod = try await client.get(Pod.self, namespace: namespace, name: name)
        let names = pod.spec.containers.map(\.name) + pod.spec.initContainers.map(\.name)
        let wanted: String
        if let container, !container.isEmpty {
            guard names.contains(container) else { throw .badRequest("container \(container) is not valid for pod \(name)") }
            wanted = container
        } else {
            let annotated = pod.metadata.annotations["kubectl.kubernetes.io/default-container"]
            guard let only = annotated ?? (pod.spec.containers.count == 1 ? pod.spec.containers.first?.name : nil) else {
                throw .badRequest(
                    "a container name must be specified for pod \(name), choose one of: [\(pod.spec.containers.map(\.name).joined(separator: " "))]")
            }
            wanted = only
        }
        guard let node = pod.spec.nodeName, !node.isEmpty else {
            throw .badRequest("pod \(name) does not have a host assigned")
        }
        return ContainerTarget(node: node, namespace: namespace, pod: name, podUID: pod.metadata.uid, container: wanted)
    }

    // MARK: exec

    /// Channels of Kubernetes' WebSocket sub-protocols v4 and v5: the first byte of each binary message.
    private enum Channel {
        static let stdin: UInt8 = 0
        static let stdout: UInt8 = 1
        static let stderr: UInt8 = 2
        static let error: UInt8 = 3
        static let resize: UInt8 = 4
        /// v5 only: the byte after it names the stream that its sender has closed.
        static let close: UInt8 = 255
    }

    func exec(_ request: HTTPRequest, namespace: String, pod: String) async -> WebSocketAgreement? {
        let offered = request.headers.values("sec-websocket-protocol").flatMap { $0.split(separator: ",") }
            .map { String($0.filter { !$0.isWhitespace }) }
        guard let chosen = ["v5.channel.k8s.io", "v4.channel.k8s.io"].first(where: offered.contains) else { return nil }
        var options = ExecOptions()
        options.command = request.query.values("command")
        options.stdin = RequestParameters.flag(request.query, "stdin")
        options.stdout = RequestParameters.flag(request.query, "stdout")
        options.stderr = RequestParameters.flag(request.query, "stderr")
        options.tty = RequestParameters.flag(request.query, "tty")
        let fixed = options
        let container = request.query["container"]
        return WebSocketAgreement(subprotocol: chosen) { [clock, sources] connection in
            // A frame sent in the same instant as the 101 can be lost by kubectl; measured, about one exec in 33.
            try await clock.sleep(for: .milliseconds(20))
            let session: ExecSession
            do throws(StatusError) {
                session = try await sources.nodes.exec(try await target(namespace: namespace, pod: pod, container: container), fixed)
            } catch {
                try await connection.send(.binary([Channel.error] + error.body))
                return
            }
            defer { session.close() }
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    while case .binary(let bytes)? = try await connection.receive() { await Self.take(bytes, session) }
                    return false
                }
                group.addTask {
                    while let output = await session.read() {
                        switch output {
                        case .stdout(let bytes): try await connection.send(.binary([Channel.stdout] + bytes))
                        case .stderr(let bytes): try await connection.send(.binary([Channel.stderr] + bytes))
                        case .exited(let code):
                            try await connection.send(.binary([Channel.error] + Self.exitStatus(code).bytes))
                            return true
                        case .failed(let error):
                            try await connection.send(.binary([Channel.error] + error.body))
                            return true
                        }
                    }
                    return true
                }
                _ = try await group.next()
                group.cancelAll()
            }
        }
    }

    private static func take(_ message: [UInt8], _ session: ExecSession) async {
        switch message.first {
        case Channel.stdin: await session.write(.stdin(Array(message.dropFirst())))
        case Channel.resize:
            if let size = try? JSONValue.parse(Array(message.dropFirst())), let width = size["Width"]?.intValue, let height = size["Height"]?.intValue {
                await session.write(.resize(width: width, height: height))
            }
        case Channel.close where message.count > 1 && message[1] == Channel.stdin: await session.write(.closeStdin)
        default: break
        }
    }

    private static func exitStatus(_ code: Int) -> JSONValue {
        if code == 0 { return ["metadata": [:], "status": "Success"] }
        return [
            "metadata": [:], "status": "Failure", "reason": "NonZeroExitCode",
            "message": .string("command terminated with non-zero exit code: exit status \(code)"),
            "details": ["causes": [["reason": "ExitCode", "message": .string("\(code)")]]],
        ]
    }
}
