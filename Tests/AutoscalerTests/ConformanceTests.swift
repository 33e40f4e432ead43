import Bytes
import ClusterAPI
import Environment
import Testing

@testable import Autoscaler

/// The published cases of the HorizontalPodAutoscaler, read from the shared conformance data.
enum HPACases {
    struct Case: CustomTestStringConvertible, Sendable {
        var id: String
        var kind: String
        var name: String
        var input: JSONValue
        var expect: JSONValue

        var testDescription: String { "\(id) \(kind): \(name)" }
    }

    static let path = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/../shared/conformance/hpa.json"

    static let all: [Case] = {
        guard let bytes = ConformanceFile.read(path), let document = try? JSONValue.parse(bytes) else { return [] }
        return (document["cases"]?.arrayValue ?? []).map { one in
            Case(
                id: one["id"]?.stringValue ?? "", kind: one["kind"]?.stringValue ?? "", name: one["name"]?.stringValue ?? "",
                input: one["input"] ?? .null, expect: one["expect"] ?? .null)
        }
    }()

    static func of(_ kind: String) -> [Case] { all.filter { $0.kind == kind } }

    static let now = Timestamp(seconds: 1_700_000_000)
    static let isAbsent: Comment = "the shared conformance data (../shared/conformance/hpa.json) is not here"
}

@Suite("HorizontalPodAutoscaler conformance", .enabled(if: !HPACases.all.isEmpty, HPACases.isAbsent))
struct ConformanceTests {
    let now = HPACases.now

