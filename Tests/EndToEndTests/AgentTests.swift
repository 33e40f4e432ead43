import Bytes
import Environment
import Posix
import Telemetry
import Testing

/// A server and agents that know it only by its address, on one machine in network namespaces of their own.
private struct RemoteNodes {
    let folder: ScratchFolder
    let server: RunningServer
    /// Joins the agents' networks with the server's.
    private let bridge: String
    let names: [String]
    let port: Int
    var agents: [String: ChildProcess] = [:]

    static var missing: String? {
        if let missing = Binary.missing { return missing }
        if !EnvironmentVariables.isRoot { return "network namespaces need root" }
        for program in ["ip", "nsenter"] where ["/sbin", "/usr/sbin", "/bin", "/usr/bin"].allSatisfy({ !PosixFileSystem().exists("\($0)/\(program)") }) {
            return "no \(program) on this machine"
        }
        return nil
    }

    init(_ names: [String], port: Int) async throws {
        self.names = names
        self.port = port
        folder = try ScratchFolder()
        bridge = "sky\(port)"
        try Self.ip("link", "add", bridge, "type", "bridge")
        try Self.ip("addr", "add", "10.213.\(port % 250).1/24", "dev", bridge)
        try Self.ip("link", "set", bridge, "up")
        for (index, name) in names.enumerated() {
            try Self.ip("netns", "add", Self.space(name, port))
            try Self.ip("link", "add", "\(bridge)\(index)", "type", "veth", "peer", "name", "eth0", "netns", Self.space(name, port))
            try Self.ip("link", "set", "\(bridge)\(index)", "master", bridge, "up")
            try Self.ip("-n", Self.space(name, port), "addr", "add", "10.213.\(port % 250).\(index + 10)/24", "dev", "eth0")
            try Self.ip("-n", Self.space(name, port), "link", "set", "eth0", "up")
            try Self.ip("-n", Self.space(name, port), "link", "set", "lo", "up")
        }
        server = try await Self.start(folder, port)
    }

    private static func start(_ folder: ScratchFolder, _ port: Int) async throws -> RunningServer {
        try await RunningServer(["server", "--insecure-listen"], folder: folder.path, port: port, host: "0.0.0.0")
    }

    func restartedServer() async throws -> RunningServer { try await Self.start(folder, port) }

    static func space(_ name: String, _ port: Int) -> String { "sky-\(name)-\(port)" }

