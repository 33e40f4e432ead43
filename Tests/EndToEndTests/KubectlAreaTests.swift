import Environment
import Posix
import Testing

@Suite(
    "Areas of Kubernetes' own kubectl tests", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"),
    .enabled(if: !Kubectl.walking.isEmpty, "there is no kubectl here"))
struct KubectlAreaTests {
    private static let template = """
        apiVersion: v1
        kind: PodTemplate
        metadata: {name: ready}
        template: {metadata: {labels: {name: ready}}, spec: {containers: [{name: main, image: host}]}}
        """

    @Test("component statuses, pod templates, tokens, raw requests, pruning, subresources")
    func objects() async {
        await Kubectl.walk(["server"], port: 23381) { kubectl in
            try kubectl.expect("get", "cs", prints: "Warning: v1 ComponentStatus is deprecated in v1.19+", "controller-manager   Healthy   ok")
            try kubectl.expect("create", "-f", "-", input: Self.template, prints: "podtemplate/ready created")
            try kubectl.expect("get", "podtemplates", prints: "CONTAINERS", "name=ready")
            try kubectl.expect("delete", "podtemplate", "ready", prints: "deleted")

            // Three parts with points between them.
            if let (_, token) = try kubectl.since(24)?.run(["create", "token", "default"]) {
                #expect(token.split(separator: ".").count == 3, "\(token)")
            }
            try kubectl.since(24)?.refuse("create", "token", "nobody", prints: "serviceaccounts \"nobody\" not found")
            try kubectl.since(24)?.refuse(
                "create", "token", "default", "--duration=10s", prints: "may not specify a duration less than 10 minutes")

            try kubectl.expect("get", "--raw", "/api/v1/namespaces/default/configmaps", prints: #""kind":"ConfigMapList""#)
            try kubectl.expect("get", "--raw", "/livez", prints: "ok")
            let raw = #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"raw"}}"#
            try kubectl.expect("create", "--raw", "/api/v1/namespaces/default/configmaps", "-f", "-", input: raw, prints: #""name":"raw""#)
            try kubectl.expect("delete", "--raw", "/api/v1/namespaces/default/configmaps/raw", prints: "Success")

            let pair = ["first", "second"].map { #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#($0)","labels":{"set":"one"}}}"# }
            let list = #"{"apiVersion":"v1","kind":"List","items":[\#(pair.joined(separator: ","))]}"#
            try kubectl.expect("apply", "-f", "-", input: list, prints: "configmap/first created", "configmap/second created")
            try kubectl.expect(
                "apply", "-f", "-", "--prune", "-l", "set=one",
                kubectl.kubectl.minor < 26 ? "--prune-whitelist=core/v1/ConfigMap" : "--prune-allowlist=core/v1/ConfigMap", input: pair[0],
                prints: "configmap/first unchanged", "configmap/second pruned")

            try kubectl.expect("apply", "-f", "-", input: Manifests.controller(replicas: 0), prints: "created")
            try kubectl.since(24)?.expect(
                "patch", "rc", "clock", "--subresource=status", "--type=merge", "-p", #"{"status":{"observedGeneration":7}}"#, prints: "patched")
            try kubectl.since(24)?.expect("get", "rc", "clock", "--subresource=status", prints: "DESIRED")
            try kubectl.since(24)?.expect("get", "rc", "clock", "--subresource=scale", "-o", "jsonpath={.kind}", prints: "Scale")
            // Indented by one more before.
            try kubectl.expect(
                "explain", "pod.spec.containers.securityContext.capabilities.drop",
                prints: kubectl.kubectl.minor < 27 ? "DESCRIPTION:\n     Usual powers" : "DESCRIPTION:\n    Usual powers")
            try kubectl.expect("cluster-info", "dump", prints: "\"kind\": \"ReplicationControllerList\"", "\"kind\": \"DeploymentList\"")
        }
    }

    private static let user = """
        apiVersion: v1
        kind: Pod
        metadata: {name: user}
        spec:
          terminationGracePeriodSeconds: 1
          volumes: [{name: data, persistentVolumeClaim: {claimName: claim}}]
          containers: [{name: main, image: host, command: [sleep, "600"], volumeMounts: [{name: data, mountPath: /mnt}]}]
        """

    @Test("a claim in use outlives its deletion until its pod is gone; its volume outlives the claim")
    func protection() async {
        await Kubectl.walk(["up"], port: 23401) { kubectl in
            try kubectl.expect("create", "-f", "-", input: Manifests.volumes, prints: "disk created", "claim created")
            try await kubectl.await("{.status.phase}", of: "pvc/claim", is: "Bound")
            try kubectl.expect("create", "-f", "-", input: Self.user, prints: "created")
            try kubectl.expect("wait", "--for=condition=PodScheduled", "pod/user", "--timeout=30s", prints: "condition met")
            try kubectl.expect("delete", "pvc", "claim", "--wait=false", prints: "deleted")
            try kubectl.expect("delete", "pv", "disk", "--wait=false", prints: "deleted")
            try kubectl.expect("get", "pvc", "claim", prints: "Terminating")
            try kubectl.expect("get", "pv", "disk", prints: "Terminating")
            try kubectl.expect("delete", "pod", "user", "--now", prints: "deleted")
            // 1.20 fails when there is nothing left to wait for.
            _ = try kubectl.before(21)?.run(["wait", "--for=delete", "pvc/claim", "pv/disk", "--timeout=60s"])
            try kubectl.since(21)?.expect("wait", "--for=delete", "pvc/claim", "pv/disk", "--timeout=60s")
            try kubectl.refuse("get", "pvc/claim", "pv/disk", prints: "\"claim\" not found", "\"disk\" not found")
        }
    }

    private static let local = """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: local, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
        provisioner: kubernetes.io/no-provisioner
        volumeBindingMode: WaitForFirstConsumer
        ---
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: disk}
        spec: {storageClassName: local, capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /tmp}}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: claim}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 500Mi}}}
        """

    @Test("a claim of a class that waits for its first consumer is bound when a pod uses it")
    func storageClasses() async {
        await Kubectl.walk(["up"], port: 23441) { kubectl in
            try kubectl.expect("create", "-f", "-", input: Self.local, prints: "storageclass.storage.k8s.io/local created", "claim created")
            try kubectl.expect("get", "sc", prints: "local (default)", "kubernetes.io/no-provisioner", "WaitForFirstConsumer")
            try await kubectl.await("{.status.phase}", of: "pvc/claim", is: "Pending")
            try kubectl.expect("describe", "pvc", "claim", prints: "StorageClass:  local", "WaitForFirstConsumer")
            try kubectl.expect("create", "-f", "-", input: Self.user, prints: "created")
            try kubectl.expect("wait", "--for=condition=Ready", "pod/user", "--timeout=40s", prints: "condition met")
            try kubectl.expect("get", "pv,pvc", prints: "default/claim", "Bound")
            try kubectl.refuse(
                "patch", "sc", "local", "-p", #"{"volumeBindingMode":"Immediate"}"#, prints: "volumeBindingMode: Invalid value: \"Immediate\": field is immutable")
            try kubectl.expect("delete", "pod", "user", "--now", prints: "deleted")
            try kubectl.expect("delete", "sc", "local", prints: "deleted")
        }
    }

    /// The manifests of the talk that the platform comes from: the YAML block of its facts. Nil where they are not beside the project.
    private static let talk: String? = {
        let root = ProjectRoot.path.split(separator: "/").dropLast().joined(separator: "/")
        guard let bytes = try? PosixFileSystem().contents("/\(root)/shared/facts/platform-talk.md") else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "```")
        return parts.first { $0.hasPrefix("yaml\n") }.map { String($0.dropFirst("yaml\n".count)) }
    }()

    @Test("the manifests of the talk are accepted as they stand", .enabled(if: talk != nil, "../shared is not here"))
    func talkManifests() async throws {
        let manifests = try #require(Self.talk)
        await Kubectl.walk(["server"], port: 23461) { kubectl in
            try kubectl.expect(
                "create", "-f", "-", input: manifests, prints: "pod/frontend created", "Warning: spec.limits[0].default", "limitrange/default-limits created",
                "resourcequota/my-quota created", "service/elasticsearch-logging created")
        }
    }

    @Test("attach follows what the main program says, run -i shows all of it, and a watch can leave out what is there")
    func following() async {
        await Kubectl.walk(["up"], port: 23421) { kubectl in
            try kubectl.expect("run", "clock", "--image=host", "--command", "--", "sh", "-c", "while true; do echo tick; sleep 1; done", prints: "created")
            try kubectl.expect("wait", "--for=condition=Ready", "pod/clock", "--timeout=40s", prints: "condition met")
            let (_, watched) = try kubectl.run(["get", "pods", "--watch-only", "--output-watch-events", "--request-timeout=2s"])
            #expect(!watched.contains("ADDED"), "\(watched)")
            // What never began has the first of all times, not none, which kubectl would show as the year 1.
            try kubectl.expect("run", "broken", "--image=host", "--command", "--", "/no/such/program", prints: "created")
            try await kubectl.await("{.status.containerStatuses[0].lastState.terminated.reason}", of: "pod/broken", is: "StartError")
            try kubectl.expect("describe", "pod", "broken", prints: "Started:      Thu, 01 Jan 1970 00:00:00 +0000")
            let ending = "for n in 1 2 3 4 5 6; do echo line $n; sleep 1; done"
            try kubectl.expect("run", "ending", "--image=host", "--restart=Never", "--command", "--", "sh", "-c", ending, prints: "created")
            try kubectl.expect("wait", "--for=condition=PodScheduled", "pod/ending", "--timeout=40s", prints: "condition met")
            // It is not there before its program runs.
            try await kubectl.await("{.status.containerStatuses[0].started}", of: "pod/ending", is: "true")
            try kubectl.expect("logs", "-f", "ending", prints: "line 1", "line 6")
            guard kubectl.kubectl.canExec else { return }
            try kubectl.refuse("attach", "nosuch", prints: "pods \"nosuch\" not found")
            // The program ends, and attach with it.
            let script = "for n in 1 2 3; do echo line $n; sleep 1; done"
            try kubectl.expect("run", "short", "--image=host", "--rm", "-i", "--restart=Never", "--command", "--", "sh", "-c", script, prints: "line 1", "line 3", "deleted")
        }
    }
}
