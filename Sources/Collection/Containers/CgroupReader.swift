import Bytes
package import ClusterAPI
package import Environment

/// Reads a container's figures from whatever hierarchies are mounted: version 1, version 2, or both.
///
/// Each controller is read where it lives, so a hybrid host needs no case of its own. A group that vanishes while it is read gives what
/// was read so far.
package struct CgroupReader: Sendable {
    private let hierarchy: CgroupHierarchy
    private let files: any FileSystem

    package init(_ hierarchy: CgroupHierarchy, files: any FileSystem) {
        self.hierarchy = hierarchy
        self.files = files
    }

    /// - Parameter relative: the group's folder below each mount.
    package func read(_ relative: String) -> ContainerFigures {
        var figures = ContainerFigures()
        if let mount = hierarchy.controllers["cpuacct"] { readAccounting("\(mount)/\(relative)", into: &figures) }
        if let mount = hierarchy.controllers["cpu"] { readBandwidth("\(mount)/\(relative)", into: &figures) }
        if let mount = hierarchy.controllers["memory"] { readMemory("\(mount)/\(relative)", into: &figures) }
        if let mount = hierarchy.controllers["blkio"] { readBlockIO("\(mount)/\(relative)", into: &figures) }
        if let mount = hierarchy.mount(of: "pids") {
            // The pids controller counts tasks: threads, not processes.
            figures.threads = number("\(mount)/\(relative)/pids.current")
            figures.processes = text("\(mount)/\(relative)/cgroup.procs").map { UInt64($0.split(separator: "\n").count) }
        }
        if let unified = hierarchy.unified { readUnified("\(unified)/\(relative)", into: &figures) }
        return figures
    }

    // MARK: Version 1

    private func readAccounting(_ folder: String, into figures: inout ContainerFigures) {
        figures.cpuUsage = number("\(folder)/cpuacct.usage")
        figures.cpuUser = number("\(folder)/cpuacct.usage_user")
        figures.cpuSystem = number("\(folder)/cpuacct.usage_sys")
    }

    private func readBandwidth(_ folder: String, into figures: inout ContainerFigures) {
        let stat = table("\(folder)/cpu.stat")
        figures.cfsPeriods = stat["nr_periods"]
        figures.cfsThrottledPeriods = stat["nr_throttled"]
        figures.cfsThrottled = stat["throttled_time"]
        figures.cpuQuotaMicroseconds = text("\(folder)/cpu.cfs_quota_us").flatMap { Int64($0) }
        figures.cpuPeriodMicroseconds = number("\(folder)/cpu.cfs_period_us")
        figures.cpuShares = number("\(folder)/cpu.shares")
    }

    private func readMemory(_ folder: String, into figures: inout ContainerFigures) {
        figures.memoryUsage = number("\(folder)/memory.usage_in_bytes")
        figures.memoryMaximumUsage = number("\(folder)/memory.max_usage_in_bytes")
        figures.memoryFailures = number("\(folder)/memory.failcnt")
        figures.memoryLimit = number("\(folder)/memory.limit_in_bytes").flatMap { $0 < 1 << 62 ? $0 : nil }
        let stat = table("\(folder)/memory.stat")
        figures.rss = stat["total_rss"] ?? stat["rss"]
        figures.cache = stat["total_cache"] ?? stat["cache"]
        figures.swap = stat["total_swap"] ?? stat["swap"]
        figures.mappedFile = stat["total_mapped_file"] ?? stat["mapped_file"]
        figures.inactiveFile = stat["total_inactive_file"] ?? stat["inactive_file"]
        figures.pageFaults = stat["total_pgfault"] ?? stat["pgfault"]
        figures.majorPageFaults = stat["total_pgmajfault"] ?? stat["pgmajfault"]
        figures.outOfMemoryKills = table("\(folder)/memory.oom_control")["oom_kill"]
    }

    private func readBlockIO(_ folder: String, into figures: inout ContainerFigures) {
        var devices: [String: ContainerFigures.DeviceIO] = [:]
        for (file, isBytes) in [("blkio.throttle.io_service_bytes", true), ("blkio.throttle.io_serviced", false)] {
            // What a container's own child groups do counts too, where the kernel sums it.
            let recursive = lines("\(folder)/\(file)_recursive")
            for line in recursive.isEmpty ? lines("\(folder)/\(file)") : recursive {
                let words = line.split(separator: " ")
                guard words.count == 3, let value = UInt64(words[2]) else { continue }
                let device = String(words[0])
                var entry = devices[device] ?? .init(device: device, readBytes: 0, writeBytes: 0, reads: 0, writes: 0)
                switch (words[1], isBytes) {
                case ("Read", true): entry.readBytes = value
                case ("Write", true): entry.writeBytes = value
                case ("Read", false): entry.reads = value
                case ("Write", false): entry.writes = value
                default: continue
                }
                devices[device] = entry
            }
        }
        figures.devices = devices.keys.sorted().map { devices[$0]! }
    }

    // MARK: Version 2

    private func readUnified(_ folder: String, into figures: inout ContainerFigures) {
        // Pressure is there on hybrid hosts too, where the controllers are not.
        figures.cpuPressure = pressure("\(folder)/cpu.pressure")
        figures.memoryPressure = pressure("\(folder)/memory.pressure")
        figures.ioPressure = pressure("\(folder)/io.pressure")
        if hierarchy.controllers["cpuacct"] == nil {
            let stat = table("\(folder)/cpu.stat")
            figures.cpuUsage = stat["usage_usec"].map { $0 &* 1000 }
            figures.cpuUser = stat["user_usec"].map { $0 &* 1000 }
            figures.cpuSystem = stat["system_usec"].map { $0 &* 1000 }
            figures.cfsPeriods = stat["nr_periods"]
            figures.cfsThrottledPeriods = stat["nr_throttled"]
            figures.cfsThrottled = stat["throttled_usec"].map { $0 &* 1000 }
            if let limit = text("\(folder)/cpu.max") {
                let words = limit.split(separator: " ")
                figures.cpuQuotaMicroseconds = words.first == "max" ? -1 : words.first.flatMap { Int64($0) }
                figures.cpuPeriodMicroseconds = words.count > 1 ? UInt64(words[1]) : nil
            }
            // Weights 1…10000 stand for shares 2…262144.
            figures.cpuShares = number("\(folder)/cpu.weight").map { weight in (weight &- 1) &* 262_142 / 9999 &+ 2 }
        }
        if hierarchy.controllers["memory"] == nil {
            figures.memoryUsage = number("\(folder)/memory.current")
            figures.memoryMaximumUsage = number("\(folder)/memory.peak")
            figures.memoryLimit = number("\(folder)/memory.max")
            figures.swap = number("\(folder)/memory.swap.current")
            let stat = table("\(folder)/memory.stat")
            figures.rss = stat["anon"]
            figures.cache = stat["file"]
            figures.mappedFile = stat["file_mapped"]
            figures.inactiveFile = stat["inactive_file"]
            figures.pageFaults = stat["pgfault"]
            figures.majorPageFaults = stat["pgmajfault"]
            let events = table("\(folder)/memory.events")
            figures.memoryFailures = events["max"]
            figures.outOfMemoryKills = events["oom_kill"]
        }
        if hierarchy.controllers["blkio"] == nil {
            figures.devices = lines("\(folder)/io.stat").compactMap { line in
                let words = line.split(separator: " ")
                guard let device = words.first else { return nil }
                var values: [Substring: UInt64] = [:]
                for word in words.dropFirst() {
                    let pair = word.split(separator: "=")
                    if pair.count == 2 { values[pair[0]] = UInt64(pair[1]) }
                }
                // A device without traffic is listed with nothing behind it.
                guard !values.isEmpty else { return nil }
                return .init(
                    device: String(device), readBytes: values["rbytes"] ?? 0, writeBytes: values["wbytes"] ?? 0, reads: values["rios"] ?? 0,
                    writes: values["wios"] ?? 0)
            }
        }
    }

    // MARK: Files

    private func text(_ path: String) -> String? {
        guard let bytes = try? files.contents(path) else { return nil }
        var text = String(decoding: bytes, as: UTF8.self)
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }

    private func number(_ path: String) -> UInt64? { text(path).flatMap { UInt64($0) } }

    private func lines(_ path: String) -> [Substring] { text(path)?.split(separator: "\n") ?? [] }

    private func table(_ path: String) -> [Substring: UInt64] {
        var values: [Substring: UInt64] = [:]
        for line in lines(path) {
            let words = line.split(separator: " ")
            if words.count == 2 { values[words[0]] = UInt64(words[1]) }
        }
        return values
    }

    private func pressure(_ path: String) -> ContainerFigures.Pressure? {
        let found = lines(path)
        guard !found.isEmpty else { return nil }
        func total(_ kind: String) -> UInt64 {
            found.first { $0.hasPrefix(kind) }?.split(separator: " ").last { $0.hasPrefix("total=") }.flatMap { UInt64($0.dropFirst(6)) } ?? 0
        }
        return .init(someMicroseconds: total("some"), fullMicroseconds: total("full"))
    }
}
