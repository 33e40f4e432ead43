import Bytes
import ClusterAPI
import Testing

@testable import NodeAgent

@Suite("Node agent")
struct AgentCoreTests {
    static let web = """
        {"metadata":{"name":"web"},"spec":{"terminationGracePeriodSeconds":5,"containers":[{"name":"main","image":"host","command":["serve"],
        "ports":[{"name":"http","containerPort":8080}]}]}}
        """

    @Test("a bound pod is started, has an address of its own, and becomes Running and Ready")
    func starts() throws {
        var world = AgentFixture()
        world.boot()
        try world.create(Self.web)
        #expect(world.takeTrace() == ["start main/0"])
        let pod = world.pods["web"]!
        #expect(pod.status.phase == "Running")
        #expect(pod.status.podIP!.hasPrefix("127."))
        #expect(pod.status.hostIP == "10.0.0.1")
        #expect(world.condition("web", "Ready") == "True")
        #expect(world.status("web", container: "main").containerID == "fake://main-0")
        #expect(world.events == ["Started: Started container main"])
    }

    @Test("nothing is done before both the API server and the runtime are known")
    func waits() throws {
        var world = AgentFixture()
        try world.create(Self.web)
        world.send(.synced(Pod.resource))
        world.send(.adopted([]))
        #expect(world.takeTrace().isEmpty)
        world.send(.synced(Service.resource))
        #expect(world.takeTrace() == ["start main/0"])
    }

    @Test("a new agent adopts what runs: nothing is started twice and the address stays")
    func adopts() throws {
        var first = AgentFixture()
        first.boot()
        try first.create(Self.web)
        var second = AgentFixture()
        second.records = first.records
        second.now = first.now + .seconds(60)
        var pod = first.pods["web"]!
        // The address was never told to the API server: the runtime's record has it.
        pod.status = PodStatus()
        try second.create(String(decoding: pod.jsonBytes, as: UTF8.self))
        second.boot()
        #expect(second.takeTrace().isEmpty)
        #expect(second.pods["web"]!.status.podIP == first.pods["web"]!.status.podIP)
        #expect(second.pods["web"]!.status.phase == "Running")
    }

    @Test("containers of pods that nobody knows are ended and removed")
    func orphans() throws {
        var first = AgentFixture()
        first.boot()
        try first.create(Self.web)
        var second = AgentFixture()
        second.records = first.records
        second.boot()
        #expect(second.takeTrace() == ["stop main/0", "remove main/0"])
        second.advance(.seconds(60))
        #expect(second.takeTrace() == ["remove folder web"])
    }

    @Test("folders of pods that are gone are removed, also when the agent was killed before it came to it")
    func folders() throws {
        var world = AgentFixture()
        world.send(.folders([PodIdentity(namespace: "default", name: "gone", uid: "x"), PodIdentity(namespace: "default", name: "web", uid: "uid-web")]))
        try world.create(Self.web)
        world.boot()
        world.advance(.seconds(30))
        #expect(world.takeTrace() == ["start main/0", "remove folder gone"])
    }

    /// - Source: kubelet back-off: the first restart at once, then 10 s, 20 s, 40 s … 5 min.
    @Test("a container that keeps failing waits 0, 10, 20, 40 … 300 s")
    func backsOff() throws {
        var world = AgentFixture()
        world.boot()
        try world.create(Self.web)
        _ = world.takeTrace()
        var waits: [Int64] = []
        for run in 1...8 {
            world.exit("main")
            let failedAt = world.now
            while world.specs.keys.filter({ $0.restart == run }).isEmpty { world.advance(.seconds(1)) }
            waits.append((world.now - failedAt).components.seconds)
        }
        #expect(waits == [0, 10, 20, 40, 80, 160, 300, 300])
        #expect(world.status("web", container: "main").restartCount == 8)
    }

    @Test("while it waits the status says CrashLoopBackOff, and how the last run ended")
    func crashLoop() throws {
        var world = AgentFixture()
        world.boot()
        try world.create(Self.web)
        world.exit("main", code: 3)
        world.exit("main", code: 137, reason: "OOMKilled")
        let status = world.status("web", container: "main")
        #expect(status.state?.waiting?.reason == "CrashLoopBackOff")
        #expect(status.state?.waiting?.message == "back-off 10s restarting failed container=main pod=web_default(uid-web)")
        #expect(status.lastState?.terminated?.reason == "OOMKilled")
        #expect(status.lastState?.terminated?.exitCode == 137)
        #expect(status.restartCount == 1)
        #expect(world.pods["web"]!.status.phase == "Running")
        #expect(world.condition("web", "Ready") == "False")
        // The back-off is forgotten after a run of ten minutes.
        world.advance(.seconds(11))
        world.advance(.seconds(660))
        _ = world.takeTrace()
        world.exit("main")
        #expect(world.takeTrace().contains { $0.hasPrefix("start main/") })
    }

