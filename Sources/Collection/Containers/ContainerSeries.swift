import Bytes
import Telemetry

/// The label sets of one container's series, made once: a sweep only adds numbers.
struct ContainerSeries {
    /// Labels that all series of the container share, under cAdvisor's names.
    struct Identity: Hashable {
        var id: String
        var namespace: String
        var pod: String
        var container: String
        var image: String
        var node: String
    }

    let identity: Identity
    /// By their place in the order of writing.
    private var fixed: [Labels?] = []
    private var devices: [String: [Labels]] = [:]

    init(_ identity: Identity) { self.identity = identity }

    /// Every label set that was written so far.
    var all: [Labels] { fixed.compactMap(\.self) + devices.keys.sorted().flatMap { devices[$0]! } }

    mutating func append(_ figures: ContainerFigures, startTime: Timestamp?, time: Int64, to batch: inout SampleWriteBatch) {
        var place = 0
        // Every call counts, with or without a value: a name keeps its place.
        func add(_ name: String, _ value: Double?, _ extra: @autoclosure () -> [(String, String)] = []) {
            defer { place += 1 }
            guard let value else { return }
            while fixed.count <= place { fixed.append(nil) }
            let labels = fixed[place] ?? label(name, extra())
            fixed[place] = labels
            batch.addSample(series: batch.addSeries(labels), time: time, value: value)
        }
        func seconds(_ nanoseconds: UInt64?) -> Double? { nanoseconds.map { Double($0) / 1e9 } }
        func number(_ value: UInt64?) -> Double? { value.map { Double($0) } }

        let limits = figures.limits
        let quota = limits.cpuQuotaMicroseconds.flatMap { $0 > 0 ? Double($0) : nil }
        add("container_cpu_usage_seconds_total", seconds(figures.cpuUsage), [("cpu", "total")])
        add("container_cpu_user_seconds_total", seconds(figures.cpuUser))
        add("container_cpu_system_seconds_total", seconds(figures.cpuSystem))
        // Without a quota nothing is ever throttled, and cAdvisor has no such series.
        add("container_cpu_cfs_periods_total", quota == nil ? nil : number(figures.cfsPeriods))
        add("container_cpu_cfs_throttled_periods_total", quota == nil ? nil : number(figures.cfsThrottledPeriods))
        add("container_cpu_cfs_throttled_seconds_total", quota == nil ? nil : seconds(figures.cfsThrottled))
        add("container_spec_cpu_quota", quota)
        add("container_spec_cpu_period", number(limits.cpuPeriodMicroseconds))
        add("container_spec_cpu_shares", number(limits.cpuShares))
        add("container_memory_usage_bytes", number(figures.memoryUsage))
        add("container_memory_working_set_bytes", number(figures.workingSet))
        add("container_memory_rss", number(figures.rss))
        add("container_memory_cache", number(figures.cache))
        add("container_memory_swap", number(figures.swap))
        add("container_memory_mapped_file", number(figures.mappedFile))
        add("container_memory_max_usage_bytes", number(figures.memoryMaximumUsage))
        add("container_memory_failcnt", number(figures.memoryFailures))
        add("container_memory_failures_total", number(figures.pageFaults), [("failure_type", "pgfault"), ("scope", "hierarchy")])
        add("container_memory_failures_total", number(figures.majorPageFaults), [("failure_type", "pgmajfault"), ("scope", "hierarchy")])
        add("container_memory_failures_total", number(figures.ownPageFaults), [("failure_type", "pgfault"), ("scope", "container")])
        add("container_memory_failures_total", number(figures.ownMajorPageFaults), [("failure_type", "pgmajfault"), ("scope", "container")])
        add("container_spec_memory_limit_bytes", Double(limits.memoryLimit ?? 0))
        add("container_oom_events_total", number(figures.outOfMemoryKills))
        add("container_processes", number(figures.processes))
        add("container_threads", number(figures.threads))
        for (name, pressure) in [("cpu", figures.cpuPressure), ("memory", figures.memoryPressure), ("io", figures.ioPressure)] {
            add("container_pressure_\(name)_waiting_seconds_total", pressure.map { Double($0.someMicroseconds) / 1e6 })
            add("container_pressure_\(name)_stalled_seconds_total", pressure.map { Double($0.fullMicroseconds) / 1e6 })
        }
        add("container_start_time_seconds", startTime.map { Double($0.seconds) })
        add("container_last_seen", Double(time / 1000))
        for device in figures.devices { append(device, time: time, to: &batch) }
    }

    private mutating func append(_ device: ContainerFigures.DeviceIO, time: Int64, to batch: inout SampleWriteBatch) {
        let names = ["reads_bytes", "writes_bytes", "reads", "writes"]
        let labels = devices[device.device] ?? names.map { label("container_fs_\($0)_total", [("device", device.device)]) }
        devices[device.device] = labels
        for (labels, value) in zip(labels, [device.readBytes, device.writeBytes, device.reads, device.writes]) {
            batch.addSample(series: batch.addSeries(labels), time: time, value: Double(value))
        }
    }

    private func label(_ name: String, _ extra: [(String, String)]) -> Labels {
        var builder = LabelsBuilder()
        builder.set(Labels.metricName, name)
        builder.set("id", identity.id)
        builder.set("namespace", identity.namespace)
        builder.set("pod", identity.pod)
        builder.set("container", identity.container)
        builder.set("name", identity.container)
        builder.set("image", identity.image)
        builder.set("node", identity.node)
        builder.set("job", "cadvisor")
        for (label, value) in extra { builder.set(label, value) }
        return builder.labels
    }
}
