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
    private var made: [String: Labels] = [:]

    init(_ identity: Identity) { self.identity = identity }

    /// Every label set that was written so far.
    var all: [Labels] { made.keys.sorted().map { made[$0]! } }

    mutating func append(_ figures: ContainerFigures, startTime: Timestamp?, time: Int64, to batch: inout SampleWriteBatch) {
        func add(_ name: String, _ value: Double?, _ extra: (String, String)...) {
            guard let value else { return }
            let key = extra.reduce(name) { "\($0)\u{0}\($1.1)" }
            let labels = made[key] ?? label(name, extra)
            made[key] = labels
            batch.addSample(series: batch.addSeries(labels), time: time, value: value)
        }
        func seconds(_ nanoseconds: UInt64?) -> Double? { nanoseconds.map { Double($0) / 1e9 } }
        func number(_ value: UInt64?) -> Double? { value.map { Double($0) } }

        add("container_cpu_usage_seconds_total", seconds(figures.cpuUsage), ("cpu", "total"))
        add("container_cpu_user_seconds_total", seconds(figures.cpuUser))
        add("container_cpu_system_seconds_total", seconds(figures.cpuSystem))
        if let quota = figures.cpuQuotaMicroseconds, quota > 0 {
            add("container_cpu_cfs_periods_total", number(figures.cfsPeriods))
            add("container_cpu_cfs_throttled_periods_total", number(figures.cfsThrottledPeriods))
            add("container_cpu_cfs_throttled_seconds_total", seconds(figures.cfsThrottled))
            add("container_spec_cpu_quota", Double(quota))
        }
        add("container_spec_cpu_period", number(figures.cpuPeriodMicroseconds))
        add("container_spec_cpu_shares", number(figures.cpuShares))
        add("container_memory_usage_bytes", number(figures.memoryUsage))
        add("container_memory_working_set_bytes", number(figures.workingSet))
        add("container_memory_rss", number(figures.rss))
        add("container_memory_cache", number(figures.cache))
        add("container_memory_swap", number(figures.swap))
        add("container_memory_mapped_file", number(figures.mappedFile))
        add("container_memory_max_usage_bytes", number(figures.memoryMaximumUsage))
        add("container_memory_failcnt", number(figures.memoryFailures))
        add("container_memory_failures_total", number(figures.pageFaults), ("failure_type", "pgfault"), ("scope", "hierarchy"))
        add("container_memory_failures_total", number(figures.majorPageFaults), ("failure_type", "pgmajfault"), ("scope", "hierarchy"))
        add("container_spec_memory_limit_bytes", Double(figures.memoryLimit ?? 0))
        add("container_oom_events_total", number(figures.outOfMemoryKills))
        add("container_processes", number(figures.processes))
        add("container_threads", number(figures.threads))
        for device in figures.devices {
            add("container_fs_reads_bytes_total", Double(device.readBytes), ("device", device.device))
            add("container_fs_writes_bytes_total", Double(device.writeBytes), ("device", device.device))
            add("container_fs_reads_total", Double(device.reads), ("device", device.device))
            add("container_fs_writes_total", Double(device.writes), ("device", device.device))
        }
        for (name, pressure) in [("cpu", figures.cpuPressure), ("memory", figures.memoryPressure), ("io", figures.ioPressure)] {
            guard let pressure else { continue }
            add("container_pressure_\(name)_waiting_seconds_total", Double(pressure.someMicroseconds) / 1e6)
            add("container_pressure_\(name)_stalled_seconds_total", Double(pressure.fullMicroseconds) / 1e6)
        }
        if let startTime { add("container_start_time_seconds", Double(startTime.seconds)) }
        add("container_last_seen", Double(time / 1000))
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
