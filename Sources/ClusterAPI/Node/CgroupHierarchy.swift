/// Which control group hierarchies a machine has mounted, and where.
package struct CgroupHierarchy: Hashable, Sendable {
    /// Mount of the unified hierarchy (version 2), if there is one.
    package var unified: String?
    /// Mounts of version 1 by controller ("cpu", "cpuacct", "memory", "pids", "blkio", …). Controllers that share a mount name it each.
    package var controllers: [String: String]
    /// Controllers that the unified hierarchy carries.
    package var unifiedControllers: Set<String>

    package init(unified: String? = nil, controllers: [String: String] = [:], unifiedControllers: Set<String> = []) {
        self.unified = unified
        self.controllers = controllers
        self.unifiedControllers = unifiedControllers
    }

    /// Reads `/proc/self/mountinfo` (or `/proc/mounts`) and the unified hierarchy's `cgroup.controllers`.
    ///
    /// - Source: proc(5), cgroups(7).
    package init(mounts: String, unifiedControllers: String = "") {
        self.init(unifiedControllers: Set(unifiedControllers.split(whereSeparator: \.isWhitespace).map(String.init)))
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            let path: String
            let type: String
            let options: String
            if let dash = words.firstIndex(of: "-"), words.count > dash + 3, words.count > 4 {
                (path, type, options) = (words[4], words[dash + 1], words[dash + 3])
            } else if words.count >= 4 {
                (path, type, options) = (words[1], words[2], words[3])
            } else {
                continue
            }
            if type == "cgroup2" {
                unified = unified ?? path
            } else if type == "cgroup" {
                for option in options.split(separator: ",") where Self.known.contains(String(option)) {
                    controllers[String(option)] = controllers[String(option)] ?? path
                }
            }
        }
    }

    private static let known: Set<String> = [
        "cpu", "cpuacct", "cpuset", "memory", "pids", "blkio", "devices", "freezer", "hugetlb", "net_cls", "net_prio", "perf_event", "rdma", "misc",
    ]

    package enum Version: Sendable { case v1, v2, hybrid, none }

    package var version: Version {
        switch (unified, controllers.isEmpty) {
        case (nil, true): .none
        case (nil, false): .v1
        case (.some, true): .v2
        case (.some, false): .hybrid
        }
    }

    /// The mount that carries a controller; `io` and `blkio`, `cpu` and `cpuacct` stand for each other on version 2.
    package func mount(of controller: String) -> String? {
        if let path = controllers[controller] { return path }
        guard let unified else { return nil }
        let name =
            switch controller {
            case "blkio": "io"
            case "cpuacct": "cpu"
            default: controller
            }
        // Freezing and killing need no controller on version 2.
        return unifiedControllers.contains(name) || (controllers.isEmpty && unifiedControllers.isEmpty) ? unified : nil
    }

    /// All mounts, sorted, each once; the unified one only where it carries controllers.
    package var allMounts: [String] {
        var paths = Set(controllers.values)
        if let unified, controllers.isEmpty || !unifiedControllers.isEmpty { paths.insert(unified) }
        return paths.sorted()
    }
}
