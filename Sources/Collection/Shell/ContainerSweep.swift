import Bytes
package import ClusterAPI
package import Environment
package import Telemetry

/// One sweep over the containers of this node: groups found on disk, named by the cluster's objects, all samples at one time.
package struct ContainerSweep: Sendable {
    private let node: String
    private let layout: NodeLayout
    private let reader: CgroupReader
    private let files: any FileSystem
    private var series: [String: ContainerSeries] = [:]
    private var limits: [String: ContainerFigures.Limits] = [:]
    private var sweeps = 0

    /// Sweeps in which limits are taken from the one before.
    private static let limitsEvery = 6

    package init(node: String, layout: NodeLayout, files: any FileSystem) {
        self.node = node
        self.layout = layout
        self.files = files
        reader = CgroupReader(layout.cgroups, files: files)
    }

    /// - Parameter pods: the pods of this node by uid; a group that belongs to none is measured under its path alone.
    package mutating func sample(pods: [String: Pod], time: Int64, into batch: inout SampleWriteBatch) {
        var seen: Set<String> = []
        // Limits hardly ever change: they are read in every sixth sweep, all at once, so that an answer shows one state.
        if sweeps % Self.limitsEvery == 0 { limits = [:] }
        sweeps += 1
        for (uid, container) in groups() {
            let relative = layout.relativeCgroup(podUID: uid, container: container)
            let figures = reader.read(relative, limits: limits[relative])
            guard !figures.isEmpty else { continue }
            limits[relative] = figures.limits
            seen.insert(relative)
            let pod = pods[uid]
            let identity = ContainerSeries.Identity(
                id: "/\(relative)", namespace: pod?.metadata.namespace ?? "", pod: pod?.metadata.name ?? "", container: container,
                image: pod?.spec.containers.first { $0.name == container }?.image ?? "", node: node)
            var one = series[relative] ?? ContainerSeries(identity)
            if one.identity != identity {
                end(one, time, &batch)
                one = ContainerSeries(identity)
            }
            let start = pod?.status.containerStatuses.first { $0.name == container }?.state?.running?.startedAt
            one.append(figures, startTime: start, time: time, to: &batch)
            series[relative] = one
        }
        for gone in series.keys.sorted() where !seen.contains(gone) {
            end(series[gone]!, time, &batch)
            series[gone] = nil
            limits[gone] = nil
        }
    }

    /// A container that is gone ends its series, so that nothing is answered for it from now on.
    private func end(_ one: ContainerSeries, _ time: Int64, _ batch: inout SampleWriteBatch) {
        for labels in one.all { batch.addSample(series: batch.addSeries(labels), time: time, value: StalenessMarker.value) }
    }

    private func groups() -> [(uid: String, container: String)] {
        guard let mount = layout.cgroups.mount(of: "cpuacct") ?? layout.cgroups.mount(of: "memory") else { return [] }
        let parent = "\(mount)/\(layout.cgroupParent)"
        var found: [(uid: String, container: String)] = []
        for pod in (try? files.list(parent)) ?? [] where pod.hasPrefix("pod") {
            for container in (try? files.list("\(parent)/\(pod)")) ?? [] {
                // Folders are groups; what else lies there are the kernel's files.
                guard !container.contains("."), !["tasks", "notify_on_release", "release_agent"].contains(container),
                    (try? files.attributes("\(parent)/\(pod)/\(container)"))??.kind == .directory
                else { continue }
                found.append((String(pod.dropFirst(3)), container))
            }
        }
        return found
    }
}
