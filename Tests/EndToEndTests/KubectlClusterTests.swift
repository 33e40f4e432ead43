import Environment
import Testing

@Suite(
    "kubectl on a running cluster", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"),
    .enabled(if: Kubectl.main != nil, "there is no kubectl here"))
struct KubectlClusterTests {
    @Test("shows objects in every form, follows logs, executes, and deletes in every way")
    func walk() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["up", "--interval", "1s"], folder: folder.path, port: 23104)
        let kubectl = try KubectlSession(try #require(Kubectl.main), server, folder: folder)
        try kubectl.expect("create", "-f", "-", "--save-config", input: Manifests.controller(), prints: "replicationcontroller/clock created")
        try kubectl.expect("wait", "--for=condition=Ready", "pod", "-l", "app=clock", "--timeout=40s", prints: "condition met")
        try kubectl.expect("wait", "--for=jsonpath={.status.readyReplicas}=2", "rc/clock", "--timeout=20s", prints: "condition met")
        try forms(kubectl)
        try await containers(kubectl)
        try node(kubectl)
        try deletion(kubectl)
        #expect(await server.stop() == 0)
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
        try kubectl.expect("events", "--for", "rc/clock", prints: "SuccessfulCreate")
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
        try kubectl.expect("drain", name, "--force", "--timeout=60s", prints: "evicting pod default/clock-", "drained")
        try kubectl.expect("get", "pods", prints: "Pending")
        try kubectl.expect("uncordon", name, prints: "uncordoned")
        try kubectl.expect("wait", "--for=condition=Ready", "pod", "-l", "app=clock", "--timeout=40s", prints: "condition met")
    }

    private func deletion(_ kubectl: KubectlSession) throws {
        try kubectl.expect("delete", "rc", "clock", "--cascade=orphan", prints: "deleted")
        try kubectl.expect("get", "pods", prints: "Running")
        try kubectl.expect("create", "-f", "-", input: Manifests.controller(), prints: "created")
        try kubectl.expect("wait", "--for=jsonpath={.status.replicas}=2", "rc/clock", "--timeout=20s", prints: "condition met")
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

    /// What differs between versions: bodies in JSON or protobuf, validation by OpenAPI 2 or 3, patches, tables, exec.
    @Test("every version there is does the round of an object's life", arguments: Kubectl.all)
    func versions(kubectl version: Kubectl) async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["up"], folder: folder.path, port: 23105)
        let kubectl = try KubectlSession(version, server, folder: folder)
        try kubectl.expect("get", "nodes", prints: "Ready")
        try kubectl.expect("apply", "-f", "-", input: Manifests.controller(), prints: "replicationcontroller/clock created")
        try kubectl.expect("apply", "-f", "-", input: Manifests.controller(), prints: "unchanged")
        try kubectl.expect("apply", "-f", "-", input: Manifests.controller(replicas: 1), prints: "configured")
        let (code, _) = try kubectl.run(["diff", "-f", "-"], input: Manifests.controller(replicas: 3))
        #expect(code == 1)
        try kubectl.refuse(
            "create", "-f", "-", input: "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: i}], colour: red}\n",
            prints: "unknown field \"")
        try kubectl.expect("create", "configmap", "cm", "--from-literal=a=b", prints: "created")
        try kubectl.expect("create", "namespace", "team", prints: "created")
        try kubectl.expect("create", "quota", "q", "--hard=pods=3", "-n", "team", prints: "created")
        try kubectl.expect("create", "service", "nodeport", "np", "--tcp=80:8080", prints: "created")
        try kubectl.expect("wait", "--for=condition=Ready", "pod", "-l", "app=clock", "--timeout=40s", prints: "condition met")
        try kubectl.expect("get", "rc,pods,svc", prints: "DESIRED", "Running", "NodePort")
        try kubectl.expect("describe", "rc", "clock", prints: "SuccessfulCreate")
        try kubectl.expect("describe", "node", prints: "Allocatable")
        try kubectl.expect("logs", "rc/clock", "--tail=1", prints: "tick")
        if version.canExec { try kubectl.expect("exec", "rc/clock", "--", "echo", "hello", prints: "hello") }
        try kubectl.expect("autoscale", "rc", "clock", "--max=3", "--cpu-percent=50", prints: "autoscaled")
        try kubectl.expect("get", "hpa", prints: "ReplicationController/clock")
        try kubectl.expect("explain", "rc.spec", prints: "replicas")
        try kubectl.expect("patch", "rc", "clock", "-p", #"{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"other"}]}}}}"#, prints: "patched")
        try kubectl.expect("set", "env", "rc/clock", "A=1", prints: "updated")
        try kubectl.expect("scale", "rc", "clock", "--replicas=0", prints: "scaled")
        try kubectl.expect("apply", "--server-side", "-f", "-", input: Manifests.settings("red"), prints: "serverside-applied")
        try kubectl.expect("auth", "can-i", "create", "pods", prints: "yes")
        let list = #"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"l1"}}]}"#
        try kubectl.expect("apply", "-f", "-", input: list, prints: "configmap/l1 created")
        try kubectl.expect("delete", "rc/clock", "cm/cm", "svc/np", prints: "deleted")
        #expect(await server.stop() == 0)
    }
}
