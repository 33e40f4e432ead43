import Bytes
package import Environment
package import Telemetry

/// Figures of the host under node_exporter's names, from `/proc`.
package struct HostSampler: Sendable {
    private let node: String
    private let root: String
    private let files: any FileSystem
    private var made: [String: Labels] = [:]

    /// - Parameter root: where `/proc` is; another folder in tests.
    package init(node: String, root: String = "/proc", files: any FileSystem) {
        self.node = node
        self.root = root
        self.files = files
    }

    package mutating func sample(time: Int64, into batch: inout SampleWriteBatch) {
        sampleStat(time, &batch)
        sampleLoad(time, &batch)
        sampleMemory(time, &batch)
        sampleNetwork(time, &batch)
        samplePressure(time, &batch)
        add("node_time_seconds", Double(time) / 1000, time, &batch)
    }

    private mutating func add(_ name: String, _ value: Double, _ extra: [(String, String)] = [], _ time: Int64, _ batch: inout SampleWriteBatch) {
        let key = extra.reduce(name) { "\($0)\u{0}\($1.1)" }
        let labels: Labels
        if let known = made[key] {
            labels = known
        } else {
            var builder = LabelsBuilder()
            builder.set(Labels.metricName, name)
            builder.set("instance", node)
            builder.set("job", "node")
            for (label, value) in extra { builder.set(label, value) }
            labels = builder.labels
            made[key] = labels
        }
        batch.addSample(series: batch.addSeries(labels), time: time, value: value)
    }

    private mutating func add(_ name: String, _ value: Double, _ time: Int64, _ batch: inout SampleWriteBatch) {
        add(name, value, [], time, &batch)
    }

    /// - Source: proc(5) `/proc/stat`: times in hundredths of a second.
    private mutating func sampleStat(_ time: Int64, _ batch: inout SampleWriteBatch) {
        let modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
        var cores = 0
        for line in lines("stat") {
            let words = line.split(separator: " ")
            guard let name = words.first else { continue }
            if name.hasPrefix("cpu"), name.count > 3 {
                cores += 1
                for (index, mode) in modes.enumerated() where index + 1 < words.count {
                    guard let ticks = Double(words[index + 1]) else { continue }
                    add("node_cpu_seconds_total", ticks / 100, [("cpu", String(name.dropFirst(3))), ("mode", mode)], time, &batch)
                }
                continue
            }
            guard words.count > 1, let value = Double(words[1]) else { continue }
            switch name {
            case "ctxt": add("node_context_switches_total", value, time, &batch)
            case "btime": add("node_boot_time_seconds", value, time, &batch)
            case "processes": add("node_forks_total", value, time, &batch)
            case "procs_running": add("node_procs_running", value, time, &batch)
            case "procs_blocked": add("node_procs_blocked", value, time, &batch)
            case "intr": add("node_intr_total", value, time, &batch)
            default: break
            }
        }
        if cores > 0 { add("machine_cpu_cores", Double(cores), time, &batch) }
    }

    private mutating func sampleLoad(_ time: Int64, _ batch: inout SampleWriteBatch) {
        let words = lines("loadavg").first?.split(separator: " ") ?? []
        for (index, name) in ["node_load1", "node_load5", "node_load15"].enumerated() where index < words.count {
            if let value = Double(words[index]) { add(name, value, time, &batch) }
        }
    }

    /// - Source: proc(5) `/proc/meminfo`: kibibytes; names as node_exporter forms them.
    private mutating func sampleMemory(_ time: Int64, _ batch: inout SampleWriteBatch) {
        for line in lines("meminfo") {
            let words = line.split(separator: " ")
            guard words.count >= 2, let value = Double(words[1]) else { continue }
            let isBytes = words.count > 2 && words[2] == "kB"
            var name = ""
            for character in words[0].dropLast() { name.append(character == "(" || character == ")" ? "_" : character) }
            while name.hasSuffix("_") { name.removeLast() }
            add("node_memory_\(name)\(isBytes ? "_bytes" : "")", isBytes ? value * 1024 : value, time, &batch)
            if name == "MemTotal" { add("machine_memory_bytes", value * 1024, time, &batch) }
        }
    }

    private mutating func sampleNetwork(_ time: Int64, _ batch: inout SampleWriteBatch) {
        for line in lines("net/dev") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let device = String(line[..<colon].filter { $0 != " " })
            let values = line[line.index(after: colon)...].split(separator: " ").compactMap { Double($0) }
            guard values.count >= 16 else { continue }
            for (index, name) in [
                (0, "receive_bytes"), (1, "receive_packets"), (2, "receive_errs"), (3, "receive_drop"), (8, "transmit_bytes"),
                (9, "transmit_packets"), (10, "transmit_errs"), (11, "transmit_drop"),
            ] {
                add("node_network_\(name)_total", values[index], [("device", device)], time, &batch)
            }
        }
    }

    /// - Source: node_exporter's pressure collector: of the CPU nothing can be stalled, only waiting.
    private mutating func samplePressure(_ time: Int64, _ batch: inout SampleWriteBatch) {
        for (resource, kinds) in [("cpu", ["some"]), ("memory", ["some", "full"]), ("io", ["some", "full"])] {
            for line in lines("pressure/\(resource)") {
                let words = line.split(separator: " ")
                guard let kind = words.first, kinds.contains(String(kind)), let total = words.last, total.hasPrefix("total="),
                    let microseconds = Double(total.dropFirst(6))
                else { continue }
                add("node_pressure_\(resource)_\(kind == "some" ? "waiting" : "stalled")_seconds_total", microseconds / 1e6, time, &batch)
            }
        }
    }

    private func lines(_ name: String) -> [Substring] {
        guard let bytes = try? files.contents("\(root)/\(name)") else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
