import Bytes
import Environment
import Posix
import Testing

@Suite(
    "The tour happens", .enabled(if: Binary.missing == nil, "\(Binary.missing ?? "")"),
    .enabled(if: EnvironmentVariables.isRoot, "containers as processes in cgroups of their own need root"))
struct TourTests {
    private struct Sight {
        var web: Int
        var worker: Int
        var firing: Set<String>
    }

    private func look(_ server: RunningServer) throws -> Sight {
        func replicas(_ name: String) throws -> Int {
            try Curl.get("\(server.address)/api/v1/namespaces/default/replicationcontrollers/\(name)").json["status"]?["readyReplicas"]?.intValue ?? 0
        }
        let alerts = try Curl.get("\(server.address)/api/v1/alerts").json["data"]?["alerts"]?.arrayValue ?? []
        let firing = alerts.filter { $0["state"]?.stringValue == "firing" }.compactMap { $0["labels"]?["alertname"]?.stringValue }
        return Sight(web: try replicas("web"), worker: try replicas("worker"), firing: Set(firing))
    }

    private func number(_ server: RunningServer, _ query: String) throws -> Double? {
        let answer = try Curl.get("\(server.address)/api/v1/query", parameters: [("query", query)]).json
        return answer["data"]?["result"]?[0]?["value"]?[1]?.stringValue.flatMap { Double($0) }
    }

    /// Looks every second until the condition holds; nil when the patience ends first.
    private func wait(_ patience: Duration, until condition: () throws -> Bool) async throws -> Duration? {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < patience {
            if try condition() { return ContinuousClock.now - start }
            try await Task.sleep(for: .seconds(1))
        }
        return nil
    }

    @Test("load rises, web and worker grow, alerts fire; load falls, they shrink after their windows, alerts resolve; nothing stays behind")
    func wave() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let server = try await RunningServer(
            ["up", "--interval", "1s", "--tour", ProjectRoot.path + "/examples/tour"], folder: folder.path, port: 23111)

        #expect(try await wait(.seconds(40)) { let sight = try look(server); return sight.web == 1 && sight.worker == 1 } != nil, "the first pods run")

        // High tide comes 20 s after the load pod's start: the metric crosses its target of 60 % of 100m.
        let crossing = try await wait(.seconds(90)) {
            (try number(server, #"sum(rate(container_cpu_usage_seconds_total{container="web"}[30s])) / 0.1"#) ?? 0) > 0.66
        }
        #expect(crossing != nil, "the load reaches web")
        let growth = try await wait(.seconds(60)) {
            (try Curl.get("\(server.address)/api/v1/namespaces/default/replicationcontrollers/web").json["spec"]?["replicas"]?.intValue ?? 0) > 1
        }
        // The promise: 15 s from the crossing to a larger replica count. Each look may come a second late.
        #expect(growth.map { $0 <= .seconds(16) } == true, "web grows within 15 s of the crossing; it took \(growth.map { "\($0)" } ?? "more than a minute")")

        var seen = Sight(web: 0, worker: 0, firing: [])
        let high = try await wait(.seconds(90)) {
            let sight = try look(server)
            seen = Sight(web: max(seen.web, sight.web), worker: max(seen.worker, sight.worker), firing: seen.firing.union(sight.firing))
            return seen.web >= 2 && seen.worker >= 2 && seen.firing == ["WebIsBusy", "WebIsSlow"]
        }
        #expect(high != nil, "at high tide web and worker have grown and both alerts fire; seen: \(seen)")
        // New pods share the traffic: more than one pod logs requests.
        let sharing = try await wait(.seconds(30)) {
            let answer = try Curl.get(
                "\(server.address)/loki/api/v1/query", parameters: [("query", #"count(sum by (pod) (count_over_time({app="web"} |= "path=/ " [1m])))"#)])
            return (answer.json["data"]?["result"]?[0]?["value"]?[1]?.stringValue.flatMap { Double($0) } ?? 0) >= 2
        }
        #expect(sharing != nil, "more than one pod serves requests")

        let low = try await wait(.seconds(180)) {
            let sight = try look(server)
            return sight.web == 1 && sight.worker == 1 && sight.firing.isEmpty
        }
        let last = try look(server)
        #expect(low != nil, "after the tide web and worker shrink and the alerts resolve; now: \(last)")

        let explained = try PosixProgramRunner.runBlocking(
            Binary.path, ["explain", "autoscaler", "web", "--changes", "--server", server.address], environment: [:])
        let text = String(decoding: explained.output, as: UTF8.self)
        #expect(explained.code == 0 && text.contains("ScaledUp") && text.contains("ScaledDown"), "\(text)")

        #expect(await server.stop() == 0)
        #expect(try Leftovers.found() == [], "no process, cgroup or mount stays behind")
    }
}

/// What a stopped server must not leave.
enum Leftovers {
    static func found() throws -> [String] {
        let script = """
            for d in /sys/fs/cgroup/*/skysail; do [ -d "$d" ] && echo "cgroup $d"; done
            pgrep -f 'skysail (demo|shim) ' | sed 's/^/process /'
            grep skysail-e2e /proc/mounts
            true
            """
        let outcome = try PosixProgramRunner.runBlocking("sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"])
        return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
