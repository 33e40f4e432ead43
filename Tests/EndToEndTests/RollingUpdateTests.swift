import Bytes
import Environment
import Posix
import Testing

@Suite("Rolling update with the finished binary", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"), .serialized)
struct RollingUpdateTests {
    private func manifest(_ version: String, replicas: Int = 3, probe: String = "true") -> String {
        """
        apiVersion: v1
        kind: ReplicationController
        metadata: {name: web-\(version)}
        spec:
          replicas: \(replicas)
          minReadySeconds: 1
          selector: {app: web, version: \(version)}
          template:
            metadata: {labels: {app: web, version: \(version)}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - name: main
                image: host
                command: [sh, -c, "sleep 1000"]
                readinessProbe: {exec: {command: ["\(probe)"]}, periodSeconds: 1}

        """
    }

    private func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> (code: Int32, output: String) {
        let outcome = try PosixProgramRunner.runBlocking(
            program, arguments, environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"].merging(environment) { $1 },
            timeout: .seconds(60))
        return (outcome.code, String(decoding: outcome.output + outcome.errors, as: UTF8.self))
    }

    /// A server that runs three pods of `web-v1`, and manifests of others beside it.
    private func start(_ folder: ScratchFolder, port: Int) async throws -> RunningServer {
        let files = PosixFileSystem()
        for version in ["v1", "v2"] { try files.replaceContents("\(folder.path)/web-\(version).yaml", with: Array(manifest(version).utf8)) }
        try files.replaceContents("\(folder.path)/web-bad.yaml", with: Array(manifest("bad", probe: "false").utf8))
        let server = try await RunningServer(["up"], folder: folder.path, port: port)
        #expect(try run(Binary.path, ["apply", "--server", server.address, "-f", "\(folder.path)/web-v1.yaml"]).code == 0)
        try await wait("three pods of web-v1") { try available("web-v1", server) == 3 }
        return server
    }

    private func controller(_ name: String, _ server: RunningServer) throws -> JSONValue? {
        let answer = try Curl.get("\(server.address)/api/v1/namespaces/default/replicationcontrollers/\(name)")
        return answer.status == 200 ? answer.json : nil
    }

    private func isGone(_ name: String, _ server: RunningServer) throws -> Bool {
        try Curl.get("\(server.address)/api/v1/namespaces/default/replicationcontrollers/\(name)").status == 404
    }

    private func available(_ name: String, _ server: RunningServer) throws -> Int {
        try controller(name, server)?.value(at: "status", "availableReplicas")?.intValue ?? 0
    }

    private func wait(_ what: String, _ isReached: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try !isReached() {
            guard ContinuousClock.now < deadline else {
                Issue.record("never came: \(what)")
                return
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    @Test("moves all pods, is followed by the command, and the old controller is gone; a broken version is rolled back")
    func moves() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await start(folder, port: 23141)
        func update(_ arguments: String...) throws -> (code: Int32, output: String) {
            try run(Binary.path, ["rolling-update", "web-v1", "--server", server.address] + arguments)
        }
        // A version that never becomes ready stops after the surge, and is taken back.
        let broken = try update("-f", "\(folder.path)/web-bad.yaml", "--timeout", "5s")
        #expect(broken.code == 1 && broken.output.contains("is not over after"), "\(broken.output)")
        #expect(try available("web-v1", server) == 3)
        let back = try update("--rollback")
        #expect(back.code == 0 && back.output.contains("Rolled back: web-bad is gone"), "\(back.output)")
        #expect(try isGone("web-bad", server))

        let good = try update("-f", "\(folder.path)/web-v2.yaml")
        #expect(good.code == 0 && good.output.contains("Update succeeded: web-v2 has replaced web-v1"), "\(good.output)")
        #expect(try isGone("web-v1", server))
        #expect(try available("web-v2", server) == 3)
        let image = try run(Binary.path, ["rolling-update", "web-v2", "web-v3", "--image", "host", "--server", server.address])
        #expect(image.code == 0, "\(image.output)")
        #expect(try available("web-v3", server) == 3)
        let missing = try update("-f", "\(folder.path)/web-bad.yaml")
        #expect(missing.code == 1 && missing.output.contains("there is no replication controller web-v1"), "\(missing.output)")
        #expect(await server.stop() == 0)
    }

    @Test("held, resumed, its command gone and its server killed, it goes on; kubectl has it back as a plug-in")
    func survives() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        var server = try await start(folder, port: 23142)
        #expect(
            try run(
                Binary.path,
                ["rolling-update", "web-v1", "-f", "\(folder.path)/web-v2.yaml", "--no-wait", "--server", server.address]
            ).code == 0)
        try await wait("a first pod of web-v2") { try available("web-v2", server) >= 1 }
        let pause = try run(Binary.path, ["rolling-update", "web-v1", "--pause", "--server", server.address])
        #expect(pause.code == 0 && pause.output == "web-v2: Paused\n", "\(pause.output)")
        await server.kill()
        server = try await RunningServer(["up"], folder: folder.path, port: 23143)
        let held = try controller("web-v2", server)
        #expect(held?.value(at: "metadata", "annotations", "rolling-update.skysail.dev/phase") == "Paused")
        if Kubectl.main == nil {
            #expect(try run(Binary.path, ["rolling-update", "web-v1", "--resume", "--server", server.address]).code == 0)
        } else {
            #expect(try run("ln", ["-s", Binary.path, "\(folder.path)/kubectl-rolling_update"]).code == 0)
            let resumed = try run(
                "kubectl", ["rolling-update", "web-v1", "--resume"],
                environment: ["PATH": "\(folder.path):/usr/local/bin:/usr/bin:/bin", "KUBECONFIG": "\(folder.path)/data/kubeconfig"])
            #expect(resumed.code == 0 && resumed.output.contains("Update succeeded: web-v2 has replaced web-v1"), "\(resumed.output)")
        }
        try await wait("the end of web-v1") { try isGone("web-v1", server) }
        #expect(try available("web-v2", server) == 3)
        #expect(await server.stop() == 0)
    }
}
