import Bytes
import ClusterAPI
import QueryLanguage
import Reconciliation
import Telemetry
import Testing

@testable import Autoscaler

/// One controller with autoscalers over it, evaluated round by round.
struct AutoscalerRounds {
    var core = AutoscalerCore()
    var now = Timestamp(seconds: 1_700_000_000)
    private var revision: UInt64 = 0

    init(histories: [ScalerID: ScalingHistory] = [:]) {
        core = AutoscalerCore(histories: histories)
        for watch in AutoscalerCore.watches { core.observe(.synced(watch.resource)) }
    }

    mutating func put<Object: ClusterObject>(_ object: Object) {
        revision += 1
        var stored = object
        stored.metadata.namespace = "shop"
        stored.metadata.uid = object.metadata.name
        stored.metadata.resourceVersion = "\(revision)"
        let snapshot = ObjectSnapshot(key: stored.key, uid: stored.metadata.uid, revision: revision, bytes: stored.jsonBytes)
        core.observe(.objects(Object.resource, [.modified(snapshot)]))
    }

    mutating func putController(replicas: Int) {
        put(
            ReplicationController {
                $0.metadata.name = "web"
                $0.spec.replicas = replicas
                $0.spec.selector = ["app": "web"]
                $0.status.replicas = replicas
            })
    }

    /// A round in which the query `name` answers so; what is not given is not answered.
    mutating func round(_ values: [String: Double], age: Int = 0, isPartial: Bool = false) -> [AutoscalerCore.Outcome] {
        now = now + .seconds(15)
        var answers: AutoscalerCore.Answers = [:]
        for (text, value) in values {
            let time = (now - .seconds(age)).milliseconds
            let element = VectorElement(labels: .empty, time: time, value: value, newestInput: time)
            answers[SignalQuery(.promql, text)] = .success(Evaluation(value: .vector([element]), isPartial: isPartial))
        }
        return core.decide(answers, now: now)
    }

    /// A policy over signals whose queries are their names, each wanting 10 per pod.
    static func policy(_ signals: [String] = ["load"], _ fill: (inout AutoscalingPolicy) -> Void = { _ in }) -> AutoscalingPolicy {
        var policy = AutoscalingPolicy {
            $0.metadata.name = "web-policy"
            $0.spec.scaleTargetRef.kind = "ReplicationController"
            $0.spec.scaleTargetRef.name = "web"
            $0.spec.minReplicas = 1
            $0.spec.maxReplicas = 20
            $0.spec.behavior = HorizontalPodAutoscalerBehavior { $0.scaleDown = HPAScalingRules { $0.stabilizationWindowSeconds = 0 } }
            $0.spec.signals = signals.map { name in
                PolicySignal {
                    $0.name = name
                    $0.promql = name
                    $0.target.averageValue = Quantity(milli: 10_000)
                }
            }
        }
        fill(&policy)
        return policy
    }
}

@Suite("Autoscaler, round by round")
struct AutoscalerCoreTests {
    private func rounds(_ policy: AutoscalingPolicy, replicas: Int = 4) -> AutoscalerRounds {
        var rounds = AutoscalerRounds()
        rounds.putController(replicas: replicas)
        rounds.put(policy)
        return rounds
    }

