package import ClusterAPI

/// Everything a runtime needs to start a container: the pod's wishes with every reference resolved, every path absolute.
package struct ContainerSpec: Hashable, Sendable {
    package var id: ContainerIdentity
    package var image: String
    /// The program and its arguments.
    package var command: [String]
    /// In the order they are set; names are unique.
    package var environment: [Variable]
    package var workingDirectory: String?
    package var identity: Identity?
    package var resources: ContainerResources
    package var mounts: [Mount]
    package var hostname: String
    /// The pod's address, so that an agent that adopts the container knows it.
    package var address: String
    /// Where the runtime keeps what it must remember of this run; unique to it.
    package var folder: String
    /// The log file in CRI format.
    package var logPath: String
    /// The container's cgroup, from the root of every hierarchy, with a slash in front.
    package var cgroup: String
    /// Signal number that asks the program to stop.
    package var stopSignal: Int32

    package struct Variable: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The ids the program runs under.
    package struct Identity: Hashable, Sendable {
        package var user: UInt32
        package var group: UInt32
        package var supplementalGroups: [UInt32]

        package init(user: UInt32, group: UInt32, supplementalGroups: [UInt32] = []) {
            self.user = user
            self.group = group
            self.supplementalGroups = supplementalGroups
        }
    }

    /// A file or folder of the host shown at a path in the container.
    package struct Mount: Hashable, Sendable {
        package var source: String
        package var target: String
        package var isReadOnly: Bool

        package init(source: String, target: String, isReadOnly: Bool = false) {
            self.source = source
            self.target = target
            self.isReadOnly = isReadOnly
        }
    }

    package init(
        id: ContainerIdentity, image: String = "host", command: [String],
        environment: [Variable] = [], workingDirectory: String? = nil, identity: Identity? = nil,
        resources: ContainerResources = ContainerResources(), mounts: [Mount] = [], hostname: String = "", address: String = "", folder: String,
        logPath: String, cgroup: String, stopSignal: Int32 = 15
    ) {
        self.id = id
        self.image = image
        self.command = command
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.identity = identity
        self.resources = resources
        self.mounts = mounts
        self.hostname = hostname
        self.address = address
        self.folder = folder
        self.logPath = logPath
        self.cgroup = cgroup
        self.stopSignal = stopSignal
    }
}

/// Limits of a container in the kernel's terms.
///
/// - Source: Kubernetes `kuberuntime_container_linux.go` and `cm/helpers_linux.go`: shares from the CPU request, quota from the CPU limit.
package struct ContainerResources: Hashable, Sendable {
    /// cgroup v1 terms: 1024 a core, at least 2.
    package var cpuShares: UInt64
    /// Microseconds of CPU a period; nil for no limit.
    package var cpuQuotaMicroseconds: UInt64?
    package var cpuPeriodMicroseconds: UInt64
    package var memoryLimitBytes: UInt64?
    package var processLimit: UInt64?
    /// -1000…1000: who goes first when the machine itself runs out of memory.
    package var outOfMemoryScore: Int

    package init(
        cpuShares: UInt64 = 2, cpuQuotaMicroseconds: UInt64? = nil, cpuPeriodMicroseconds: UInt64 = 100_000,
        memoryLimitBytes: UInt64? = nil, processLimit: UInt64? = nil, outOfMemoryScore: Int = 0
    ) {
        self.cpuShares = cpuShares
        self.cpuQuotaMicroseconds = cpuQuotaMicroseconds
        self.cpuPeriodMicroseconds = cpuPeriodMicroseconds
        self.memoryLimitBytes = memoryLimitBytes
        self.processLimit = processLimit
        self.outOfMemoryScore = outOfMemoryScore
    }

    /// The limits for a request and a limit of CPU in thousandths of a core.
    package init(
        cpuRequestMillicores: Int64?, cpuLimitMillicores: Int64?, memoryLimitBytes: UInt64?, processLimit: UInt64? = nil,
        outOfMemoryScore: Int = 0
    ) {
        // A limit without a request stands for both, as the API server's defaulting has it too.
        let request = cpuRequestMillicores ?? cpuLimitMillicores ?? 0
        self.init(
            cpuShares: UInt64(min(max(request * 1024 / 1000, 2), 262_144)),
            cpuQuotaMicroseconds: cpuLimitMillicores.flatMap { $0 > 0 ? UInt64(max($0 * 100, 1000)) : nil },
            memoryLimitBytes: memoryLimitBytes.flatMap { $0 > 0 ? $0 : nil },
            processLimit: processLimit, outOfMemoryScore: outOfMemoryScore)
    }
}
