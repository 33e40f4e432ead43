import ClusterAPI
import Environment
import Glibc
import NodeAgent
import Posix

/// The cgroups of one container: one folder in every mounted hierarchy.
///
/// In a hybrid the unified hierarchy is used too, though it has no controllers: it ends all processes at once and shows pressure.
struct ContainerCgroup {
    let hierarchy: CgroupHierarchy
    /// From the root of each hierarchy.
    let path: String
    private let files = PosixFileSystem()

    init(hierarchy: CgroupHierarchy, path: String) {
        self.hierarchy = hierarchy
        self.path = path
    }

    /// Every folder that a process must be put into.
    private var folders: [String] {
        var folders: [String] = []
        for controller in ["cpu", "cpuacct", "memory", "pids", "blkio"] {
            if let folder = folder(controller), !folders.contains(folder) { folders.append(folder) }
        }
        if let unified = hierarchy.unified, !folders.contains(unified + path) { folders.append(unified + path) }
        return folders
    }

    private func folder(_ controller: String) -> String? { hierarchy.mount(of: controller).map { $0 + path } }

    /// Whether a controller's files have the names and meanings of v2.
    private func isUnified(_ controller: String) -> Bool { hierarchy.controllers[controller] == nil }

    /// Makes the folders and sets the limits.
    ///
    /// - Throws: when a folder cannot be made or a limit cannot be set: a container must not run without the limits it was promised.
    func create(_ resources: ContainerResources) throws(FileError) {
        if let unified = hierarchy.unified, !hierarchy.unifiedControllers.isEmpty { delegateControllers(from: unified) }
        for folder in folders { try files.createDirectory(folder) }
        if let folder = folder("cpu") {
            if isUnified("cpu") {
                try set(folder, "cpu.weight", 1 + (resources.cpuShares - 2) * 9999 / 262_142)
                if let quota = resources.cpuQuotaMicroseconds {
                    try set(folder, "cpu.max", "\(quota) \(resources.cpuPeriodMicroseconds)")
                }
            } else {
                try set(folder, "cpu.shares", resources.cpuShares)
                if let quota = resources.cpuQuotaMicroseconds {
                    try set(folder, "cpu.cfs_period_us", resources.cpuPeriodMicroseconds)
                    try set(folder, "cpu.cfs_quota_us", quota)
                }
            }
        }
        if let folder = folder("memory"), let limit = resources.memoryLimitBytes {
            try set(folder, isUnified("memory") ? "memory.max" : "memory.limit_in_bytes", limit)
        }
        if let folder = folder("pids"), let limit = resources.processLimit {
            try set(folder, "pids.max", limit)
        }
    }

    /// A v2 folder has a controller's files only when the folders above hand the controller down.
    private func delegateControllers(from unified: String) {
        let wanted = ["cpu", "memory", "pids", "io"].filter(hierarchy.unifiedControllers.contains).map { "+" + $0 }.joined(separator: " ")
        var folder = unified
        try? set(folder, "cgroup.subtree_control", wanted)
        for name in path.split(separator: "/").dropLast() {
            folder += "/" + name
            try? files.createDirectory(folder)
            try? set(folder, "cgroup.subtree_control", wanted)
        }
    }

    /// The files through which a process joins.
    var processFiles: [String] { folders.map { $0 + "/cgroup.procs" } }

    /// Ends every process in the cgroup.
    func killAll() {
        if let unified = hierarchy.unified, (try? set(unified + path, "cgroup.kill", "1")) != nil { return }
        guard let folder = folders.first else { return }
        // A process may fork while the list is read, so go on until it is empty.
        for _ in 0..<100 {
            let pids = processes(folder)
            if pids.isEmpty { return }
            for pid in pids { kill(pid, SIGKILL) }
            usleep(1000)
        }
    }

    var isPopulated: Bool { folders.contains { !processes($0).isEmpty } }

    private func processes(_ folder: String) -> [pid_t] {
        guard let text = try? files.contents(folder + "/cgroup.procs") else { return [] }
        return text.split(separator: UInt8(ascii: "\n")).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
    }

    /// How often the kernel killed a process here for want of memory.
    var outOfMemoryKills: Int {
        guard let folder = folder("memory") else { return 0 }
        let name = isUnified("memory") ? "/memory.events" : "/memory.oom_control"
        guard let text = try? files.contents(folder + name) else { return 0 }
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") where line.hasPrefix("oom_kill ") {
            return Int(line.dropFirst("oom_kill ".count)) ?? 0
        }
        return 0
    }

    /// Removes the folders, and those above that became empty.
    func remove() {
        for leaf in folders {
            var folder = leaf
            // The kernel lets go of a killed process a moment after it was reaped.
            for _ in 0..<200 {
                guard files.exists(folder) else { break }
                if (try? files.removeDirectory(folder)) != nil { break }
                usleep(5000)
            }
            for _ in 0..<max(0, path.split(separator: "/").count - 1) {
                guard let slash = folder.lastIndex(of: "/") else { break }
                folder = String(folder[..<slash])
                // Not empty, or in use: then it stays.
                guard (try? files.removeDirectory(folder)) != nil else { break }
            }
        }
    }

    private func set(_ folder: String, _ name: String, _ value: UInt64) throws(FileError) { try set(folder, name, String(value)) }

    private func set(_ folder: String, _ name: String, _ value: String) throws(FileError) {
        let path = folder + "/" + name
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path, errno: errno) }
        defer { close(descriptor) }
        let bytes = Array(value.utf8)
        guard unsafe bytes.withUnsafeBytes({ unsafe write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
            throw FileError("write \(value) to", path, errno: errno)
        }
    }
}