    private func last(_ outcomes: [AutoscalerCore.Outcome]) throws -> Decision { try #require(outcomes.last).record.decision }

    /// A rolling update half-way: 3 old pods, 2 new ones, 4 wanted.
    private func updating(autoscaled name: String) -> AutoscalerRounds {
        var rounds = AutoscalerRounds()
        func controller(_ version: String, _ replicas: Int, _ annotations: [String: String]) -> ReplicationController {
            ReplicationController {
                $0.metadata.name = "web-\(version)"
                $0.metadata.annotations = annotations
                $0.spec.replicas = replicas
                $0.spec.selector = ["app": "web", "version": version]
                $0.status.replicas = replicas
            }
        }
        rounds.put(controller("v1", 3, [RollingUpdate.targetAnnotation: "web-v2"]))
        rounds.put(controller("v2", 2, RollingUpdate(source: "web-v1", sourceUID: "web-v1", replicas: 4).annotations))
        rounds.put(AutoscalerRounds.policy { $0.spec.scaleTargetRef.name = name })
        return rounds
    }

    @Test("of a rolling update both controllers are one target, whichever the autoscaler names", arguments: ["web-v1", "web-v2"])
    func rollingUpdate(_ name: String) throws {
        var rounds = updating(autoscaled: name)
        let decision = try last(rounds.round(["load": 40]))
        #expect(decision.current == 4 && decision.desired == 4)
        let outcomes = rounds.round(["load": 75])
        let outcome = try #require(outcomes.last)
        #expect(outcome.record.decision.desired == 8)
        let request = try #require(outcome.scale)
        #expect(request.name == "web-v2" && request.subresource.isEmpty)
        let patch = try JSONValue.parse(request.body)
        #expect(patch.value(at: "metadata", "annotations", RollingUpdate.replicasAnnotation) == "8")
    }

    @Test("autoscalers of the two controllers of a rolling update are two of one target")
    func twoOfOneUpdate() throws {
        var rounds = updating(autoscaled: "web-v1")
        rounds.put(
            AutoscalerRounds.policy {
                $0.metadata.name = "second"
                $0.spec.scaleTargetRef.name = "web-v2"
            })
        for outcome in rounds.round(["load": 75]) { #expect(outcome.scale == nil) }
    }

    /// The first round counts the found size as a recommendation of the same moment, which a window of zero no longer holds.
    @Test("load moves the count both ways")
    func moves() throws {
        var rounds = rounds(AutoscalerRounds.policy())
        let up = rounds.round(["load": 55])
        #expect(try last(up).desired == 6)
        let scale = try #require(up[0].scale)
        #expect(scale.subresource == "scale" && scale.name == "web" && scale.namespace == "shop")
        #expect(String(decoding: scale.body, as: UTF8.self) == #"{"metadata":{"resourceVersion":"1"},"spec":{"replicas":6}}"#)
        #expect(up[0].event?.reason == "SuccessfulRescale")
        rounds.putController(replicas: 6)
        #expect(try last(rounds.round(["load": 20])).desired == 2)
    }

    @Test("minimum and maximum hold", arguments: [(1000.0, 20), (1.0, 3)])
    func limits(load: Double, expected: Int) throws {
        var rounds = rounds(AutoscalerRounds.policy { $0.spec.minReplicas = 3 }, replicas: 12)
        #expect(try last(rounds.round(["load": load])).desired == expected)
    }

    @Test("missing, stale and partial data never shrink")
    func neverShrinks() throws {
        var rounds = rounds(AutoscalerRounds.policy())
        #expect(try last(rounds.round([:])).desired == 4)
        let stale = try last(rounds.round(["load": 10], age: 300))
        #expect(stale.desired == 4 && stale.proposals[0].reading.state == .stale)
        let partial = try last(rounds.round(["load": 10], isPartial: true))
        #expect(partial.desired == 4 && partial.proposals[0].reading.state == .partial)
        // What is there may still ask for more.
        #expect(try last(rounds.round(["load": 70], isPartial: true)).desired == 7)
    }

    @Test("a formula that does not name the missing signal does not shrink either")
    func formulaWithMissing() throws {
        let policy = AutoscalerRounds.policy(["load", "queue"]) {
            $0.spec.combine = SignalCombination {
                $0.type = "Formula"
                $0.formula = "load / 2"
            }
        }
        var rounds = rounds(policy)
        #expect(try last(rounds.round(["load": 40])).desired == 4)
        #expect(try last(rounds.round(["load": 40, "queue": 10])).desired == 2)
    }

    @Test("the last value stands in for its time, then the count is held")
    func lastValue() throws {
        let policy = AutoscalerRounds.policy {
            $0.spec.signals[0].missing = MissingSignalPolicy {
                $0.policy = "LastValue"
                $0.forSeconds = 30
            }
        }
        var rounds = rounds(policy)
        #expect(try last(rounds.round(["load": 60])).desired == 6)
        let held = try last(rounds.round([:]))
        #expect(held.desired == 6 && held.proposals[0].reading.state == .held)
        #expect(try last(rounds.round([:])).desired == 6)
        let over = try last(rounds.round([:]))
        #expect(over.desired == 4 && over.condition("ScalingActive")?.isTrue == false)
    }

    @Test("the fallback is taken after its time")
    func fallback() throws {
        let policy = AutoscalerRounds.policy {
            $0.spec.signals[0].missing = MissingSignalPolicy {
                $0.policy = "Fallback"
                $0.forSeconds = 30
                $0.replicas = 8
            }
        }
        var rounds = rounds(policy)
        #expect(try last(rounds.round([:])).desired == 4)
        #expect(try last(rounds.round([:])).desired == 4)
        #expect(try last(rounds.round([:])).desired == 8)
    }

    @Test("two autoscalers of one target write nothing, a recommending one does not count")
    func ambiguity() throws {
        var rounds = rounds(AutoscalerRounds.policy())
        var other = AutoscalerRounds.policy { $0.metadata.name = "web-second" }
        rounds.put(other)
        let both = rounds.round(["load": 80])
        #expect(both.count == 2 && both.allSatisfy { $0.scale == nil && $0.record.reason == "AmbiguousSelector" })
        other.spec.mode = "Recommend"
        rounds.put(other)
        let one = rounds.round(["load": 80])
        #expect(one.map { $0.scale != nil } == [true, false])
        #expect(one.map(\.record.decision.desired) == [8, 8])
        #expect(one[1].record.sentence.hasPrefix("web-second would go from 4 to 8: load gives "))
    }

    @Test("autoscalers of different targets whose selectors pick the same pod both stop, and say so once")
    func overlappingSelectors() throws {
        var rounds = rounds(AutoscalerRounds.policy())
        rounds.put(
            ReplicationController {
                $0.metadata.name = "other"
                $0.spec.replicas = 4
                $0.spec.selector = ["tier": "front"]
            })
        rounds.put(
            AutoscalerRounds.policy {
                $0.metadata.name = "other-policy"
                $0.spec.scaleTargetRef.name = "other"
            })
        #expect(rounds.round(["load": 80]).allSatisfy { $0.record.reason != "AmbiguousSelector" })
        rounds.put(
            Pod {
                $0.metadata.name = "web-1"
                $0.metadata.labels = ["app": "web", "tier": "front"]
            })
        let both = rounds.round(["load": 80])
        #expect(both.allSatisfy { $0.scale == nil && $0.record.reason == "AmbiguousSelector" })
        #expect(
            both[1].warnings.map(\.message) == ["pods by selector app=web are controlled by multiple HPAs: [shop/other-policy shop/web-policy]"])
        #expect(rounds.round(["load": 80]).allSatisfy { $0.warnings.isEmpty })
    }

    @Test("nothing is told when nothing changes")
    func quiet() throws {
        var rounds = rounds(AutoscalerRounds.policy())
        let outcome = try #require(rounds.round(["load": 40]).first)
        #expect(outcome.scale == nil && outcome.event == nil && outcome.warnings.isEmpty)
    }

    @Test("a metric without data is told as Kubernetes tells it")
    func failedMetric() throws {
        var rounds = AutoscalerRounds()
        rounds.putController(replicas: 4)
        rounds.put(
            HorizontalPodAutoscaler {
                $0.metadata.name = "web"
                $0.spec.scaleTargetRef.kind = "ReplicationController"
                $0.spec.scaleTargetRef.name = "web"
                $0.spec.maxReplicas = 5
            })
        let outcome = try #require(rounds.round([:]).first)
        #expect(outcome.warnings.map(\.reason) == ["FailedGetResourceMetric", "FailedComputeMetricsReplicas"])
        let status = try HorizontalPodAutoscaler(json: #require(outcome.status).body).status
        let active = try #require(status.conditions.first { $0.type == "ScalingActive" })
        #expect(active.status == "False" && active.reason == "FailedGetResourceMetric")
        #expect(active.message?.hasPrefix("the HPA was unable to compute the replica count: failed to get cpu utilization: ") == true)
        #expect(status.currentReplicas == 4)
        let last = status.conditions.first { $0.type == "LastDecision" }
        #expect(last?.reason == "FailedGetResourceMetric" && last?.message?.hasPrefix("web stays at 4: ") == true)
    }

    @Test("only a target that the autoscaler itself brought to zero is brought back", arguments: [true, false])
    func fromZero(byItself: Bool) throws {
        let policy = AutoscalerRounds.policy { $0.spec.minReplicas = 0 }
        var rounds = rounds(policy)
        #expect(try last(rounds.round(["load": 40])).desired == 4)
        if byItself { #expect(try last(rounds.round(["load": 0])).desired == 0) } else { #expect(try last(rounds.round(["load": 21])).desired == 3) }
        rounds.putController(replicas: 0)
        let woken = try last(rounds.round(["load": 25]))
        #expect(woken.desired == (byItself ? 3 : 0))
        #expect(woken.condition("ScalingActive")?.reason == (byItself ? "ValidMetricFound" : "ScalingDisabled"))
        // Whoever switches it off by hand afterwards is obeyed.
        rounds.putController(replicas: 3)
        _ = rounds.round(["load": 25])
        rounds.putController(replicas: 0)
        #expect(try last(rounds.round(["load": 25])).desired == 0)
    }

    @Test("a clock set back changes nothing until time has passed what was measured before")
    func clockSetBack() throws {
        var rounds = rounds(AutoscalerRounds.policy())
        #expect(try last(rounds.round(["load": 40])).desired == 4)
        rounds.now = rounds.now - .seconds(120)
        let held = try last(rounds.round(["load": 90]))
        #expect(held.desired == 4 && held.condition("ScalingActive")?.reason == "ClockSetBack")
        #expect(try last(rounds.round(["load": 10])).desired == 4)
        for _ in 0..<12 { _ = rounds.round(["load": 40]) }
        #expect(try last(rounds.round(["load": 70])).desired == 7)
    }

    @Test("schedules raise the floor and lower the ceiling in their time zone")
    func schedules() throws {
        // The rounds begin at 22:13:20 UTC on a Tuesday, which is 23:13 in Central Europe.
        func policy(_ start: String, zone: String?, minimum: Int? = nil, maximum: Int? = nil) -> AutoscalingPolicy {
            AutoscalerRounds.policy {
                $0.spec.schedules = [
                    ReplicaSchedule {
                        $0.name = "night"
                        $0.start = start
                        $0.durationSeconds = 3600
                        $0.timeZone = zone
                        $0.minReplicas = minimum
                        $0.maxReplicas = maximum
                    }
                ]
            }
        }
        let cases: [(AutoscalingPolicy, Double, Int)] = [
            (policy("0 22 * * *", zone: nil, minimum: 7), 10, 7), (policy("0 23 * * tue", zone: "CET", minimum: 7), 10, 7),
            (policy("0 23 * * *", zone: "UTC", minimum: 7), 10, 1), (policy("0 22 * * *", zone: nil, maximum: 2), 90, 2),
            (policy("0 22 * * *", zone: nil, minimum: 50), 10, 20), (policy("0 22 * * *", zone: "Moon/Crater", minimum: 7), 10, 4),
            (policy("soon", zone: nil, minimum: 7), 10, 4),
        ]
        for (policy, load, expected) in cases {
            var rounds = rounds(policy)
            rounds.core = AutoscalerCore(zones: { name in
                name == "UTC" ? .utc : name == "CET" ? TimeZoneRules(posix: "CET-1CEST,M3.5.0,M10.5.0/3") : nil
            })
            for watch in AutoscalerCore.watches { rounds.core.observe(.synced(watch.resource)) }
            rounds.putController(replicas: 4)
            rounds.put(policy)
            let decision = try last(rounds.round(["load": load]))
            #expect(decision.desired == expected, "\(policy.spec.schedules[0])")
        }
    }

    @Test("a missing target is told and keeps what was known of it")
    func missingTarget() throws {
        var rounds = AutoscalerRounds()
        rounds.put(AutoscalerRounds.policy { $0.status.desiredReplicas = 7 })
        let outcome = try #require(rounds.round(["load": 80]).first)
        #expect(outcome.scale == nil && outcome.record.reason == "FailedGetScale")
        let status = try AutoscalingPolicy(json: #require(outcome.status).body).status
        #expect(status.desiredReplicas == 7)
    }

    @Test("a paused direction is not taken", arguments: [(true, 80.0), (false, 10.0)])
    func paused(isUp: Bool, load: Double) throws {
        let policy = AutoscalerRounds.policy { $0.spec.paused = ScalingPause { if isUp { $0.up = true } else { $0.down = true } } }
        var rounds = rounds(policy)
        let outcome = try #require(rounds.round(["load": load]).first)
        #expect(outcome.scale == nil && outcome.record.decision.limits.last?.hasPrefix("paused: ") == true)
    }

    @Test("a status is written only when something in it changed")
    func statusOnChange() throws {
        var rounds = rounds(AutoscalerRounds.policy())
        let first = try #require(rounds.round(["load": 40]).first)
        var stored = AutoscalerRounds.policy()
        stored.status = try AutoscalingPolicy(json: #require(first.status).body).status
        rounds.put(stored)
        #expect(rounds.round(["load": 40]).first?.status == nil)
        #expect(rounds.round(["load": 90]).first?.status != nil)
    }

    @Test("histories rebuilt from records decide as an uninterrupted run", arguments: ["Auto", "Recommend"])
    func rebuilt(mode: String) throws {
        let policy = AutoscalerRounds.policy(["load", "queue"]) {
            $0.spec.mode = mode
            $0.spec.behavior = HorizontalPodAutoscalerBehavior { $0.scaleDown = HPAScalingRules { $0.stabilizationWindowSeconds = 60 } }
            $0.spec.combine = SignalCombination {
                $0.type = "Formula"
                $0.formula = "min(load, queue)"
            }
        }
        let loads = [40.0, 70, 60, 30, 20, 20, 20, 20, 20, 90, 20, 20]
        var whole = rounds(policy)
        var (size, lines) = (4, [[UInt8]]())
        for (index, load) in loads.enumerated() {
            var restarted = AutoscalerRounds(histories: ScalingHistory.rebuild(from: lines))
            restarted.now = whole.now
            restarted.putController(replicas: size)
            restarted.put(policy)
            let values = ["load": load, "queue": load + 50]
            let (kept, again) = (whole.round(values), restarted.round(values))
            #expect(try last(kept).desired == last(again).desired, "round \(index)")
            lines.append(try #require(kept.first).record.json.bytes)
            if mode == "Auto" { size = try last(kept).desired }
            whole.putController(replicas: size)
        }
        #expect(mode == "Recommend" || size != 4)
    }

    @Test("a record tells inputs, formula and limits in JSON and in a sentence")
    func record() throws {
        var rounds = rounds(AutoscalerRounds.policy { $0.spec.maxReplicas = 5 })
        let record = try #require(rounds.round(["load": 80]).first).record
        let json = try JSONValue.parse(record.json.bytes)
        #expect(json["kind"]?.stringValue == "AutoscalingPolicy" && json["target"]?.stringValue == "ReplicationController/web")
        #expect(json["from"]?.intValue == 4 && json["to"]?.intValue == 5 && json["recommended"]?.intValue == 8)
        #expect(json["mode"]?.stringValue == "Auto" && json["reason"]?.stringValue == "ScaledUp")
        #expect(json["signals"]?[0]?["target"]?.stringValue == "10 per pod")
        #expect(json["signals"]?[0]?["state"]?.stringValue == "Fresh")
        #expect(json["limits"]?.arrayValue?.count == 1)
        #expect(record.sentence.hasPrefix("web-policy goes from 4 to 5: load gives 80 / (10 × 4) = 2.000; ceil(80 / 10) = 8; "))
    }
}
