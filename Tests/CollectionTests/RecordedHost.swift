import Bytes
import ClusterAPI
import Environment
import Posix
import Telemetry

@testable import Collection

/// Recorded trees of hosts with each kind of control-group layout, and one recorded `/proc`.
enum RecordedHost: String, CaseIterable, Sendable {
    case v1, v2, hybrid

    static let folder =
        "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Fixtures/Collection"
    static let podUID = "11111111-2222-4333-8444-555555555555"
    static let relativeGroup = "skysail/pod\(podUID)/app"

    var hierarchy: CgroupHierarchy {
        let root = "\(Self.folder)/\(rawValue)"
        switch self {
        case .v1:
            return CgroupHierarchy(controllers: [
                "cpu": "\(root)/cpu,cpuacct", "cpuacct": "\(root)/cpu,cpuacct", "memory": "\(root)/memory", "pids": "\(root)/pids",
                "blkio": "\(root)/blkio",
            ])
        case .v2: return CgroupHierarchy(unified: root, unifiedControllers: ["cpu", "memory", "pids", "io"])
        case .hybrid:
            let names = ["cpu", "cpuacct", "memory", "pids", "blkio"]
            return CgroupHierarchy(
                unified: "\(root)/unified", controllers: Dictionary(uniqueKeysWithValues: names.map { ($0, "\(root)/\($0)") }))
        }
    }

    var layout: NodeLayout { NodeLayout(agentDirectory: "/data/agent", cgroups: hierarchy) }

    func read() -> ContainerFigures { CgroupReader(hierarchy, files: PosixFileSystem()).read(Self.relativeGroup) }
}

/// A batch as text: `name{label="value",…}` and its number, for comparing.
struct WrittenSamples {
    var values: [(labels: Labels, time: Int64, value: Double)] = []

    init(_ batch: SampleWriteBatch) {
        for (index, series) in batch.sampleSeries.enumerated() {
            values.append((batch.labels(Int(series)), batch.sampleTimes[index], batch.sampleValues[index]))
        }
    }

    /// The value of the only series of that name with these labels; nil when there is none or more than one.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let found = values.filter { one in
            one.labels[Labels.metricName] == name && labels.allSatisfy { one.labels[$0.key] == $0.value }
        }
        return found.count == 1 ? found[0].value : nil
    }

    var stale: [Labels] { values.filter { StalenessMarker.isStale($0.value) }.map(\.labels) }
    var live: [Labels] { values.filter { !StalenessMarker.isStale($0.value) }.map(\.labels) }
}
