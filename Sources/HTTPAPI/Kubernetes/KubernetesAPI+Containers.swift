import Bytes
import ClusterAPI
import Environment
import Synchronization

/// Logs, exec and attach: what a pod's node answers through its channel.
extension KubernetesAPI {
    func log(_ request: HTTPRequest, _ path: KubernetesPath) async throws(StatusError) -> HTTPResponse {
        guard request.method == .get || request.method == .head else { throw .methodNotAllowed }
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
        // What runs nowhere yet has written nothing yet.
        if target.node.isEmpty { return HTTPResponse(contentType: "text/plain") }
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
        return ContainerTarget(node: pod.spec.nodeName ?? "", namespace: namespace, pod: name, podUID: pod.metadata.uid, container: wanted)
    }

    // MARK: exec and attach

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

    /// What a client may be joined to.
    enum Program {
        /// A program of its own, started for the client.
        case command
        /// The container's main program.
        case main
    }

    /// The target of an exec or attach, which must run somewhere.
    private func programTarget(_ program: Program, _ request: HTTPRequest, namespace: String, pod: String) async throws(StatusError) -> ContainerTarget {
        let target = try await target(namespace: namespace, pod: pod, container: request.query["container"])
        if target.node.isEmpty { throw .badRequest("pod \(pod) does not have a host assigned") }
        if program == .command, request.query.values("command").isEmpty {
            throw .badRequest("you must specify at least one command for the container")
        }
        return target
    }

    /// Why an exec or attach is no WebSocket: what is asked for is not there, or the client speaks another protocol.
    func refuse(_ program: Program, _ request: HTTPRequest, namespace: String, pod: String) async throws(StatusError) -> HTTPResponse {
        _ = try await programTarget(program, request, namespace: namespace, pod: pod)
        throw request.headers["upgrade"]?.lowercased().hasPrefix("spdy") == true
            ? .badRequest("unable to upgrade: this server speaks WebSocket, as kubectl does from 1.30 on, and no SPDY")
            : .badRequest("Upgrade request required")
    }

    func join(_ program: Program, _ request: HTTPRequest, namespace: String, pod: String) async -> WebSocketAgreement? {
        let offered = request.headers.values("sec-websocket-protocol").flatMap { $0.split(separator: ",") }
            .map { String($0.filter { !$0.isWhitespace }) }
        guard let chosen = ["v5.channel.k8s.io", "v4.channel.k8s.io"].first(where: offered.contains) else { return nil }
        // Refused before the upgrade, so that the client gets a status and not a broken stream.
        guard (try? await programTarget(program, request, namespace: namespace, pod: pod)) != nil else { return nil }
        return WebSocketAgreement(subprotocol: chosen) { [clock] connection in
            // A frame sent in the same instant as the 101 can be lost by kubectl; measured, about one exec in 33.
            try await clock.sleep(for: .milliseconds(20))
            let session: ExecSession
            do throws(StatusError) {
                session = try await open(program, request, namespace: namespace, pod: pod)
            } catch {
                try await connection.send(.binary([Channel.error] + error.body))
                return
            }
            defer { session.close() }
            try await Self.carry(session, connection)
        }
    }

    private func open(_ program: Program, _ request: HTTPRequest, namespace: String, pod: String) async throws(StatusError) -> ExecSession {
        let target = try await programTarget(program, request, namespace: namespace, pod: pod)
        switch program {
        case .command:
            var options = ExecOptions()
            options.command = request.query.values("command")
            options.stdin = RequestParameters.flag(request.query, "stdin")
            options.stdout = RequestParameters.flag(request.query, "stdout")
            options.stderr = RequestParameters.flag(request.query, "stderr")
            options.tty = RequestParameters.flag(request.query, "tty")
            return try await sources.nodes.exec(target, options)
        case .main:
            // All that a main program says goes to its log: what it says from now on is what there is to be joined to, and what it has said if it
            // began a moment ago, since whoever starts a program to see its output attaches a little late.
            var options = LogOptions()
            options.follow = true
            if !(try await isYoung(target)) { options.tailLines = 0 }
            let asksForInput = RequestParameters.flag(request.query, "stdin")
            return Self.session(of: try await sources.nodes.logs(target, options), saying: asksForInput ? Self.closedInput(target.container) : nil)
        }
    }

    private static let youth: Duration = .seconds(10)

    private func isYoung(_ target: ContainerTarget) async throws(StatusError) -> Bool {
        let pod = try await client.get(Pod.self, namespace: target.namespace, name: target.pod)
        let status = (pod.status.containerStatuses + pod.status.initContainerStatuses).first { $0.name == target.container }
        // It may have ended already, or not be reported yet.
        guard let start = status?.state?.running?.startedAt ?? status?.state?.terminated?.startedAt else { return true }
        return clock.now() - start < Self.youth
    }

    private static func closedInput(_ container: String) -> [UInt8] {
        Array("warning: the input of container \(container) was closed when it was started; what is typed here goes nowhere\n".utf8)
    }

    /// A log as the output of a program, which ends well when the log ends.
    ///
    /// - Parameter notice: what its client is told first, as an error output.
    private static func session(of log: ByteStream, saying notice: [UInt8]?) -> ExecSession {
        let hasEnded = Atomic<Bool>(false)
        let isTold = Atomic<Bool>(notice == nil)
        return ExecSession(
            read: {
                if !isTold.exchange(true, ordering: .relaxed), let notice { return .stderr(notice) }
                if hasEnded.load(ordering: .relaxed) { return nil }
                do throws(StatusError) {
                    if let piece = try await log.read() { return .stdout(piece) }
                    hasEnded.store(true, ordering: .relaxed)
                    return .exited(code: 0)
                } catch {
                    hasEnded.store(true, ordering: .relaxed)
                    return .failed(error)
                }
            }, write: { _ in }, close: log.close)
    }

    /// Frames in both directions until the program or the client ends.
    private static func carry(_ session: ExecSession, _ connection: any WebSocketConnection) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                // Some clients send what they typed as text: the first character is the channel all the same.
                while let message = try await connection.receive() { await Self.take(message.bytes, session) }
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
