import Bytes
import ClusterAPI
import Environment
import OrderedCollections
import QueryLanguage
import Synchronization
import Telemetry
import Testing

@testable import Rules

@Suite("The rules at work")
struct RulesRunnerTests {
    /// A runner over doubles of everything but its own parts.
    final class World: Sendable {
        let clock = ManualClock(now: Rig.start)
        let samples = RecordingAppender()
        let client: RuleGroupClient
        let fetcher: RecordingFetcher
        let files: MemoryFileSystem
        let runner: RulesRunner

        init(
            _ groups: [RuleGroup], holding: Set<String> = [], statuses: [Int] = [200], files: MemoryFileSystem = MemoryFileSystem(),
            now: Timestamp = Rig.start
        ) throws {
            clock.jump(to: now)
            client = RuleGroupClient(groups)
            fetcher = RecordingFetcher(statuses)
            self.files = files
            let held = Shared(holding)
            self.held = held
            let answer: @Sendable (String) -> Result<Evaluation, QueryError> = { text in
                held.set.withLock { $0.contains(text) } ? .success(.of(["a"], value: 2.5)) : .success(.of([]))
            }
            runner = try RulesRunner(
                client: client, promQL: ScriptedEvaluator(language: "PromQL", answer: answer),
                logQL: ScriptedEvaluator(language: "LogQL", answer: answer), samples: samples, pool: SerialWorkPool(), clock: clock,
                fileSystem: files, directory: "/data/rules", fetcher: fetcher)
        }

        final class Shared: Sendable {
            let set: Mutex<Set<String>>
            init(_ set: Set<String>) { self.set = Mutex(set) }
        }

        let held: Shared

        func hold(_ expressions: Set<String>) { held.set.withLock { $0 = expressions } }

        /// Lets time pass in small steps until the condition holds; bounded, so that a failure ends.
        func advance(until condition: () async -> Bool) async -> Bool {
            for _ in 0..<4000 {
                if await condition() { return true }
                clock.advance(by: .milliseconds(250))
                for _ in 0..<20 { await Task.yield() }
            }
            return false
        }