    struct Ending: CustomTestStringConvertible {
        var policy: String
        var code: Int32
        var phase: String
        var restarts: Bool
        var testDescription: String { "\(policy), exit \(code) → \(phase)" }
    }

    @Test(
        "the restart policy decides what an exit means",
        arguments: [
            Ending(policy: "Always", code: 0, phase: "Running", restarts: true),
            Ending(policy: "Always", code: 1, phase: "Running", restarts: true),
            Ending(policy: "OnFailure", code: 0, phase: "Succeeded", restarts: false),
            Ending(policy: "OnFailure", code: 1, phase: "Running", restarts: true),
            Ending(policy: "Never", code: 0, phase: "Succeeded", restarts: false),
            Ending(policy: "Never", code: 1, phase: "Failed", restarts: false),
        ])
    func policies(_ ending: Ending) throws {
        var world = AgentFixture()
        world.boot()
        try world.create(
            #"{"metadata":{"name":"job"},"spec":{"restartPolicy":"\#(ending.policy)","containers":[{"name":"main","image":"host","command":["x"]}]}}"#)
        _ = world.takeTrace()
        world.exit("main", code: ending.code, reason: ending.code == 0 ? "Completed" : "Error")
        #expect(world.pods["job"]!.status.phase == ending.phase)
        #expect(world.takeTrace().contains("start main/1") == ending.restarts)
        #expect(world.condition("job", "Ready") == (ending.restarts ? "True" : "False"))
    }

    @Test("a deletion asks, waits for the grace, kills, tells the last status and then removes the pod")
    func deletes() throws {
        var world = AgentFixture()
        world.obeysTerm = false
        world.boot()
        try world.create(Self.web)
        _ = world.takeTrace()
        world.requestDeletion("web", grace: 5)
        #expect(world.takeTrace() == ["stop main/0"])
        world.advance(.seconds(4))
        #expect(world.takeTrace().isEmpty)
        world.advance(.seconds(1))
        #expect(world.takeTrace() == ["kill main/0", "remove main/0", "delete web grace 0"])
        #expect(world.pods["web"] == nil)
        world.advance(.seconds(30))
        #expect(world.takeTrace() == ["remove folder web"])
    }

    @Test("a pod removed by force is ended all the same")
    func removedByForce() throws {
        var world = AgentFixture()
        world.boot()
        try world.create(Self.web)
        _ = world.takeTrace()
        let pod = world.pods.removeValue(forKey: "web")!
        world.send(.objects(Pod.resource, [.deleted(ObjectSnapshot(key: pod.key, uid: pod.metadata.uid, revision: 9, bytes: []))]))
        #expect(world.takeTrace() == ["stop main/0", "remove main/0"])
    }

    @Test("init containers run one after the other before the others; their failure is retried")
    func initContainers() throws {
        var world = AgentFixture()
        world.boot()
        try world.create(
            #"{"metadata":{"name":"p"},"spec":{"initContainers":[{"name":"one","image":"host","command":["a"]},{"name":"two","image":"host","command":["b"]}],"containers":[{"name":"main","image":"host","command":["x"]}]}}"#)
        #expect(world.takeTrace() == ["start one/0"])
        #expect(world.pods["p"]!.status.phase == "Pending")
        world.exit("one", code: 1)
        #expect(world.takeTrace().contains("start one/1"))
        world.exit("one", code: 0, reason: "Completed")
        #expect(world.takeTrace().contains("start two/0"))
        #expect(world.condition("p", "Initialized") == "False")
        world.exit("two", code: 0, reason: "Completed")
        #expect(world.takeTrace().contains("start main/0"))
        #expect(world.condition("p", "Initialized") == "True")
        #expect(world.pods["p"]!.status.phase == "Running")
    }

    @Test("an image the node cannot run is a waiting state that says so")
    func image() throws {
        var world = AgentFixture()
        world.boot()
        try world.create(#"{"metadata":{"name":"p"},"spec":{"containers":[{"name":"main","image":"nginx"}]}}"#)
        let waiting = world.status("p", container: "main").state?.waiting
        #expect(waiting?.reason == "ImageNotSupported")
        #expect(waiting?.message == "cannot run image \"nginx\" on this node")
        #expect(world.pods["p"]!.status.phase == "Pending")
        #expect(world.takeTrace().isEmpty)
        #expect(world.events == ["Failed: cannot run image \"nginx\" on this node"])
    }

    @Test("a readiness probe decides Ready; a liveness probe that fails three times restarts the container")
    func probes() throws {
        var world = AgentFixture()
        world.boot()
        var isReady = false
        var lives = true
        world.probe = { request in
            switch request.id.kind {
            case .readiness: isReady ? .success : .failure("not yet")
            default: lives ? .success : .failure("dead")
            }
        }
        try world.create(
            #"""
            {"metadata":{"name":"p"},"spec":{"containers":[{"name":"main","image":"host","command":["x"],"ports":[{"name":"http","containerPort":8080}],
            "readinessProbe":{"httpGet":{"path":"/healthz","port":"http"},"periodSeconds":1},
            "livenessProbe":{"tcpSocket":{"port":8080},"periodSeconds":10,"failureThreshold":3}}]}}
            """#)
        #expect(world.condition("p", "Ready") == "False")
        isReady = true
        world.advance(.seconds(2))
        #expect(world.condition("p", "Ready") == "True")
        lives = false
        _ = world.takeTrace()
        world.advance(.seconds(31))
        #expect(world.takeTrace().filter { !$0.hasPrefix("remove") }.prefix(2) == ["stop main/0", "start main/1"])
        #expect(world.events.contains("Killing: Container main failed liveness probe, will be restarted"))
        #expect(world.events.contains("Unhealthy: Liveness probe failed: dead"))
    }

    @Test("environment: services in both spellings, references, downward API, expansion")
    func environment() throws {
        var world = AgentFixture()
        let map = ObjectKey(ConfigMap.self, namespace: "default", name: "settings")
        world.objects[map] = Array(#"{"metadata":{"name":"settings","namespace":"default"},"data":{"LEVEL":"debug","other":"x"}}"#.utf8)
        world.boot()
        try world.service(
            #"{"metadata":{"name":"monitoring-grafana","namespace":"default"},"spec":{"clusterIP":"192.168.3.33","ports":[{"name":"http","port":80}]}}"#)
        try world.create(
            #"""
            {"metadata":{"name":"p","labels":{"app":"web"}},"spec":{"containers":[{"name":"main","image":"host","command":["serve","--to","$(MONITORING_GRAFANA_SERVICE_HOST)","$$(X)","$(UNKNOWN)"],
            "envFrom":[{"prefix":"CFG_","configMapRef":{"name":"settings"}}],
            "env":[{"name":"NAME","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},{"name":"APP","valueFrom":{"fieldRef":{"fieldPath":"metadata.labels['app']"}}},
            {"name":"CPU","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu","divisor":"1m"}}},{"name":"GREETING","value":"I am $(NAME)"},
            {"name":"ONE","valueFrom":{"configMapKeyRef":{"name":"settings","key":"LEVEL"}}}],
            "resources":{"requests":{"cpu":"100m"},"limits":{"cpu":"200m","memory":"128Mi"}}}]}}
            """#)
        let spec = try #require(world.specs.values.first)
        let variables = Dictionary(uniqueKeysWithValues: spec.environment.map { ($0.name, $0.value) })
        #expect(spec.command == ["serve", "--to", "192.168.3.33", "$(X)", "$(UNKNOWN)"])
        #expect(variables["MONITORING_GRAFANA_PORT_80_TCP"] == "tcp://192.168.3.33:80")
        #expect(variables["MONITORING_GRAFANA_PORT_80_TCP_ADDR"] == "192.168.3.33")
        #expect(variables["MONITORING_GRAFANA_PORT_80_TCP_PORT"] == "80")
        #expect(variables["MONITORING_GRAFANA_PORT_80_TCP_PROTO"] == "tcp")
        #expect(variables["MONITORING_GRAFANA_SERVICE_PORT_HTTP"] == "80")
        #expect(variables["MONITORING_GRAFANA_PORT"] == "tcp://192.168.3.33:80")
        #expect(variables["NAME"] == "p")
        #expect(variables["APP"] == "web")
        #expect(variables["CPU"] == "200")
        #expect(variables["GREETING"] == "I am p")
        #expect(variables["CFG_LEVEL"] == "debug")
        #expect(variables["ONE"] == "debug")
        #expect(variables["POD_IP"] == world.pods["p"]!.status.podIP)
        #expect(spec.resources.cpuShares == 102)
        #expect(spec.resources.cpuQuotaMicroseconds == 20_000)
        #expect(spec.resources.memoryLimitBytes == 128 << 20)
        #expect(spec.mounts == [.init(source: "/data/agent/pods/default_p_uid-p/.resolv.conf", target: "/etc/resolv.conf", isReadOnly: true)])
        #expect(spec.logPath == "/data/agent/pods/default_p_uid-p/main/0.log")
    }

    @Test("a missing ConfigMap is a waiting state that names it, and the pod starts when it comes")
    func missingReference() throws {
        var world = AgentFixture()
        world.boot()
        try world.create(
            #"{"metadata":{"name":"p"},"spec":{"containers":[{"name":"main","image":"host","command":["x"],"env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]}]}}"#)
        #expect(world.status("p", container: "main").state?.waiting?.reason == "CreateContainerConfigError")
        #expect(world.status("p", container: "main").state?.waiting?.message == "secret \"s\" not found")
        world.objects[ObjectKey(Secret.self, namespace: "default", name: "s")] = Array(
            #"{"metadata":{"name":"s","namespace":"default"},"data":{"k":"c2VjcmV0"}}"#.utf8)
        world.advance(.seconds(12))
        #expect(world.specs.values.first?.environment.first { $0.name == "A" }?.value == "secret")
    }

    @Test("volumes are planned with their contents and mounted")
    func volumes() throws {
        var world = AgentFixture()
        world.objects[ObjectKey(ConfigMap.self, namespace: "default", name: "settings")] = Array(
            #"{"metadata":{"name":"settings","namespace":"default"},"data":{"a.conf":"x=1"}}"#.utf8)
        world.boot()
        try world.create(
            #"""
            {"metadata":{"name":"p"},"spec":{"volumes":[{"name":"tmp","emptyDir":{}},{"name":"cfg","configMap":{"name":"settings"}},{"name":"host","hostPath":{"path":"/srv","type":"Directory"}}],
            "containers":[{"name":"main","image":"host","command":["x"],"volumeMounts":[{"name":"tmp","mountPath":"/scratch","subPath":"s"},{"name":"cfg","mountPath":"/etc/app","readOnly":true},{"name":"host","mountPath":"/srv"}]}]}}
            """#)
        let base = "/data/agent/pods/default_p_uid-p/.volumes"
        #expect(
            world.plans.prefix(3) == [
                VolumePlan(name: "tmp", path: base + "/tmp", content: .empty),
                VolumePlan(name: "cfg", path: base + "/cfg", content: .files([.init(path: "a.conf", bytes: Array("x=1".utf8), mode: 0o644)])),
                VolumePlan(name: "host", path: "/srv", content: .host(type: "Directory")),
            ])
        #expect(
            world.specs.values.first?.mounts.prefix(3) == [
                .init(source: base + "/tmp/s", target: "/scratch"),
                .init(source: base + "/cfg", target: "/etc/app", isReadOnly: true),
                .init(source: "/srv", target: "/srv"),
            ])
    }

    @Test("the node registers itself and renews its lease every ten seconds")
    func registers() {
        var world = AgentFixture()
        world.boot()
        world.advance(.seconds(35))
        #expect(world.trace.filter { $0.contains("nodes") } == ["create nodes"])
        #expect(world.trace.filter { $0.contains("leases") }.count == 4)
    }

    @Test("a status is told once, not at every look")
    func quiet() throws {
        var world = AgentFixture()
        world.boot()
        try world.create(Self.web)
        let before = world.core.nextRequest
        for _ in 0..<5 { world.send(.wake) }
        #expect(world.core.nextRequest == before)
    }
}

@Suite("Pod addresses")
struct PodAddressesTests {
    @Test("every pod of a range has another address, the same again after a restart")
    func distinct() throws {
        var addresses = try #require(PodAddresses(range: "127.16.0.0/24"))
        let first = (0..<254).compactMap { addresses.address(of: "pod-\($0)") }
        #expect(Set(first).count == 254)
        #expect(first.allSatisfy { $0.hasPrefix("127.16.0.") && $0 != "127.16.0.0" && $0 != "127.16.0.255" })
        #expect(addresses.address(of: "one more") == nil)
        addresses.release("pod-7")
        #expect(addresses.address(of: "one more") == first[7])
    }

    @Test("a range that is none is refused", arguments: ["127.16.0.0", "127.16.0.0/33", "x/8", "1.2.3/8"])
    func invalid(_ range: String) { #expect(PodAddresses(range: range) == nil) }
}
