import Environment
import Testing

@Suite(
    "kubectl on a running cluster", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"),
    .enabled(if: !Kubectl.walking.isEmpty, "there is no kubectl here"))
struct KubectlClusterTests {
    @Test("shows objects in every form, follows logs, executes, and deletes in every way")
    func walk() async {
        await Kubectl.walk(["up", "--interval", "1s"], port: 23361) { kubectl in
            try kubectl.expect("create", "-f", "-", "--save-config", input: Manifests.controller(), prints: "replicationcontroller/clock created")
            // Waiting for what is not there yet fails.
            try await kubectl.await("{.status.replicas}", of: "rc/clock", is: "2")
            try kubectl.expect("wait", "--for=condition=Ready", "pod", "-l", "app=clock", "--timeout=40s", prints: "condition met")
            try await kubectl.await("{.status.readyReplicas}", of: "rc/clock", is: "2")
            try forms(kubectl)
            try await containers(kubectl)
            try node(kubectl)
            try await deletion(kubectl)
        }
    }

    private func forms(_ kubectl: KubectlSession) throws {
        try kubectl.expect("get", "rc,pods", "-o", "wide", prints: "Running", "READINESS GATES", "app=clock")
        try kubectl.expect("get", "rc", "clock", "-o", "yaml", prints: "kind: ReplicationController")
        try kubectl.expect("get", "rc", "clock", "-o", "json", prints: "\"kind\": \"ReplicationController\"")
        try kubectl.expect("get", "rc", "clock", "-o", "name", prints: "replicationcontroller/clock")
        try kubectl.expect("get", "pods", "-o", "jsonpath={.items[*].status.phase}", prints: "Running Running")
        try kubectl.expect("get", "pods", "-o", "custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image", prints: "IMAGE", "host")
        try kubectl.expect("get", "pods", "-o", "go-template={{range .items}}{{.status.phase}} {{end}}", prints: "Running Running")
        try kubectl.expect("get", "pods", "--sort-by=.metadata.creationTimestamp", prints: "clock-")
        try kubectl.expect("get", "pods", "-l", "app in (clock,x),!missing", "-L", "app", prints: "APP", "clock")
        try kubectl.expect("get", "pods", "--field-selector", "status.phase=Running", "--show-labels", prints: "app=clock")
        try kubectl.refuse("get", "pods", "--field-selector", "spec.colour=red", prints: "field label not supported: spec.colour")
        try kubectl.expect("get", "pods", "-A", "--chunk-size=1", prints: "NAMESPACE", "default")
        try kubectl.expect("get", "all", prints: "replicationcontroller/clock", "service/kubernetes")
        try kubectl.expect("get", "pod", "nosuch", "--ignore-not-found")
        try kubectl.refuse("get", "pod", "nosuch", prints: "Error from server (NotFound): pods \"nosuch\" not found")
        try kubectl.expect("describe", "rc", "clock", prints: "2 current / 2 desired", "SuccessfulCreate")
        try kubectl.expect("describe", "pods", prints: "Controlled By:  ReplicationController/clock", "Successfully assigned")
        try kubectl.since(26)?.expect("events", "--for", "rc/clock", prints: "SuccessfulCreate")
        try kubectl.expect("get", "events", "-o", "wide", prints: "SOURCE", "FIRST SEEN")
        // A watch that is told of one change and then ends by its own time.
        let (_, watched) = try kubectl.run(["get", "pods", "-w", "--output-watch-events", "--request-timeout=2s"])
        #expect(watched.contains("ADDED") && watched.contains("clock-"), "\(watched)")
    }