    @Test("one metric gives the published proposal", arguments: HPACases.of("calc"))
    func calculation(one: HPACases.Case) {
        let input = one.input
        let result = Result { () throws(ReplicaCalculator.Failure) in try Parsing.proposal(input, now: now) }
        if one.expect["errorContains"] != nil {
            #expect(throws: ReplicaCalculator.Failure.self) { try result.get() }
            return
        }
        guard case .success(let proposal) = result else { return #expect(Bool(false), "\(result)") }
        #expect(proposal.replicas == one.expect["replicas"]?.intValue)
        if let percent = one.expect["utilizationPercent"]?.intValue { #expect(proposal.utilization == percent) }
        if let raw = one.expect["rawMilli"]?.int64Value ?? one.expect["usageMilli"]?.int64Value { #expect(proposal.usage == raw) }
    }

    @Test("pods are sorted as published", arguments: HPACases.of("groupPods"))
    func groups(one: HPACases.Case) {
        var timing = PodGroups.Timing()
        timing.cpuInitialization = .seconds(one.input["cpuInitializationSeconds"]?.intValue ?? 120)
        timing.initialReadinessDelay = .seconds(one.input["initialReadinessDelaySeconds"]?.intValue ?? 10)
        let names = (one.input["podsWithMetrics"]?.arrayValue ?? []).compactMap(\.stringValue)
        let described = one.input["pods"]?.arrayValue ?? []
        var metrics: [String: PodMetric] = [:]
        for name in names {
            let pod = described.first { $0["name"]?.stringValue == name }
            metrics[name] = Parsing.metric(pod ?? .null, value: 1, now: now)
        }
        let groups = PodGroups(
            described.map { Parsing.pod($0, now: now) }, metrics: metrics, isCPU: one.input["resource"]?.stringValue == "cpu", timing: timing, now: now)
        #expect(groups.readyCount == one.expect["ready"]?.intValue)
        #expect(groups.unready == Parsing.names(one.expect["unready"]))
        #expect(groups.missing == Parsing.names(one.expect["missing"]))
        #expect(groups.ignored == Parsing.names(one.expect["ignored"]))
    }

    @Test("without behavior a step is bounded as published", arguments: HPACases.of("clampWithoutBehavior"))
    func clampWithoutBehavior(one: HPACases.Case) {
        let input = one.input
        let (replicas, reason) = ReplicaLimits.clamp(
            desired: input.int("desiredReplicas"), current: input.int("currentReplicas"), minimum: input.int("minReplicas"),
            maximum: input.int("maxReplicas"))
        #expect(replicas == one.expect.int("replicas"))
        #expect(reason.rawValue == one.expect["reason"]?.stringValue)
    }

    @Test("policies and events bound a step as published", arguments: HPACases.of("clampWithBehavior"))
    func clampWithBehavior(one: HPACases.Case) {
        let input = one.input
        var history = ScalingHistory()
        history.upEvents = Parsing.events(input["scaleUpEvents"], now: now)
        history.downEvents = Parsing.events(input["scaleDownEvents"], now: now)
        let behavior = ScalingBehavior(
            up: Parsing.rules(input["scaleUp"], default: .defaultUp), down: Parsing.rules(input["scaleDown"], default: .defaultDown))
        let (replicas, reason) = ReplicaLimits.clamp(
            desired: input.int("desiredReplicas"), current: input.int("currentReplicas"), minimum: input.int("minReplicas"),
            maximum: input.int("maxReplicas"), behavior: behavior, history: history, now: now)
        #expect(replicas == one.expect.int("replicas"))
        #expect(reason.rawValue == one.expect["reason"]?.stringValue)
    }

    @Test("recommendations are stabilized as published", arguments: HPACases.of("stabilize"))
    func stabilize(one: HPACases.Case) {
        let input = one.input
        var history = ScalingHistory()
        history.recommendations = Parsing.recommendations(input["recommendations"], now: now)
        let replicas = history.stabilize(
            desired: input.int("desiredReplicas"), current: input.int("currentReplicas"), upSeconds: input.int("scaleUpWindowSeconds"),
            downSeconds: input.int("scaleDownWindowSeconds"), now: now)
        #expect(replicas == one.expect.int("replicas"))
        if let stored = one.expect["storedRecommendations"]?.arrayValue {
            #expect(history.recommendations.map(\.replicas) == stored.compactMap(\.intValue))
        }
    }

    @Test("changes are remembered as published", arguments: HPACases.of("storeScaleEvent"))
    func events(one: HPACases.Case) {
        var events = Parsing.events(one.input["previous"], now: now)
        #expect(ScalingHistory.change(of: events, inLast: 60, now: now) == one.expect.int("changeInLast60Seconds"))
        ScalingHistory.record(one.input.int("newChange"), in: &events, Parsing.rules(one.input["rules"], default: .defaultUp), now)
        let expected = one.expect["events"]?.arrayValue ?? []
        #expect(events.map(\.change) == expected.map { $0.int("change") })
        #expect(events.map(\.isOutdated) == expected.map { $0["outdated"]?.boolValue ?? false })
    }

    @Test("a whole evaluation decides as published", arguments: HPACases.of("reconcile"))
    func evaluation(one: HPACases.Case) {
        let input = one.input
        var history = ScalingHistory()
        history.recommendations = Parsing.recommendations(input["earlierRecommendations"], now: now)
        let current = input.int("specReplicas")
        if input["freshController"]?.boolValue == true { history.recommendations = [.init(replicas: current, time: now)] }
        if input["scaleGetFails"]?.boolValue == true { return expectUnreadScale(one) }
        let decision = Decider.decide(Parsing.decisionInput(input, now: now), history: &history, now: now)
        #expect(decision.desired == one.expect.int("desiredReplicas"))
        // The event carries this reason; without a change there is none.
        #expect(decision.rescaleReason.isEmpty == (decision.desired == current))
        if input["expectNoRescaleEvent"]?.boolValue == true { #expect(!decision.changes) }
        for (type, expected) in one.expect["conditions"]?.objectValue ?? JSONObject() {
            let condition = decision.condition(type)
            #expect(condition?.isTrue == (expected[0]?.stringValue == "True"), "\(type)")
            #expect(condition?.reason == expected[1]?.stringValue, "\(type)")
        }
    }

    /// A scale that cannot be read never comes to a calculation: the actor itself tells it, and what was known of the size stays.
    private func expectUnreadScale(_ one: HPACases.Case) {
        var rounds = AutoscalerRounds()
        rounds.put(
            HorizontalPodAutoscaler {
                $0.metadata.name = "web"
                $0.spec.scaleTargetRef.kind = "ReplicationController"
                $0.spec.scaleTargetRef.name = "web"
                $0.spec.minReplicas = one.input.int("minReplicas")
                $0.spec.maxReplicas = one.input.int("maxReplicas")
                $0.status.desiredReplicas = one.input.int("specReplicas")
            })
        let outcomes = rounds.round([:])
        #expect(outcomes.count == 1)
        for outcome in outcomes {
            #expect(outcome.scale == nil && outcome.event == nil)
            let status = outcome.status.flatMap { try? HorizontalPodAutoscaler(json: $0.body).status }
            #expect(status?.desiredReplicas == one.expect.int("desiredReplicas"))
            for (type, expected) in one.expect["conditions"]?.objectValue ?? JSONObject() {
                let condition = status?.conditions.first { $0.type == type }
                #expect(condition?.status == expected[0]?.stringValue && condition?.reason == expected[1]?.stringValue, "\(type)")
            }
        }
    }
}