        func run(_ body: @Sendable (World) async throws -> Void) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.runner.run() }
                try await body(self)
                group.cancelAll()
            }
        }

        func alerts() async -> [JSONValue] { (try? JSONValue.parse(await runner.alertsJSON()))?["alerts"]?.arrayValue ?? [] }
        func rules() async -> [JSONValue] { (try? JSONValue.parse(await runner.rulesJSON()))?["groups"]?[0]?["rules"]?.arrayValue ?? [] }
    }

    static func group(for hold: String? = nil, promQL: String = "cpu > 1", logQL: String = "sum(x) > 5") -> RuleGroup {
        RuleGroup {
            $0.metadata.name = "tour"
            $0.metadata.namespace = "default"
            $0.metadata.generation = 1
            $0.metadata.resourceVersion = "4"
            $0.spec.interval = "5s"
            var busy = RuleDefinition()
            (busy.alert, busy.expr, busy.language, busy.for) = ("WebIsBusy", promQL, "promql", hold)
            busy.annotations = ["summary": "{{ $labels.name }} uses {{ $value | printf \"%.2f\" }}"]
            var slow = RuleDefinition()
            (slow.alert, slow.expr, slow.language) = ("WebIsSlow", logQL, "logql")
            $0.spec.rules = [busy, slow]
            var receiver = AlertReceiver()
            receiver.name = "hook"
            var webhook = WebhookReceiver()
            webhook.url = "http://127.0.0.1:1/"
            receiver.webhook = webhook
            $0.spec.receivers = [receiver]
        }
    }

    @Test("a group over both languages fires, tells, and resolves", .timeLimit(.minutes(1)))
    func bothLanguages() async throws {
        let world = try World([Self.group(for: "10s")], holding: ["cpu > 1", "sum(x) > 5"], statuses: [0, 503, 200])
        try await world.run { world in
            #expect(await world.advance { await world.alerts().count { $0["state"] == "firing" } == 2 })
            let alert = await world.alerts().first { $0["labels"]?["alertname"] == "WebIsBusy" }
            #expect(alert?["annotations"]?["summary"]?.stringValue == "a uses 2.50")
            #expect(alert?["value"]?.stringValue == "2.5e+00")
            #expect(await world.advance { world.fetcher.bodies.withLock { $0.count } == 2 })
            #expect(await world.rules().map { $0["health"]?.stringValue } == ["ok", "ok"])
            #expect(await world.rules().map { $0["state"]?.stringValue } == ["firing", "firing"])
            world.hold([])
            #expect(await world.advance { world.fetcher.bodies.withLock { $0.count } == 4 })
            let last = world.fetcher.bodies.withLock { $0.suffix(2) }
            #expect(last.allSatisfy { $0["status"] == "resolved" })
            #expect(await world.alerts().isEmpty)
            let states = world.client.patches.withLock { $0.compactMap { $0["status"]?["rules"]?[0]?["state"]?.stringValue } }
            #expect(states.contains("pending") && states.contains("firing") && states.last == "inactive")
        }
        #expect(world.samples.written.withLock { $0.contains { $0.labels["alertstate"] == "firing" && $0.value == 1 } })
    }

    @Test("a firing alert stays firing over a restart and is not told twice", .timeLimit(.minutes(1)))
    func restart() async throws {
        let files = MemoryFileSystem()
        let first = try World([Self.group()], holding: ["cpu > 1"], files: files)
        try await first.run { world in
            #expect(await world.advance { world.fetcher.bodies.withLock { $0.count } == 1 && world.runner.log.snapshot.queued.isEmpty })
        }
        let since = await first.alerts().first?["activeAt"]
        let second = try World([Self.group()], holding: ["cpu > 1"], files: files, now: first.clock.now())
        try await second.run { world in
            #expect(await world.advance { await world.rules().first?["health"] == "ok" })
            #expect(await world.alerts().map { $0["state"]?.stringValue } == ["firing"])
            #expect(await world.alerts().first?["activeAt"] == since)
            world.hold([])
            #expect(await world.advance { world.fetcher.bodies.withLock { !$0.isEmpty } })
            #expect(world.fetcher.bodies.withLock { $0.map { $0["status"]?.stringValue } } == ["resolved"])
        }
    }

    @Test("an expression that does not parse is said in the status, and the rules before it go on", .timeLimit(.minutes(1)))
    func invalid() async throws {
        let world = try World([Self.group(promQL: "! nonsense")])
        try await world.run { world in
            #expect(await world.advance { world.client.patches.withLock { !$0.isEmpty } })
            let condition = world.client.patches.withLock { $0[0]["status"]?["conditions"]?[0] }
            #expect(condition?["reason"] == "InvalidRules" && condition?["status"] == "False")
            #expect(condition?["message"]?.stringValue == "rules[0].expr: could not parse expression: unexpected character: '!'")
        }
    }

    @Test("a group that is deleted resolves what fires and ends its series", .timeLimit(.minutes(1)))
    func deletion() async throws {
        let world = try World([Self.group()], holding: ["cpu > 1"])
        try await world.run { world in
            #expect(await world.advance { world.fetcher.bodies.withLock { $0.count } == 1 })
            let gone = ObjectSnapshot(
                key: ObjectKey(RuleGroup.self, namespace: "default", name: "tour"), uid: "", revision: 6, bytes: Self.group().jsonBytes)
            world.client.source.send([.deleted(gone)])
            #expect(await world.advance { world.fetcher.bodies.withLock { $0.count } == 2 })
            #expect(world.fetcher.bodies.withLock { $0[1]["status"] } == "resolved")
            #expect(await world.advance { world.runner.log.snapshot.groups.isEmpty })
        }
        let stale = world.samples.written.withLock { $0.filter { StalenessMarker.isStale($0.value) }.count }
        #expect(stale == 2)
    }

    @Test("a rule file that is wrong stops the start, with its places")
    func wrongFile() throws {
        let files = MemoryFileSystem()
        try files.replaceContents("/rules.yml", with: Array("groups:\n- name: a\n  rules:\n  - alert: X\n    expr: '!'\n".utf8))
        let evaluator = ScriptedEvaluator(language: "PromQL") { _ in .success(.of([])) }
        #expect {
            try RulesRunner(
                client: RuleGroupClient([]), promQL: evaluator, logQL: evaluator, samples: RecordingAppender(), pool: SerialWorkPool(),
                clock: ManualClock(now: Rig.start), fileSystem: files, directory: "/data", fetcher: RecordingFetcher(), files: ["/rules.yml"])
        } throws: {
            "\($0)" == "cannot load rules:\n/rules.yml:5:11: group \"a\", rules[0].expr: could not parse expression: unexpected character: '!'"
        }
    }
}