    private static func ip(_ arguments: String...) throws {
        let outcome = try PosixProgramRunner.runBlocking("ip", arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
        if outcome.code != 0 { throw ServerFailed("ip \(arguments): \(String(decoding: outcome.errors, as: UTF8.self))") }
    }

    mutating func startAgent(_ name: String) throws {
        // Not `ip netns exec`: it hides the control groups.
        agents[name] = try ChildProcess.start(
            "/usr/bin/nsenter",
            [
                "--net=/run/netns/\(Self.space(name, port))", Binary.path, "agent", "--server", "http://10.213.\(port % 250).1:\(port)", "--node-name", name,
                "--data", "\(folder.path)/\(name)", "--interval", "1s",
            ], output: "\(folder.path)/\(name).log")
    }

    func kill(_ name: String) async {
        agents[name]?.signal(.kill)
        _ = await agents[name]?.wait(upTo: .seconds(10))
    }

    func output(_ name: String) -> String { String(decoding: (try? PosixFileSystem().contents("\(folder.path)/\(name).log")) ?? [], as: UTF8.self) }

    func remove() async {
        for name in agents.keys.sorted() { await kill(name) }
        for index in names.indices { try? Self.ip("link", "del", "\(bridge)\(index)") }
        try? Self.ip("link", "del", bridge)
        // Shims outlive their agents: what still runs in the namespaces ends with this.
        for name in names {
            let space = Self.space(name, port)
            _ = try? PosixProgramRunner.runBlocking(
                "sh", ["-c", "for pid in $(ip netns pids \(space)); do kill -9 $pid; done; sleep 0.3; ip netns del \(space)"],
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
            _ = try? PosixProgramRunner.runBlocking(
                "sh", ["-c", "for d in /sys/fs/cgroup/*/skysail-\(name) /sys/fs/cgroup/skysail-\(name); do find $d -depth -type d -exec rmdir {} + 2>/dev/null; done"],
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
        }
        folder.remove()
    }
}

@Suite("Agents elsewhere", .enabled(if: RemoteNodes.missing == nil, "\(RemoteNodes.missing ?? "")"))
struct AgentTests {
    private static let manifest = """
        apiVersion: v1
        kind: ReplicationController
        metadata: {name: counter}
        spec:
          replicas: 2
          selector: {app: counter}
          template:
            metadata: {labels: {app: counter}}
            spec:
              containers:
              - name: main
                image: host
                command: [sh, -c, "i=0; while true; do echo line $i; i=$((i+1)); sleep 0.02; done"]

        """

    private static func value(_ server: RunningServer, _ path: String) throws -> JSONValue? {
        let answer = try Curl.get(server.address + path)
        guard answer.status == 200 else { return nil }
        return try JSONValue.parse(answer.body)
    }

    /// The numbers of all lines of a pod that the server has.
    private static func numbers(_ server: RunningServer, pod: String) throws -> [Int] {
        let query = "%7Bpod%3D%22\(pod)%22%7D"
        guard let result = try value(server, "/loki/api/v1/query_range?query=\(query)&limit=5000&direction=forward&since=1h") else { return [] }
        var numbers: [Int] = []
        for stream in result["data"]?["result"]?.arrayValue ?? [] {
            for entry in stream["values"]?.arrayValue ?? [] {
                if let text = entry.arrayValue?[1].stringValue, text.hasPrefix("line "), let number = Int(text.dropFirst(5)) { numbers.append(number) }
            }
        }
        return numbers
    }

    private static func until<Value>(_ what: String, _ patience: Duration = .seconds(60), _ body: () async throws -> Value?) async throws -> Value {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            if let value = try? await body() { return value }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw ServerFailed("waited in vain for \(what)")
    }

    private static func pods(_ server: RunningServer) throws -> [(name: String, node: String)] {
        guard let list = try value(server, "/api/v1/namespaces/default/pods") else { return [] }
        return (list["items"]?.arrayValue ?? []).compactMap { pod in
            guard pod["status"]?["phase"]?.stringValue == "Running", let name = pod["metadata"]?["name"]?.stringValue,
                let node = pod["spec"]?["nodeName"]?.stringValue
            else { return nil }
            return (name, node)
        }
    }

    @Test("two nodes: kubectl reads and runs in their pods; a server and an agent are killed and come back, and no line is lost or doubled")
    func twoNodes() async throws {
        var nodes = try await RemoteNodes(["one", "two"], port: 23151)
        do {
            for name in nodes.names { try nodes.startAgent(name) }
            try await walk(&nodes)
        } catch {
            let said = nodes.names.map { "\($0): \(nodes.output($0).suffix(1500))" }.joined(separator: "\n")
            await nodes.remove()
            throw ServerFailed("\(error)\n\(said)")
        }
        await nodes.remove()
    }

    private func walk(_ nodes: inout RemoteNodes) async throws {
        let first = nodes.server
        _ = try await Self.until("both nodes") {
            let list = try Self.value(first, "/api/v1/nodes")
            return (list?["items"]?.arrayValue?.count ?? 0) == 2 ? true : nil
        }
        let created = try Curl.send(
            "POST", first.address + "/api/v1/namespaces/default/replicationcontrollers", type: "application/yaml", body: Array(Self.manifest.utf8))
        #expect(created.status == 201)
        let pods = try await Self.until("two running pods on two nodes") {
            let pods = try Self.pods(first)
            return Set(pods.map(\.node)).count == 2 ? pods : nil
        }
        for pod in pods { _ = try await Self.until("lines of \(pod.name)") { try Self.numbers(first, pod: pod.name).count > 50 ? true : nil } }

        // Logs and programs go over the connections that the agents have opened.
        let log = try Curl.get(first.address + "/api/v1/namespaces/default/pods/\(pods[0].name)/log?tailLines=3")
        #expect(log.status == 200 && String(decoding: log.body, as: UTF8.self).split(separator: "\n").count == 3)
        if let kubectl = Kubectl.main, kubectl.canExec {
            let session = try KubectlSession(kubectl, first, folder: nodes.folder)
            for pod in pods {
                let (code, output) = try session.run(["exec", pod.name, "--", "sh", "-c", "echo from $POD_NAME; exit 3"])
                #expect(output.contains("from \(pod.name)") && code == 3, "\(output)")
                let (_, echoed) = try session.run(["exec", "-i", pod.name, "--", "tr", "a-z", "A-Z"], input: "to the program\n")
                #expect(echoed.contains("TO THE PROGRAM"), "\(echoed)")
                let (followed, tail) = try session.run(["logs", pod.name, "--tail", "5"])
                #expect(followed == 0 && tail.contains("line "), "\(tail)")
            }
        }

        // The server is gone for a while; one of the agents is killed meanwhile and adopts its pod when it comes back.
        await first.kill()
        try await Task.sleep(for: .seconds(3))
        await nodes.kill("one")
        try await Task.sleep(for: .seconds(1))
        try nodes.startAgent("one")
        try await Task.sleep(for: .seconds(3))
        let second = try await nodes.restartedServer()
        let before = try pods.map { try Self.numbers(second, pod: $0.name).max() ?? 0 }
        for (pod, newest) in zip(pods, before) {
            let numbers = try await Self.until("lines of \(pod.name) after the outage") {
                let numbers = try Self.numbers(second, pod: pod.name)
                return (numbers.max() ?? 0) > newest + 450 ? numbers : nil
            }
            // Started once, so that it counts on; every number once.
            #expect(numbers == Array(0..<numbers.count), "\(pod.name): \(numbers.count) lines, newest \(numbers.max() ?? 0)")
        }
        let again = try await Self.until("a log over the new connection") {
            let log = try Curl.get(second.address + "/api/v1/namespaces/default/pods/\(pods[0].name)/log?tailLines=2")
            return log.status == 200 ? log : nil
        }
        #expect(!again.body.isEmpty)

        // The cluster's state has one writer.
        func count(_ query: String) throws -> String? {
            try Self.value(second, "/api/v1/query?query=\(query)")?["data"]?["result"]?.arrayValue?.first?["value"]?.arrayValue?[1].stringValue
        }
        let state = try await Self.until("the state of both nodes", .seconds(20)) { try count("count(kube_node_info)") }
        #expect(state == "2")
        #expect(try count("count(count%20by%20(node)%20(container_cpu_usage_seconds_total))") == "2")

        // With its agent gone the log store answers for a pod.
        let name = pods.first { $0.node == "two" }!.name
        await nodes.kill("two")
        let stored = try await Self.until("the log out of the store") {
            let log = try Curl.get(second.address + "/api/v1/namespaces/default/pods/\(name)/log?tailLines=4")
            return log.status == 200 ? log : nil
        }
        #expect(String(decoding: stored.body, as: UTF8.self).split(separator: "\n").count == 4)
        #expect(await second.stop() == 0)
    }
}
