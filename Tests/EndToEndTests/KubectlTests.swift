import Environment
import Posix
import Testing

/// The real client.
enum Kubectl {
    static let isMissing = (try? PosixProgramRunner.runBlocking("kubectl", ["version", "--client"], environment: environment))?.code != 0

    private static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "KUBECONFIG": "/dev/null"]

    static func run(_ arguments: [String], server: String, input: String = "") throws -> (code: Int32, output: String) {
        let outcome = try PosixProgramRunner.runBlocking(
            "kubectl", ["--server", server] + arguments, environment: environment, input: Array(input.utf8), timeout: .seconds(60))
        return (outcome.code, String(decoding: outcome.output + outcome.errors, as: UTF8.self))
    }
}

@Suite("Unmodified kubectl", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"), .enabled(if: !Kubectl.isMissing, "there is no kubectl here"))
struct KubectlTests {
    private let manifest = """
        apiVersion: v1
        kind: ReplicationController
        metadata: {name: clock}
        spec:
          replicas: 2
          selector: {app: clock}
          template:
            metadata: {labels: {app: clock}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - {name: main, image: host, command: [sh, -c, "while true; do echo tick; sleep 1; done"]}
        """

    @Test("creates, applies, gets, describes, scales, patches, follows logs, and deletes")
    func walk() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["up"], folder: folder.path, port: 23101)
        func kubectl(_ arguments: String..., input: String = "", contains expected: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
            let (code, output) = try Kubectl.run(arguments, server: server.address, input: input)
            #expect(code == 0, "\(arguments): \(output)", sourceLocation: sourceLocation)
            #expect(output.contains(expected), "\(arguments): \(output)", sourceLocation: sourceLocation)
        }
        try kubectl("version", contains: "Server Version: v1.32")
        try kubectl("get", "namespaces", contains: "kube-system")
        try kubectl("apply", "-f", "-", input: manifest, contains: "replicationcontroller/clock created")
        try kubectl("apply", "-f", "-", input: manifest, contains: "replicationcontroller/clock unchanged")
        try kubectl("wait", "--for=condition=Ready", "pod", "-l", "app=clock", "--timeout=40s", contains: "condition met")
        try kubectl("get", "rc,pods", "-o", "wide", contains: "Running")
        try kubectl("describe", "rc", "clock", contains: "SuccessfulCreate")
        try kubectl("describe", "node", contains: "Ready")
        try kubectl("logs", "-l", "app=clock", "--tail", "1", contains: "tick")
        try kubectl("exec", "rc/clock", "--", "sh", "-c", "echo from $POD_IP", contains: "from 127.")
        try kubectl("scale", "rc", "clock", "--replicas=1", contains: "scaled")
        try kubectl("label", "rc", "clock", "tier=back", contains: "labeled")
        try kubectl("patch", "rc", "clock", "-p", #"{"metadata":{"annotations":{"a":"b"}}}"#, contains: "patched")
        try kubectl("get", "rc", "clock", "-o", "jsonpath={.metadata.labels.tier}/{.metadata.annotations.a}", contains: "back/b")
        try kubectl("autoscale", "rc", "clock", "--max=3", "--cpu-percent=50", contains: "autoscaled")
        try kubectl("get", "hpa", contains: "ReplicationController/clock")
        try kubectl("expose", "rc", "clock", "--port=80", contains: "exposed")
        try kubectl("get", "endpoints", "clock", contains: "127.")
        try kubectl("create", "configmap", "settings", "--from-literal=a=b", contains: "created")
        try kubectl("create", "namespace", "scratch", contains: "created")
        try kubectl("delete", "namespace", "scratch", contains: "deleted")
        try kubectl("explain", "autoscalingpolicy.spec.signals", contains: "promql")
        try kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input: manifest, contains: "serverside-applied")
        try kubectl("delete", "rc", "clock", contains: "deleted")
        #expect(await server.stop() == 0)
    }

    @Test("what Kubernetes refuses is refused with the same words")
    func refusals() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["server"], folder: folder.path, port: 23102)
        let cases: [(manifest: String, expected: String)] = [
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {}\n", "spec.containers: Required value"),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: i}], colour: red}\n", "unknown field \"spec.colour\""),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: Bad_Name}\nspec: {containers: [{name: a, image: i}]}\n", "Invalid value: \"Bad_Name\""),
            ("apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: nowhere}\nspec: {ports: [{port: 80}]}\n", "namespaces \"nowhere\" not found"),
        ]
        for (manifest, expected) in cases {
            let (code, output) = try Kubectl.run(["create", "-f", "-"], server: server.address, input: manifest)
            #expect(code != 0)
            #expect(output.contains(expected), "\(output)")
        }
        #expect(await server.stop() == 0)
    }
}
