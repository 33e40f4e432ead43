import Bytes
import Environment
import Posix
import Telemetry
import Testing
import Wire

@Suite(
    "A full disk", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"),
    .enabled(if: EnvironmentVariables.isRoot, "a small volume of its own needs root"))
struct FullDiskTests {
    /// A volume of 96 MB that is gone when the test is over.
    private final class SmallVolume {
        let path: String

        init(_ folder: String) throws {
            path = folder + "/volume"
            try PosixFileSystem().createDirectory(path)
            try Self.run("mount", ["-t", "tmpfs", "-o", "size=96m", "tmpfs", path])
        }

        deinit { _ = try? Self.run("umount", ["-l", path]) }

        /// Leaves so many MB free; none is left when 0.
        func fill(leaving megabytes: Int) throws {
            let free = try Int(Self.run("sh", ["-c", "df --output=avail -k \(path) | tail -n 1"]).filter { $0.isNumber }) ?? 0
            let kilobytes = max(0, free - megabytes << 10)
            _ = try PosixProgramRunner.runBlocking(
                "dd", ["if=/dev/zero", "of=\(path)/filler", "bs=1k", "oflag=append", "conv=notrunc", "count=\(kilobytes + (megabytes == 0 ? 1000 : 0))"],
                environment: ["PATH": "/usr/bin:/bin"])
        }

        func empty() throws { try Self.run("rm", ["-f", path + "/filler"]) }

        @discardableResult
        private static func run(_ program: String, _ arguments: [String]) throws -> String {
            let outcome = try PosixProgramRunner.runBlocking(program, arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
            guard outcome.code == 0 else { throw ServerFailed("\(program): \(String(decoding: outcome.errors, as: UTF8.self))") }
            return String(decoding: outcome.output, as: UTF8.self)
        }
    }

    private func sample(_ number: Int, to server: RunningServer) throws -> Curl.Answer {
        var batch = SampleWriteBatch()
        batch.addSample(
            series: batch.addSeries(Labels([(name: "__name__", value: "written")])), time: (1_790_000_000 + Int64(number)) * 1000, value: Double(number))
        return try Curl.send(
            "POST", "\(server.address)/api/v1/write", type: "application/x-protobuf", body: RemoteWriteEncoder.encodeCompressed(batch, version: .v1))
    }

    private func line(_ number: Int, to server: RunningServer) throws -> Curl.Answer {
        let push: JSONValue = [
            "streams": [["stream": ["app": "written"], "values": [[.string("\(1_790_000_000 + number)000000000"), .string("line \(number)")]]]]
        ]
        return try Curl.send("POST", "\(server.address)/loki/api/v1/push", type: "application/json", body: push.bytes)
    }

    private func object(_ number: Int, to server: RunningServer) throws -> Curl.Answer {
        let object: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string("written-\(number)")]]
        return try Curl.send("POST", "\(server.address)/api/v1/namespaces/default/configmaps", type: "application/json", body: object.bytes)
    }

    private func wait(_ condition: () throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if try condition() { return true }
            try await Task.sleep(for: .milliseconds(300))
        }
        return false
    }

    @Test("makes the stores read-only with a clear message; reading goes on, a restart succeeds, and writing recovers by itself")
    func full() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let volume = try SmallVolume(folder.path)
        let config = folder.path + "/skysail.yaml"
        try PosixFileSystem().replaceContents(config, with: Array("metrics: {reserve: 16MiB}\nlogs: {reserve: 16MiB}\n".utf8))
        let arguments = ["server", "--config", config, "--retention-metrics", "0", "--retention-logs", "0"]
        var server = try await RunningServer(arguments, folder: volume.path, port: 23171)
        #expect(try sample(1, to: server).status == 204)
        #expect(try line(1, to: server).status == 204)
        #expect(try object(1, to: server).status == 201)

        try volume.fill(leaving: 8)
        #expect(try await wait { try sample(2, to: server).status >= 500 }, "samples are refused below the reserve")
        #expect(try await wait { try line(2, to: server).status >= 500 }, "lines are refused below the reserve")
        for answer in [try sample(3, to: server), try line(3, to: server)] {
            #expect(answer.status == 503 && answer.text.contains("free"), "\(answer.status) \(answer.text)")
        }
        #expect(try object(2, to: server).status == 201, "the reserve is kept for objects")

        // Now not a byte is left.
        try volume.fill(leaving: 0)
        var refused: Curl.Answer?
        #expect(
            try await wait {
                let answer = try object(Int.random(in: 100..<1_000_000_000), to: server)
                if answer.status >= 500 { refused = answer }
                return refused != nil
            })
        #expect(refused.map { $0.json["kind"]?.stringValue == "Status" && $0.text.contains("no space left") } == true, "\(refused?.text ?? "")")
        #expect(try Curl.get("\(server.address)/api/v1/query", parameters: [("query", "min_over_time(written[1h])"), ("time", "1790000010")]).text.contains("\"1\""))
        #expect(try Curl.get("\(server.address)/api/v1/namespaces/default/configmaps/written-1").status == 200)

        // A kill and a restart in this state need no help.
        await server.kill()
        server = try await RunningServer(arguments, folder: volume.path, port: 23171)
        #expect(try Curl.get("\(server.address)/api/v1/namespaces/default/configmaps/written-2").status == 200)

        try volume.empty()
        #expect(try await wait { try sample(4, to: server).status == 204 }, "samples are taken again")
        #expect(try await wait { try line(4, to: server).status == 204 }, "lines are taken again")
        #expect(try await wait { try object(4, to: server).status == 201 }, "objects are taken again")
        let lines = try Curl.get(
            "\(server.address)/loki/api/v1/query_range",
            parameters: [("query", #"{app="written"}"#), ("start", "1789999999000000000"), ("end", "1790001000000000000")]
        ).text
        #expect(lines.contains("line 1\"") && lines.contains("line 4\""), "\(lines)")
        #expect(await server.stop() == 0)
    }
}
