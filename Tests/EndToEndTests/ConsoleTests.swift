import Bytes
import Environment
import Posix
import Testing

enum Chromium {
    static let isMissing = (try? PosixProgramRunner.runBlocking("chromium", ["--version"], environment: environment))?.code != 0
    static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp"]
}

@Suite("The console in a real browser", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"), .enabled(if: !Chromium.isMissing, "there is no chromium here"))
struct ConsoleTests {
    @Test("the page shows nodes, controllers, a graph and log lines, as text, and reports no error")
    func page() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(["up", "--interval", "1s"], folder: folder.path, port: 23151)
        let controller: JSONValue = [
            "apiVersion": "v1", "kind": "ReplicationController", "metadata": ["name": "hostile"],
            "spec": [
                "replicas": 1, "selector": ["app": "hostile"],
                "template": [
                    "metadata": ["labels": ["app": "hostile"]],
                    "spec": [
                        "terminationGracePeriodSeconds": 1,
                        "containers": [["name": "main", "image": "host", "command": ["sh", "-c", "while true; do echo '<img src=x onerror=alert(1)>'; sleep 0.2; done"]]],
                    ],
                ],
            ],
        ]
        #expect(
            try Curl.send("POST", "\(server.address)/api/v1/namespaces/default/replicationcontrollers", type: "application/json", body: controller.bytes)
                .status == 201)
        try await Task.sleep(for: .seconds(6))
        let outcome = try PosixProgramRunner.runBlocking(
            "chromium",
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=\(folder.path)/browser", "--enable-logging=stderr",
                "--window-size=1200,1600", "--virtual-time-budget=4000", "--dump-dom", server.address + "/",
            ], environment: Chromium.environment, timeout: .seconds(60))
        let page = String(decoding: outcome.output, as: UTF8.self)
        let errors = String(decoding: outcome.errors, as: UTF8.self)
        #expect(page.contains("data-ready=\"true\""), "\(errors.suffix(1500))")
        #expect(page.contains("up to date at"))
        #expect(page.contains(">hostile</td>"))
        #expect(page.contains("Ready</td>"))
        #expect(page.contains("&lt;img src=x onerror"), "log lines are shown as text")
        #expect(page.contains("data-series=\""), "the graph was drawn")
        #expect(!errors.contains("Uncaught") && !errors.contains("Refused to"), "\(errors.suffix(1500))")
        #expect(await server.stop() == 0)
    }
}
