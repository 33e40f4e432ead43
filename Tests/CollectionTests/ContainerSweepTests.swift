import Bytes
import ClusterAPI
import Environment
import Posix
import Synchronization
import Telemetry
import Testing

@testable import Collection

@Suite("Sweeps over containers and host")
struct ContainerSweepTests {
    private let pod = Pod {
        $0.metadata.namespace = "shop"
        $0.metadata.name = "web-1"
        $0.metadata.uid = RecordedHost.podUID
        $0.spec.containers = [
            Container {
                $0.name = "app"
                $0.image = "registry.example/web:7"
            }
        ]
        $0.status.containerStatuses = [
            ContainerStatus {
                $0.name = "app"
                $0.state = ContainerState { $0.running = ContainerStateRunning { $0.startedAt = Timestamp(seconds: 1_700_000_000) } }
            }
        ]
    }

    private func sweep(_ sweep: inout ContainerSweep, pods: [Pod], time: Int64 = 1_700_000_100_000) -> WrittenSamples {
        var batch = SampleWriteBatch()
        sweep.sample(pods: Dictionary(uniqueKeysWithValues: pods.map { ($0.metadata.uid, $0) }), time: time, into: &batch)
        return WrittenSamples(batch)
    }

    @Test("series carry cAdvisor's names, labels and units", arguments: [RecordedHost.v1, .v2])
    func names(host: RecordedHost) {
        var subject = ContainerSweep(node: "n1", layout: host.layout, files: PosixFileSystem())
        let written = sweep(&subject, pods: [pod])
        let expected: [(String, [String: String], Double)] = [
            ("container_cpu_user_seconds_total", [:], 8), ("container_cpu_cfs_periods_total", [:], 1200),
            ("container_cpu_cfs_throttled_periods_total", [:], 34), ("container_cpu_cfs_throttled_seconds_total", [:], 5.6),
            ("container_spec_cpu_quota", [:], 50_000), ("container_spec_cpu_period", [:], 100_000),
            ("container_memory_usage_bytes", [:], 104_857_600), ("container_memory_working_set_bytes", [:], 83_886_080),
            ("container_memory_rss", [:], 62_914_560), ("container_memory_cache", [:], 41_943_040),
            ("container_memory_swap", [:], 1_048_576), ("container_memory_mapped_file", [:], 8_388_608),
            ("container_memory_max_usage_bytes", [:], 157_286_400), ("container_memory_failcnt", [:], 7),
            ("container_memory_failures_total", ["failure_type": "pgfault", "scope": "hierarchy"], 98_765),
            ("container_memory_failures_total", ["failure_type": "pgmajfault", "scope": "hierarchy"], 43),
            ("container_spec_memory_limit_bytes", [:], 268_435_456), ("container_oom_events_total", [:], 2),
            ("container_processes", [:], 3), ("container_threads", [:], 5),
            ("container_fs_reads_bytes_total", ["device": "8:0"], 4096), ("container_fs_writes_bytes_total", ["device": "8:0"], 8192),
            ("container_start_time_seconds", [:], 1_700_000_000), ("container_last_seen", [:], 1_700_000_100),
        ]
        for (name, labels, value) in expected { #expect(written.value(name, labels) == value, "\(name)") }
        let usage = written.value("container_cpu_usage_seconds_total", ["cpu": "total"]) ?? 0
        #expect(abs(usage - 12.345678) < 0.000_001)
        let identity = [
            "id": "/\(RecordedHost.relativeGroup)", "namespace": "shop", "pod": "web-1", "container": "app", "name": "app",
            "image": "registry.example/web:7", "node": "n1",
        ]
        for labels in written.live {
            for (name, value) in identity { #expect(labels[name] == value, "\(labels)") }
        }
        #expect(written.values.allSatisfy { $0.time == 1_700_000_100_000 })
    }

    @Test("pressure is told in seconds")
    func pressure() {
        var subject = ContainerSweep(node: "n1", layout: RecordedHost.v2.layout, files: PosixFileSystem())
        let written = sweep(&subject, pods: [pod])
        #expect(written.value("container_pressure_cpu_waiting_seconds_total") == 2.5)
        #expect(written.value("container_pressure_cpu_stalled_seconds_total") == 1.25)
        #expect(written.value("container_pressure_memory_waiting_seconds_total") == 0.0003)
        #expect(written.value("container_pressure_io_stalled_seconds_total") == 3)
    }

    @Test("a container whose pod becomes known ends its nameless series and goes on under its name")
    func identityChange() {
        var subject = ContainerSweep(node: "n1", layout: RecordedHost.hybrid.layout, files: PosixFileSystem())
        let nameless = sweep(&subject, pods: [])
        #expect(nameless.stale.isEmpty)
        #expect(nameless.live.allSatisfy { $0["pod"] == nil && $0["container"] == "app" })
        let named = sweep(&subject, pods: [pod])
        #expect(named.stale.sorted() == nameless.live.sorted())
        #expect(named.live.count > nameless.live.count)
        #expect(named.live.allSatisfy { $0["pod"] == "web-1" })
        #expect(sweep(&subject, pods: [pod]).stale.isEmpty)
    }

    @Test("a group that vanishes ends each of its series, once")
    func vanished() throws {
        let files = MemoryFileSystem()
        let hierarchy = CgroupHierarchy(unified: "/cgroup", unifiedControllers: ["cpu", "memory", "pids"])
        var subject = ContainerSweep(node: "n1", layout: NodeLayout(agentDirectory: "/data/agent", cgroups: hierarchy), files: files)
        let folder = "/cgroup/\(RecordedHost.relativeGroup)"
        try files.createDirectory(folder)
        try files.replaceContents("\(folder)/memory.current", with: Array("4096\n".utf8))
        let alive = sweep(&subject, pods: [pod])
        #expect(alive.value("container_memory_usage_bytes") == 4096)
        // The folder stays, the figures do not: as when the kernel is about to remove the group.
        try files.removeFile("\(folder)/memory.current")
        let gone = sweep(&subject, pods: [pod])
        #expect(gone.live.isEmpty)
        #expect(gone.stale.sorted() == alive.live.sorted())
        #expect(sweep(&subject, pods: [pod]).values.isEmpty)
    }

    @Test("a host's figures carry node_exporter's names and units")
    func host() {
        var sampler = HostSampler(node: "n1", root: "\(RecordedHost.folder)/proc", files: PosixFileSystem())
        var batch = SampleWriteBatch()
        sampler.sample(time: 1_700_000_100_500, into: &batch)
        let written = WrittenSamples(batch)
        let expected: [(String, [String: String], Double)] = [
            ("node_cpu_seconds_total", ["cpu": "0", "mode": "user"], 2), ("node_cpu_seconds_total", ["cpu": "1", "mode": "idle"], 25),
            ("node_cpu_seconds_total", ["cpu": "0", "mode": "steal"], 0.02), ("machine_cpu_cores", [:], 2),
            ("node_context_switches_total", [:], 424_242), ("node_boot_time_seconds", [:], 1_700_000_000),
            ("node_forks_total", [:], 31_337), ("node_procs_running", [:], 3), ("node_procs_blocked", [:], 1),
            ("node_intr_total", [:], 98_765), ("node_load1", [:], 0.52), ("node_load5", [:], 1.25), ("node_load15", [:], 2),
            ("node_memory_MemTotal_bytes", [:], 8_192_000_000), ("machine_memory_bytes", [:], 8_192_000_000),
            ("node_memory_MemAvailable_bytes", [:], 5_120_000_000), ("node_memory_Active_anon_bytes", [:], 2_097_152),
            ("node_memory_HugePages_Total", [:], 4), ("node_memory_Hugepagesize_bytes", [:], 2_097_152),
            ("node_network_receive_bytes_total", ["device": "eth0"], 99_999_999),
            ("node_network_receive_errs_total", ["device": "eth0"], 1), ("node_network_transmit_bytes_total", ["device": "eth0"], 88_888_888),
            ("node_network_transmit_drop_total", ["device": "eth0"], 4), ("node_network_receive_packets_total", ["device": "lo"], 10),
            ("node_time_seconds", [:], 1_700_000_100.5),
        ]
        for (name, labels, value) in expected { #expect(written.value(name, labels) == value, "\(name) \(labels)") }
        #expect(written.live.allSatisfy { $0["instance"] == "n1" && $0["job"] == "node" })
    }
}

@Suite("Control groups that vanish")
struct VanishingGroupTests {
    /// A host in memory with a container under each kind of hierarchy.
    private static func host(_ hierarchy: CgroupHierarchy, _ files: MemoryFileSystem) throws -> NodeLayout {
        let layout = NodeLayout(agentDirectory: "/data/agent", cgroups: hierarchy)
        let texts = [
            "cpuacct.usage": "1000000000\n", "cpuacct.usage_user": "1\n", "cpuacct.usage_sys": "1\n", "cpu.stat": "usage_usec 5\nnr_periods 1\nnr_throttled 0\n",
            "cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n", "cpu.shares": "2\n", "cpu.max": "max 100000\n", "cpu.weight": "100\n",
            "memory.usage_in_bytes": "4096\n", "memory.limit_in_bytes": "9223372036854771712\n", "memory.stat": "anon 5\nrss 5\ninactive_file 0\n",
            "memory.current": "4096\n", "memory.max": "max\n", "memory.events": "oom_kill 0\n", "memory.oom_control": "oom_kill 0\n",
            "pids.current": "1\n", "cgroup.procs": "7\n", "io.stat": "8:0 rbytes=1 wbytes=2 rios=3 wios=4\n8:16\n", "cpu.pressure": "some total=1\nfull total=0\n",
        ]
        for container in ["a", "b"] {
            for folder in layout.cgroupPaths(podUID: "u1", container: container) {
                try files.createDirectory(folder)
                for (name, text) in texts { try files.replaceContents(folder + "/" + name, with: Array(text.utf8)) }
            }
        }
        return layout
    }

    static let hierarchies = [
        CgroupHierarchy(controllers: ["cpu": "/c/cpu", "cpuacct": "/c/cpu", "memory": "/c/memory", "pids": "/c/pids", "blkio": "/c/blkio"]),
        CgroupHierarchy(unified: "/u", unifiedControllers: ["cpu", "memory", "pids", "io"]),
        CgroupHierarchy(unified: "/u", controllers: ["cpu": "/c/cpu", "cpuacct": "/c/cpuacct", "memory": "/c/memory", "pids": "/c/pids"]),
    ]

    @Test("a group that vanishes at any moment of a sweep takes nothing with it, and its series end", arguments: hierarchies)
    func vanishing(hierarchy: CgroupHierarchy) throws {
        var moment = 0
        var isReached = true
        while isReached {
            let files = MemoryFileSystem()
            let layout = try Self.host(hierarchy, files)
            var subject = ContainerSweep(node: "n1", layout: layout, files: files)
            func sweep(_ time: Int64) -> WrittenSamples {
                var batch = SampleWriteBatch()
                subject.sample(pods: [:], time: time, into: &batch)
                return WrittenSamples(batch)
            }
            let before = sweep(1000)
            #expect(!before.live.isEmpty)
            // From its n-th operation on the kernel knows nothing of a.
            let counter = Counter()
            let last = moment
            files.setPlan { _, path, _ in
                guard path.contains("/podu1/a") else { return nil }
                return counter.next() >= last ? .notFound : nil
            }
            let during = sweep(11_000)
            isReached = counter.count > moment
            let after = sweep(21_000)
            files.setPlan(nil)
            for written in [during, after] {
                #expect(written.live.filter { $0["container"] == "b" }.count == before.live.count / 2, "at \(moment)")
            }
            #expect(after.live.allSatisfy { $0["container"] == "b" })
            let ended = (during.stale + after.stale).filter { $0["container"] == "a" }
            #expect(Set(ended).isSuperset(of: before.live.filter { $0["container"] == "a" }), "at \(moment)")
            #expect(ended.count == Set(ended).count)
            moment += 1
        }
        #expect(moment > 5)
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)
        var count: Int { value.load(ordering: .relaxed) }
        func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
    }

    @Test("what a figure's file says that is no figure is no figure", arguments: ["", "\n", "max", "-1", "99999999999999999999999", "1 2 3", "\u{0}\u{ff}", "12x"])
    func odd(text: String) { #expect(FlatTable.number(Array(text.utf8)[...]) == nil) }

    @Test("a table of any bytes is read as far as it is one")
    func oddTable() {
        let table = FlatTable(Array("rss 5\n\n x\nrss_huge\ncache  7\nbig 99999999999999999999\nlast 8".utf8))
        #expect(table["rss"] == 5 && table["last"] == 8)
        #expect(table["rss_huge"] == nil && table["cache"] == nil && table["big"] == nil && table[""] == nil)
    }
}
