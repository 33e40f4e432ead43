import Bytes
import ClusterAPI
import Reconciliation

/// What a script can say.
extension Scenario {
    mutating func perform(_ command: ScenarioScript.Command) throws(ScenarioError) -> [String] {
        defer { meetPods() }
        let line = command.line
        func word(_ index: Int, _ what: String) throws(ScenarioError) -> String {
            guard command.words.count > index else { throw ScenarioError(line: line, cause: "\(command.words[0]) needs \(what)") }
            return command.words[index]
        }
        switch command.words.first {
        case "tick": return try pass(Self.duration(try word(1, "a duration"), line), line)
        case "settle":
            let limit = command.words.count > 1 ? try Self.duration(command.words[1], line) : .seconds(600)
            do throws(BrokenPromise) { try world.converge(within: limit) } catch { throw ScenarioError(line: line, cause: error.description) }
            return []
        case "create": return try create(command, kind: word(1, "a kind"), name: word(2, "a name"))
        case "scale":
            return said(world.setReplicas(try word(1, "a controller"), try Self.number(word(2, "a number"), line)))
        case "delete": return try delete(command, kind: word(1, "a kind"), name: word(2, "a name"))
        case "cordon", "uncordon":
            let patch: JSONValue = ["spec": ["unschedulable": .bool(command.words[0] == "cordon")]]
            let node = NamespacedName(namespace: "", name: try word(1, "a node"))
            return said(world.apply(.patch(Node.self, node, .merge, patch), by: "user"))
        case "label":
            let pod = try pod(word(1, "a pod"), line)
            let labels = JSONObject(command.options.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) })
            return said(
                world.apply(.patch(Pod.self, pod.namespacedName, .merge, ["metadata": ["labels": .object(labels)]]), by: "user"))
        case "kill":
            world.stop(try actor(word(1, "an actor"), line))
            return []
        case "start":
            world.start(try actor(word(1, "an actor"), line))
            return []
        case "restart":
            world.restart(try actor(word(1, "an actor"), line), after: .seconds(1))
            return []
        case "cut":
            world.partition(try actor(word(1, "an actor"), line), for: try Self.duration(word(2, "a duration"), line))
            return []
        case "clock":
            world.jumpClock(try actor(word(1, "an actor"), line), by: try Self.duration(word(2, "a duration"), line))
            return []
        case "load", "hpa", "policy", "silence", "explain": return try performAutoscaling(command)
        case let name?:
            guard let table = table(name) else { throw ScenarioError(line: line, cause: "there is no command \"\(name)\"") }
            return table
        case nil: throw ScenarioError(line: line, cause: "a command begins with a word")
        }
    }

    private mutating func pass(_ duration: Duration, _ line: Int) throws(ScenarioError) -> [String] {
        do throws(BrokenPromise) {
            try world.run(for: duration)
        } catch {
            throw ScenarioError(line: line, cause: error.description)
        }
        return []
    }

    private mutating func create(_ command: ScenarioScript.Command, kind: String, name: String) throws(ScenarioError) -> [String] {
        let options = command.options
        switch kind {
        case "rc":
            let replicas = try Self.number(options["replicas"] ?? "1", command.line)
            let cpu = try Self.quantity(options["cpu"] ?? "100m", command.line)
            let memory = try Self.quantity(options["memory"] ?? "64Mi", command.line)
            return said(
                world.apply(
                    .create(World.controller(name, replicas: replicas, cpu: cpu.description, memory: memory.description)), by: "user"))
        case "service":
            return said(world.apply(.create(World.service(name, port: try Self.number(options["port"] ?? "80", command.line))), by: "user"))
        case "namespace": return said(world.apply(.create(Namespace { $0.metadata.name = name }), by: "user"))
        case "quota":
            var hard: [String: Quantity] = [:]
            for (key, value) in options { hard[key] = try Self.quantity(value, command.line) }
            let quota = ResourceQuota {
                ($0.metadata.namespace, $0.metadata.name) = ("default", name)
                $0.spec.hard = hard
            }
            return said(world.apply(.create(quota), by: "user"))
        default: throw ScenarioError(line: command.line, cause: "cannot create a \(kind): there are rc, service, namespace and quota")
        }
    }

    private mutating func delete(_ command: ScenarioScript.Command, kind: String, name: String) throws(ScenarioError) -> [String] {
        let policy = try command.options["cascade"].map { text throws(ScenarioError) in
            guard let policy = RequestOptions.PropagationPolicy(rawValue: text.prefix(1).uppercased() + text.dropFirst()) else {
                throw ScenarioError(line: command.line, cause: "\"\(text)\" is no cascade: background, foreground or orphan")
            }
            return policy
        }
        let key: ObjectKey
        switch kind {
        case "pod": key = try pod(name, command.line).key
        case "rc": key = ObjectKey(ReplicationController.self, namespace: "default", name: name)
        case "service": key = ObjectKey(Service.self, namespace: "default", name: name)
        case "node": key = ObjectKey(Node.self, name: name)
        case "namespace": key = ObjectKey(Namespace.self, name: name)
        case "quota": key = ObjectKey(ResourceQuota.self, namespace: "default", name: name)
        default: throw ScenarioError(line: command.line, cause: "cannot delete a \(kind)")
        }
        return said(
            world.apply(APIRequest(.delete, key, options: RequestOptions { $0.propagationPolicy = policy ?? .background }), by: "user"))
    }

    /// Nothing when it went well, else what the API says.
    func said(_ result: Swift.Result<APIResponse, StatusError>) -> [String] {
        if case .failure(let error) = result { return ["Error: \(error.message)"] }
        return []
    }
}