    private func containers(_ kubectl: KubectlSession) async throws {
        try kubectl.expect("logs", "-l", "app=clock", "--tail", "1", prints: "tick")
        try kubectl.expect("logs", "rc/clock", "--timestamps", "--since=1m", prints: "Z tick")
        try kubectl.refuse("logs", "rc/clock", "-c", "nosuch", prints: "container nosuch is not valid for pod")
        if kubectl.kubectl.canExec {
            try kubectl.expect("exec", "rc/clock", "--", "sh", "-c", "echo from $POD_IP", prints: "from 127.")
            try kubectl.expect("exec", "-i", "rc/clock", "--", "cat", input: "through the pipe\n", prints: "through the pipe")
            try kubectl.refuse("exec", "rc/clock", "--", "sh", "-c", "exit 7", prints: "exit code 7")
            try kubectl.refuse("exec", "rc/clock", "-c", "nosuch", "--", "true", prints: "Error from server (BadRequest)", "container nosuch is not valid")
        }
        try kubectl.expect("expose", "rc", "clock", "--port=80", prints: "exposed")
        try kubectl.expect("get", "endpoints,endpointslices", prints: "127.", "IPv4")
        try kubectl.expect("describe", "endpoints", "clock", prints: "NotReadyAddresses:  <none>")
        try kubectl.expect("describe", "svc", "clock", prints: "Endpoints:", "127.")
        try await topNodes(kubectl)
        try kubectl.expect("run", "once", "--image=host", "--rm", "-i", "--restart=Never", "--command", "--", "echo", "from run", prints: "from run", "deleted")
    }

    /// Rates need two samples, and a slow machine is late with them.
    private func topNodes(_ kubectl: KubectlSession) async throws {
        for _ in 0..<40 {
            if try kubectl.run(["top", "nodes"]).code == 0 { break }
            try await Task.sleep(for: .seconds(1))
        }
        try kubectl.expect("top", "nodes", prints: "MEMORY(bytes)")
    }

    private func node(_ kubectl: KubectlSession) throws {
        let (_, name) = try kubectl.run(["get", "nodes", "-o", "jsonpath={.items[0].metadata.name}"])
        try kubectl.expect("describe", "node", name, prints: "Non-terminated Pods:          (2 in total)", "Lease:", "Ready")
        try kubectl.expect("get", "lease", "-A", prints: name)
        try kubectl.expect("taint", "node", name, "a=b:PreferNoSchedule", prints: "tainted")
        try kubectl.refuse("taint", "node", name, "a=b:PreferNoSchedule", prints: "--overwrite is false")
        try kubectl.expect("taint", "node", name, "a-", prints: "untainted")
        try kubectl.expect("cordon", name, prints: "cordoned")
        try kubectl.expect("get", "nodes", prints: "Ready,SchedulingDisabled")
        // Old versions look for a group `policy` before they evict, and delete where there is none.
        try kubectl.since(22)?.expect("drain", name, "--force", "--timeout=60s", prints: "evicting pod default/clock-", "drained")
        try kubectl.before(22)?.expect("drain", name, "--force", "--timeout=60s", prints: "pod/clock-", "deleted")
        try kubectl.expect("get", "pods", prints: "Pending")
        try kubectl.expect("uncordon", name, prints: "uncordoned")
        try kubectl.expect("wait", "--for=condition=Ready", "pod", "-l", "app=clock", "--timeout=40s", prints: "condition met")
    }

    private func deletion(_ kubectl: KubectlSession) async throws {
        try kubectl.expect("delete", "rc", "clock", "--cascade=orphan", prints: "deleted")
        try kubectl.expect("get", "pods", prints: "Running")
        try kubectl.expect("create", "-f", "-", input: Manifests.controller(), prints: "created")
        try await kubectl.await("{.status.replicas}", of: "rc/clock", is: "2")
        try kubectl.expect("delete", "rc", "clock", "--cascade=foreground", "--timeout=40s", prints: "deleted")
        try kubectl.expect("get", "pods", prints: "No resources found")
        try kubectl.expect("run", "slow", "--image=host", "--command", "--", "sleep", "600", prints: "created")
        try kubectl.expect("wait", "--for=condition=Ready", "pod/slow", "--timeout=30s", prints: "condition met")
        try kubectl.expect("delete", "pod", "slow", "--now", prints: "deleted")
        try kubectl.expect("create", "configmap", "a", prints: "created")
        try kubectl.expect("create", "configmap", "b", prints: "created")
        try kubectl.expect("label", "cm", "a", "gone=soon", prints: "labeled")
        try kubectl.expect("delete", "cm", "-l", "gone=soon", prints: "configmap \"a\" deleted")
        try kubectl.expect("delete", "cm", "--all", prints: "configmap \"b\" deleted")
        try kubectl.refuse("delete", "cm", "a", prints: "configmaps \"a\" not found")
        try kubectl.expect("create", "namespace", "scratch", prints: "created")
        try kubectl.expect("delete", "namespace", "scratch", "--timeout=30s", prints: "deleted")
        try kubectl.refuse("delete", "ns", "default", prints: "this namespace may not be deleted")
    }
}
