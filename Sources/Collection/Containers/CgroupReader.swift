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
    /// - Parameter limits: limits that were read a while ago and are not read again: they hardly ever change.
    package func read(_ relative: String, limits: ContainerFigures.Limits? = nil) -> ContainerFigures {
        var figures = ContainerFigures()
        if let limits { figures.limits = limits }
        let readsLimits = limits == nil
        if let mount = hierarchy.controllers["cpuacct"] { readAccounting("\(mount)/\(relative)", into: &figures) }
        if let mount = hierarchy.controllers["cpu"] { readBandwidth("\(mount)/\(relative)", readsLimits, into: &figures) }
        if let mount = hierarchy.controllers["memory"] { readMemory("\(mount)/\(relative)", readsLimits, into: &figures) }
        if let mount = hierarchy.controllers["blkio"] { readBlockIO("\(mount)/\(relative)", into: &figures) }
        if let mount = hierarchy.mount(of: "pids") {
            // The pids controller counts tasks: threads, not processes.
            figures.threads = number("\(mount)/\(relative)/pids.current")
            figures.processes = bytes("\(mount)/\(relative)/cgroup.procs").map { UInt64($0.count { $0 == UInt8(ascii: "\n") }) }
        }
        if let unified = hierarchy.unified { readUnified("\(unified)/\(relative)", readsLimits, into: &figures) }
        return figures
    }

    // MARK: Version 1

    private func readAccounting(_ folder: String, into figures: inout ContainerFigures) {
        figures.cpuUsage = number("\(folder)/cpuacct.usage")
        figures.cpuUser = number("\(folder)/cpuacct.usage_user")
        figures.cpuSystem = number("\(folder)/cpuacct.usage_sys")
    }

    private func readBandwidth(_ folder: String, _ readsLimits: Bool, into figures: inout ContainerFigures) {
        let stat = table("\(folder)/cpu.stat")
        figures.cfsPeriods = stat["nr_periods"]
        figures.cfsThrottledPeriods = stat["nr_throttled"]
        figures.cfsThrottled = stat["throttled_time"]
        if readsLimits {
            figures.limits.cpuQuotaMicroseconds = text("\(folder)/cpu.cfs_quota_us").flatMap { Int64($0) }
            figures.limits.cpuPeriodMicroseconds = number("\(folder)/cpu.cfs_period_us")
            figures.limits.cpuShares = number("\(folder)/cpu.shares")
        }
    }

    private func readMemory(_ folder: String, _ readsLimits: Bool, into figures: inout ContainerFigures) {
        figures.memoryUsage = number("\(folder)/memory.usage_in_bytes")
        figures.memoryMaximumUsage = number("\(folder)/memory.max_usage_in_bytes")
        figures.memoryFailures = number("\(folder)/memory.failcnt")
        if readsLimits { figures.limits.memoryLimit = number("\(folder)/memory.limit_in_bytes").flatMap { $0 < 1 << 62 ? $0 : nil } }
        let stat = table("\(folder)/memory.stat")
        figures.rss = stat["total_rss"] ?? stat["rss"]
        figures.cache = stat["total_cache"] ?? stat["cache"]
        figures.swap = stat["total_swap"] ?? stat["swap"]
        figures.mappedFile = stat["total_mapped_file"] ?? stat["mapped_file"]
        figures.inactiveFile = stat["total_inactive_file"] ?? stat["inactive_file"]
        figures.pageFaults = stat["total_pgfault"] ?? stat["pgfault"]
        figures.majorPageFaults = stat["total_pgmajfault"] ?? stat["pgmajfault"]
        figures.ownPageFaults = stat["pgfault"]
        figures.ownMajorPageFaults = stat["pgmajfault"]
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

    private func readUnified(_ folder: String, _ readsLimits: Bool, into figures: inout ContainerFigures) {
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
            if readsLimits {
                if let limit = text("\(folder)/cpu.max") {
                    let words = limit.split(separator: " ")
                    figures.limits.cpuQuotaMicroseconds = words.first == "max" ? -1 : words.first.flatMap { Int64($0) }
                    figures.limits.cpuPeriodMicroseconds = words.count > 1 ? UInt64(words[1]) : nil
                }
                // Weights 1…10000 stand for shares 2…262144.
                figures.limits.cpuShares = number("\(folder)/cpu.weight").flatMap { (1...10_000).contains($0) ? ($0 - 1) * 262_142 / 9999 + 2 : nil }
            }
        }
        if hierarchy.controllers["memory"] == nil {
            figures.memoryUsage = number("\(folder)/memory.current")
            figures.memoryMaximumUsage = number("\(folder)/memory.peak")
            if readsLimits { figures.limits.memoryLimit = number("\(folder)/memory.max") }
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

    /// The whole of a small file; nil when it is not there, or gone since it was listed.
    private func bytes(_ path: String) -> [UInt8]? { try? files.contents(path) }

    private func text(_ path: String) -> String? {
        bytes(path).map { bytes in String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self) }
    }

    private func number(_ path: String) -> UInt64? { bytes(path).flatMap { FlatTable.number($0[...].prefix { $0 != UInt8(ascii: "\n") }) } }

    private func lines(_ path: String) -> [Substring] {
        bytes(path).map { String(decoding: $0, as: UTF8.self).split(separator: "\n") } ?? []
    }

    private func table(_ path: String) -> FlatTable { FlatTable(bytes(path) ?? []) }

    private func pressure(_ path: String) -> ContainerFigures.Pressure? {
        let found = lines(path)
        guard !found.isEmpty else { return nil }
        func total(_ kind: String) -> UInt64 {
            found.first { $0.hasPrefix(kind) }?.split(separator: " ").last { $0.hasPrefix("total=") }.flatMap { UInt64($0.dropFirst(6)) } ?? 0
        }
        return .init(someMicroseconds: total("some"), fullMicroseconds: total("full"))
    }
}

/// A file of lines `name number`, looked into without making texts of it.
struct FlatTable {
    private let bytes: [UInt8]
    private var entries: [(name: Range<Int>, value: UInt64)] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var start = 0
        while start < bytes.count {
            let end = ByteSearch.firstIndex(of: UInt8(ascii: "\n"), in: bytes, from: start) ?? bytes.count
            if let space = bytes[start..<end].firstIndex(of: UInt8(ascii: " ")), let value = Self.number(bytes[(space + 1)..<end]) {
                entries.append((start..<space, value))
            }
            start = end + 1
        }
    }

    subscript(name: String) -> UInt64? {
        let count = name.utf8.count
        return entries.first { $0.name.count == count && bytes[$0.name].elementsEqual(name.utf8) }?.value
    }

    /// A number in digits alone; nil for everything else and for what is too large.
    static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        if digits.isEmpty { return nil }
        var value: UInt64 = 0
        for byte in digits {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            let (product, isOver) = value.multipliedReportingOverflow(by: 10)
            let (sum, isPast) = product.addingReportingOverflow(UInt64(byte - 0x30))
            if isOver || isPast { return nil }
            value = sum
        }
        return value
    }
}
