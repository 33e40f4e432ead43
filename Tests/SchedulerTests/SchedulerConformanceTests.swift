import Bytes
import ClusterAPI
import FoundationEssentials
import Testing

@testable import Scheduler

/// The old predicates and priorities as data: `../shared/conformance/scheduler.json` beside the project.
@Suite("Scheduler conformance")
struct SchedulerConformanceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var id: String
        var kind: String
        var name: String
        var input: JSONValue
        var expect: JSONValue

        var testDescription: String { "\(id) \(kind): \(name)" }
    }

    static let path: String = {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        return root + "/../shared/conformance/scheduler.json"
    }()

    static let cases: [Case] = {
        guard let data = FileManager.default.contents(atPath: path), let table = try? JSONValue.parse([UInt8](data)) else { return [] }
        return (table["cases"]?.arrayValue ?? []).map { item in
            Case(
                id: item["id"]?.stringValue ?? "", kind: item["kind"]?.stringValue ?? "", name: item["name"]?.stringValue ?? "",
                input: item["input"] ?? .null, expect: item["expect"] ?? .null)
        }
    }()

    @Test("the table has its 49 cases", .enabled(if: !cases.isEmpty, "../shared/conformance/scheduler.json is not there"))
    func complete() { #expect(Self.cases.count == 49) }

    @Test("every case of the table", .enabled(if: !cases.isEmpty, "../shared/conformance/scheduler.json is not there"), arguments: cases)
    func holds(_ item: Case) throws {
        switch item.kind {
        case "leastRequested": try expectScore(item, LeastRequestedPriority())
        case "balanced": try expectScore(item, BalancedResourceAllocationPriority())
        case "selectorSpread": expectSpread(item)
        case "predicates": try expectPredicates(item)
        default: Issue.record("a kind of case that nobody knows: \(item.kind)")
        }
    }

    private func expectScore(_ item: Case, _ plugin: some ScorePlugin) throws {
        let (state, slot) = try Self.state(item.input["node"] ?? .null)
        var scores: [Int64] = [-1]
        plugin.score(Self.pod(item.input["pod"] ?? .null, "new"), [slot], state, SchedulingCycle(), into: &scores)
        #expect(scores[0] == item.expect["score"]?.int64Value)
    }

    private func expectSpread(_ item: Case) {
        var state = ClusterState()
        let selector = PodClasses.Selector(name: "web", isService: false, pairs: ["app": "web"])
        state.classes.setSelector(selector, in: "default")
        var number = 0
        let counts = item.input["matchingPodsPerNode"]?.objectValue ?? JSONObject()
        for (name, count) in counts {
            state.setNode(name, allocatable: .zero, allocatablePods: 110)
            for _ in 0..<(count.intValue ?? 0) {
                number += 1
                state.add(Self.webPod("p\(number)"), on: name)
            }
        }
        let plugin = SelectorSpreadPriority()
        var cycle = SchedulingCycle()
        _ = plugin.prescore(Self.webPod("new"), &state, &cycle)
        let slots = counts.map { state.slot(of: $0.key)! }
        var scores = Array(repeating: Int64(-1), count: slots.count)
        plugin.score(Self.webPod("new"), slots, state, cycle, into: &scores)
        plugin.normalise(&scores, slots, state)
        for (index, member) in counts.enumerated() {
            #expect(scores[index] == item.expect.value(at: "scores", member.key)?.int64Value, "\(member.key)")
        }
    }

    private func expectPredicates(_ item: Case) throws {
        let (state, slot) = try Self.state(item.input["node"] ?? .null)
        let pod = Self.pod(item.input["pod"] ?? .null, "new")
        var failed: Set<String> = []
        for filter in SchedulingProfile.classic().filters where filter.prefilter(pod, state) != .skip {
            var block = NodeBlock([slot])
            filter.filter(pod, &block, state)
            let names: [(Rejection, String)] = [
                (.tooManyPods, "PodCapacity"), (.insufficientCPU, "cpu"), (.insufficientMemory, "memory"), (.hostPorts, "HostPorts"),
                (.nodeSelector, "MatchNodeSelector"), (.nodeName, "HostName"), (.volumeConflict, "NoDiskConflict"),
            ]
            for (rejection, name) in names where block.tally.count(of: rejection) > 0 { failed.insert(name) }
            #expect(block.slots.isEmpty == !block.tally.isEmpty)
        }
        let expected = item.expect["failedPredicates"]?.arrayValue?.compactMap(\.stringValue)
        #expect(failed.sorted() == expected)
    }

    // MARK: Reading the table

    private static func state(_ node: JSONValue) throws -> (ClusterState, Int) {
        var state = ClusterState()
        let name = try #require(node["name"]?.stringValue)
        state.setNode(
            name, labels: node["labels"]?.objectValue.map(strings) ?? [:],
            allocatable: ResourceAmounts(milliCPU: node["cpuMilli"]?.int64Value ?? 0, memory: node["memory"]?.int64Value ?? 0),
            allocatablePods: node["podCapacity"]?.int64Value ?? 0)
        for (index, pod) in (node["pods"]?.arrayValue ?? []).enumerated() { state.add(Self.pod(pod, "p\(index)"), on: name) }
        return (state, try #require(state.slot(of: name)))
    }

    private static func strings(_ object: JSONObject) -> [String: String] {
        Dictionary(uniqueKeysWithValues: object.map { ($0.key, $0.value.stringValue ?? "") })
    }

    private static func webPod(_ name: String) -> PodRequirements {
        PodRequirements(key: NamespacedName(namespace: "default", name: name), uid: name, labels: ["app": "web"])
    }

    /// Builds a real Pod, so that the reading of requests is tested too.
    private static func pod(_ value: JSONValue, _ name: String) -> PodRequirements {
        let pod = Pod { pod in
            pod.metadata.name = name
            pod.metadata.namespace = "default"
            pod.metadata.uid = name
            pod.spec.nodeName = value["nodeName"]?.stringValue
            pod.spec.nodeSelector = value["nodeSelector"]?.objectValue.map(strings) ?? [:]
            pod.spec.containers = (value["containers"]?.arrayValue ?? []).map { item in
                Container { container in
                    var requests: [String: Quantity] = [:]
                    if let cpu = item["cpuMilli"]?.int64Value { requests["cpu"] = Quantity(milli: cpu) }
                    if let memory = item["memory"]?.int64Value { requests["memory"] = Quantity(bytes: memory) }
                    container.resources = ResourceRequirements { $0.requests = requests }
                }
            }
            for port in value["hostPorts"]?.arrayValue ?? [] {
                pod.spec.containers[0].ports.append(
                    ContainerPort {
                        $0.hostPort = port.intValue
                        $0.containerPort = port.intValue ?? 0
                    })
            }
            pod.spec.volumes = (value["volumes"]?.arrayValue ?? []).map(volume)
        }
        return PodRequirements(pod)
    }

    private static func volume(_ value: JSONValue) -> Volume {
        Volume { volume in
            let id = value["id"]?.stringValue ?? ""
            let isReadOnly = value["readOnly"]?.boolValue
            switch value["kind"]?.stringValue {
            case "gcePersistentDisk":
                volume.gcePersistentDisk = GCEPersistentDiskVolumeSource {
                    $0.pdName = id
                    $0.readOnly = isReadOnly
                }
            case "awsElasticBlockStore":
                volume.awsElasticBlockStore = AWSElasticBlockStoreVolumeSource {
                    $0.volumeID = id
                    $0.readOnly = isReadOnly
                }
            case "rbd":
                volume.rbd = RBDVolumeSource {
                    $0.image = id
                    $0.monitors = ["m"]
                    $0.readOnly = isReadOnly
                }
            case "nfs": volume.nfs = NFSVolumeSource { $0.path = id }
            default: Issue.record("a kind of volume that nobody knows")
            }
        }
    }
}
